import { describe, expect, test } from "vitest";
import { arrange, neighbour, type Place, type Room } from "./tiles";

const CAPTION = 44;
const laptop: Room = { width: 1396, height: 796, gap: 16, caption: CAPTION };
const monitor: Room = { width: 1876, height: 976, gap: 16, caption: CAPTION };
const phone: Room = { width: 366, height: 690, gap: 12, caption: CAPTION };
const OLD = 4 / 3;
const WIDE = 16 / 9;

const same = (n: number, ratio: number) => Array.from({ length: n }, () => ratio);
const bottom = (places: readonly Place[]) => Math.max(...places.map((p) => p.y + p.h));
/** Share of the room that shows pictures. */
const used = (places: readonly Place[], room: Room) =>
  places.reduce((sum, p) => sum + (p.w - 2) * (p.h - CAPTION), 0) / (room.width * room.height);

describe("pictures fill the wall", () => {
  // The most any arrangement could reach is less than 1: captions, gaps, and shapes that do not tile.
  test.each([
    ["one 4:3 camera, laptop", 1, OLD, laptop, 0.65],
    ["two 4:3 cameras, laptop", 2, OLD, laptop, 0.63],
    ["three 4:3 cameras, laptop", 3, OLD, laptop, 0.75],
    ["four 4:3 cameras, laptop", 4, OLD, laptop, 0.57],
    ["one 16:9 camera, monitor", 1, WIDE, monitor, 0.84],
    ["two 16:9 cameras, monitor", 2, WIDE, monitor, 0.51],
    ["three 4:3 cameras, monitor", 3, OLD, monitor, 0.75],
    ["four 16:9 cameras, monitor", 4, WIDE, monitor, 0.72],
    ["nine 16:9 cameras, monitor", 9, WIDE, monitor, 0.63],
    ["thirty 4:3 cameras, monitor", 30, OLD, monitor, 0.57],
  ])("%s", (_, n, ratio, room, least) => {
    const places = arrange(same(n, ratio), room);
    expect(used(places, room)).toBeGreaterThan(least);
    expect(bottom(places)).toBeLessThanOrEqual(room.height);
  });
});

const shapes: Record<string, number[]> = {
  none: [],
  one: [WIDE],
  "one upright": [9 / 16],
  two: [OLD, WIDE],
  "three, mixed": [WIDE, 9 / 16, OLD],
  five: same(5, OLD),
  "nine, mixed": [OLD, WIDE, 1, OLD, 9 / 16, WIDE, 2.4, OLD, OLD],
  thirty: same(30, WIDE),
  "a hundred": same(100, OLD),
};
const rooms = { laptop, monitor, phone, tablet: { ...laptop, width: 780, height: 900 }, low: { ...laptop, height: 120 } };

describe("in every room", () => {
  test.each(
    Object.entries(shapes).flatMap(([name, ratios]) =>
      Object.entries(rooms).map(([where, room]) => [name, where, ratios, room] as const),
    ),
  )("%s on a %s: no tile is outside, none over another, each in its own shape", (_, __, ratios, room) => {
    const places = arrange(ratios, room);
    expect(places).toHaveLength(ratios.length);
    places.forEach((p, i) => {
      expect(p.x).toBeGreaterThanOrEqual(0);
      expect(p.x + p.w).toBeLessThanOrEqual(room.width);
      expect(Math.abs((p.h - CAPTION) * ratios[i]! - (p.w - 2))).toBeLessThan(2);
      for (const q of places.slice(i + 1))
        expect(p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y).toBe(true);
    });
  });

  test("a phone shows one over the other, as wide as it is", () => {
    expect(arrange(same(3, OLD), phone).map((p) => [p.x, p.w])).toEqual([[0, 366], [0, 366], [0, 366]]);
  });

  test("too many for the screen scroll rather than shrink to stamps", () => {
    const places = arrange(same(30, OLD), laptop);
    expect(Math.min(...places.map((p) => p.h - CAPTION))).toBeGreaterThanOrEqual(150);
    expect(bottom(places)).toBeGreaterThan(laptop.height);
  });

  test("nothing is known before the room is measured", () => {
    expect(arrange([OLD], { ...laptop, width: 0 })).toEqual([]);
  });
});

describe("arrow keys", () => {
  const four = arrange(same(4, OLD), laptop);
  const three = arrange(same(3, OLD), laptop);
  test.each([
    ["right", four, 0, 1, 0, 1],
    ["left of the first stays", four, 0, -1, 0, 0],
    ["right of the last stays", four, 3, 1, 0, 3],
    ["down a column", four, 1, 0, 1, 3],
    ["up a column", four, 2, 0, -1, 0],
    ["down from the last row stays", four, 3, 0, 1, 3],
    ["from the large one right", three, 0, 1, 0, 1],
    ["from the small one down", three, 1, 0, 1, 2],
    ["from the lower small one up", three, 2, 0, -1, 1],
  ] as const)("%s", (_, places, from, dx, dy, to) => {
    expect(neighbour(places, from, dx, dy)).toBe(to);
  });
});
