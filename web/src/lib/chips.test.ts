import { expect, test } from "vitest";
import { CHIP, spots, type Label } from "./chips";

const box = (x: number, y: number): Label => ({ x, y, bottom: y + 60, full: 120, short: 50 });

test("alone, a label stands above its box with the full text", () => {
  expect(spots([box(100, 100)], 400, 300)).toEqual([{ left: 99, top: 79, width: 120, short: false }]);
});

test("a label never leaves the picture", () => {
  const [spot] = spots([box(390, 5)], 400, 300);
  expect(spot!.left + spot!.width).toBeLessThanOrEqual(400);
  expect(spot!.top).toBeGreaterThanOrEqual(0);
});

test("in a crowd no two labels overlap, and the first keeps its full text", () => {
  const crowd = Array.from({ length: 30 }, (_, i) => box(100 + (i % 6) * 25, 100 + Math.floor(i / 6) * 12));
  const placed = spots(crowd, 400, 300);
  expect(placed[0]?.short).toBe(false);
  const got = placed.filter((spot) => spot !== null);
  expect(got.length).toBeGreaterThan(5);
  for (const a of got)
    for (const b of got)
      if (a !== b) {
        const apart = a.left >= b.left + b.width || b.left >= a.left + a.width || Math.abs(a.top - b.top) >= CHIP;
        expect(apart).toBe(true);
      }
});

test("where there is no room at all there is no label", () => {
  const same = Array.from({ length: 9 }, () => box(100, 100));
  expect(spots(same, 400, 300).filter((spot) => spot === null).length).toBe(6);
});
