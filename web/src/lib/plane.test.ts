import { expect, test } from "vitest";
import {
  around, fit, fromMercator, graticule, groups, held, labelled, mercator, metresPerUnit, moved, scaleBar, wedge, zoomAt,
} from "./plane";

const on = (plane: { k: number; dx: number; dy: number }, x: number, y: number) => [x * plane.k + plane.dx, y * plane.k + plane.dy];

test("all of a plan fits, in the middle, with its margin", () => {
  const plane = fit({ x1: 0, y1: 0, x2: 200, y2: 100 }, 640, 480, 20);
  expect(plane.k).toBe(3);
  expect(on(plane, 0, 0)).toEqual([20, 90]);
  expect(on(plane, 200, 100)).toEqual([620, 390]);
});

test("zooming keeps the place under the pointer, and stops at both ends", () => {
  const plane = fit({ x1: 0, y1: 0, x2: 200, y2: 100 }, 640, 480);
  const before = [(100 - plane.dx) / plane.k, (50 - plane.dy) / plane.k] as const;
  const closer = zoomAt(plane, 100, 50, 1.7, 0.1, 100);
  expect(on(closer, ...before)[0]).toBeCloseTo(100, 9);
  expect(on(closer, ...before)[1]).toBeCloseTo(50, 9);
  expect(zoomAt(plane, 1, 1, 1e9, 0.1, 100).k).toBe(100);
  expect(zoomAt(plane, 1, 1, 1e-9, 0.1, 100).k).toBe(0.1);
});

test("a plan cannot be pushed off the screen; a map always covers it", () => {
  const plan = { x1: 0, y1: 0, x2: 200, y2: 100 };
  const pushed = held(moved({ k: 1, dx: 0, dy: 0 }, 5000, -5000), plan, 640, 480);
  expect(on(pushed, 100, 50)).toEqual([640, 0]); // half of it is still there
  const whole = { x1: 0, y1: 0, x2: 1, y2: 1 };
  const map = held({ k: 1000, dx: 300, dy: -900 }, whole, 640, 480, true);
  expect(map).toEqual({ k: 1000, dx: 0, dy: -520 });
  const within = { k: 1000, dx: -100, dy: -200 };
  expect(held(within, whole, 640, 480, true)).toEqual(within);
});

test("Mercator there and back, and the metres of a pixel", () => {
  expect(mercator(0, 0)).toEqual([0.5, 0.5]);
  for (const [lon, lat] of [[13.3777, 52.5163], [-70.5, -33.4], [179.9, 84]] as const) {
    const [back, again] = fromMercator(...mercator(lon, lat));
    expect(back).toBeCloseTo(lon, 9);
    expect(again).toBeCloseTo(lat, 9);
  }
  expect(metresPerUnit(0.5)).toBeCloseTo(40_075_016.686, 2);
  // A degree of longitude at 60° north is half as long as at the equator.
  expect(metresPerUnit(mercator(0, 60)[1]) / 360).toBeCloseTo(111_319.49 / 2, 1);
});

test.each([
  [1, 140, "100 m", 100], [0.5, 140, "50 m", 100], [0.07, 100, "5 m", 71.43],
  [30, 140, "2 km", 66.67], [0.001, 140, "10 cm", 100],
])("a scale bar at %f m a pixel", (metres, room, text, pixels) => {
  const bar = scaleBar(metres, room);
  expect(bar.text).toBe(text);
  expect(bar.pixels).toBeCloseTo(pixels, 1);
  expect(bar.pixels).toBeLessThanOrEqual(room);
});

test("a grid's lines stand at round degrees and on the screen", () => {
  const [x, y] = mercator(9.96, 53.54);
  const k = 2 ** 22;
  const { across, down } = graticule({ k, dx: 400 - x * k, dy: 300 - y * k }, 800, 600);
  expect(down.map((line) => line.text)).toEqual(["9.93° E", "9.94° E", "9.95° E", "9.96° E", "9.97° E", "9.98° E", "9.99° E"]);
  expect(down[3]!.at).toBeCloseTo(400, 6);
  expect(across.map((line) => line.text)).toContain("53.54° N");
  expect(across.every((line) => line.at >= 0 && line.at <= 600)).toBe(true);
});

test("a wedge looks where the camera does: 0 is up, 90 is right", () => {
  expect(wedge(0, 90, 10)).toBe("M0 0L-7.07 -7.07A10 10 0 0 1 7.07 -7.07Z");
  expect(wedge(90, 60, 10)).toContain("L8.66 -5.00");
  expect(wedge(0, 200, 10)).toContain("A10 10 0 1 1");
  expect(wedge(0, 360, 10)).not.toContain("L");
});

test("cameras closer than the room between two marks are one, others are not", () => {
  const spots = [
    { id: "a", x: 0, y: 0 }, { id: "b", x: 9, y: 0 }, { id: "c", x: 100, y: 0 }, { id: "d", x: -9, y: 0 },
  ];
  expect(groups(spots, 1, 10).map((group) => group.ids)).toEqual([["a", "b", "d"], ["c"]]);
  expect(groups(spots, 2, 10).map((group) => group.ids)).toEqual([["a"], ["b"], ["c"], ["d"]]);
  expect(groups(spots, 0.01, 10)).toHaveLength(1);
});

test("every camera is in exactly one group, and no two groups are closer than the room", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const spots = Array.from({ length: 600 }, (_, i) => ({ id: String(i), x: random() * 500, y: random() * 300 }));
  const found = groups(spots, 1, 24);
  expect(found.flatMap((group) => group.ids).sort()).toEqual(spots.map((spot) => spot.id).sort());
  for (const [i, a] of found.entries())
    for (const b of found.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThanOrEqual(24);
});

test("what holds some cameras, grown to a least size", () => {
  expect(around([], 5)).toBeNull();
  expect(around([{ x: 1, y: 2 }], 4)).toEqual({ x1: -1, y1: 0, x2: 3, y2: 4 });
  expect(around([{ x: 0, y: 0 }, { x: 9, y: 1 }], 2)).toEqual({ x1: 0, y1: -0.5, x2: 9, y2: 1.5 });
});

test("names give way to earlier names and to marks", () => {
  const marks = [
    { id: "a", x: 0, y: 0, text: "Gate" }, { id: "b", x: 20, y: 0, text: "Yard" }, { id: "c", x: 300, y: 0, text: "Dock" },
    { id: "d", x: 300, y: 20, text: "" },
  ];
  expect([...labelled(marks, 1)]).toEqual(["a"]);
  expect([...labelled(marks, 4)]).toEqual(["a", "b", "c"]);
});
