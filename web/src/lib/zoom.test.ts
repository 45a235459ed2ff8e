import { describe, expect, test } from "vitest";
import { closer, isWhole, largest, moved, pinched, tapped, turn, WHOLE, type Point, type Zoom } from "./zoom";

const MOST = 8;
/** What of the picture is under a point of the frame. */
const under = (zoom: Zoom, at: Point): Point => ({ x: zoom.x + at.x / zoom.scale, y: zoom.y + at.y / zoom.scale });
const near = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y) < 1e-9;
const points: Point[] = [0, 0.2, 0.5, 0.93, 1].flatMap((x) => [0, 0.4, 1].map((y) => ({ x, y })));

describe("looking closer", () => {
  test.each(points)("what is under the pointer stays there: $x, $y", (at) => {
    let zoom = WHOLE;
    for (const factor of [1.3, 1.3, 2, 0.7, 1.9]) {
      const before = under(zoom, at);
      zoom = closer(zoom, factor, at, MOST);
      expect(near(under(zoom, at), before)).toBe(true);
    }
  });

  test("never closer than allowed, never farther than all of it", () => {
    expect(closer(WHOLE, 100, { x: 0.5, y: 0.5 }, MOST).scale).toBe(MOST);
    expect(closer({ scale: 3, x: 0.6, y: 0.1 }, 0.1, { x: 0, y: 1 }, MOST)).toEqual(WHOLE);
  });

  test("the edges of the picture stay outside the frame", () => {
    let zoom = closer(WHOLE, 4, { x: 0.5, y: 0.5 }, MOST);
    for (const by of [{ x: 9, y: 9 }, { x: -9, y: 3 }, { x: 0.1, y: -9 }]) {
      zoom = moved(zoom, by);
      expect(zoom.x).toBeGreaterThanOrEqual(0);
      expect(zoom.x + 1 / zoom.scale).toBeLessThanOrEqual(1 + 1e-12);
      expect(zoom.y).toBeGreaterThanOrEqual(0);
      expect(zoom.y + 1 / zoom.scale).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  test("back out at any point ends at the whole picture", () => {
    let zoom = closer(WHOLE, 5, { x: 0.9, y: 0.1 }, MOST);
    for (let i = 0; i < 20; i++) zoom = closer(zoom, 0.8, { x: 0.1, y: 0.8 }, MOST);
    expect(zoom).toEqual(WHOLE);
    expect(isWhole(zoom)).toBe(true);
  });
});

test("a drag moves the picture with the finger", () => {
  const zoom = closer(WHOLE, 4, { x: 0.5, y: 0.5 }, MOST);
  const held = under(zoom, { x: 0.4, y: 0.4 });
  expect(near(under(moved(zoom, { x: 0.2, y: -0.1 }), { x: 0.6, y: 0.3 }), held)).toBe(true);
});

test("two fingers hold what is under each of them", () => {
  const zoom = closer(WHOLE, 2, { x: 0.5, y: 0.5 }, MOST);
  const from = [{ x: 0.4, y: 0.5 }, { x: 0.6, y: 0.5 }] as const;
  const to = [{ x: 0.35, y: 0.45 }, { x: 0.75, y: 0.45 }] as const;
  const after = pinched(zoom, from, to, MOST);
  expect(after.scale).toBeCloseTo(4);
  for (const i of [0, 1] as const) expect(near(under(after, to[i]), under(zoom, from[i]))).toBe(true);
});

test("fingers at one point change nothing", () => {
  const zoom: Zoom = { scale: 2, x: 0.2, y: 0.2 };
  const same = [{ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }] as const;
  expect(pinched(zoom, same, same, MOST)).toEqual(zoom);
});

test("a double click goes in, and back out", () => {
  const at = { x: 0.8, y: 0.3 };
  const zoom = tapped(WHOLE, at, MOST);
  expect(zoom.scale).toBe(2.5);
  expect(near(under(zoom, at), at)).toBe(true);
  expect(tapped(zoom, at, MOST)).toEqual(WHOLE);
});

test("a turn of the wheel towards one goes in, and as far back", () => {
  expect(turn(-100, 0, false)).toBeGreaterThan(1.1);
  expect(turn(-100, 0, false) * turn(100, 0, false)).toBeCloseTo(1);
  expect(turn(-3, 1, false)).toBeCloseTo(turn(-48, 0, false));
  expect(turn(-1e9, 0, false)).toBe(turn(-300, 0, false));
});

test("a picture larger than its frame may be looked at pixel by pixel", () => {
  expect(largest(3840, 960)).toBe(24);
  expect(largest(320, 1280)).toBe(4);
});
