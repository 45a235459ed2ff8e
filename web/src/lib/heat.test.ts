import { describe, expect, test } from "vitest";
import { added, amount, most, pixels, region, topOf, type Heat } from "./heat";

const heat: Heat = {
  columns: 2,
  rows: 1,
  hours: 3,
  by_hour: Array.from({ length: 24 }, (_, hour) => (hour === 8 ? [5, 0] : hour === 9 ? [1, 7] : [])),
  rest: [0, 2],
  least: 3,
  next: 0,
  colours: ["#000000", "#808080", "#ffffff"],
};

describe("hours added up", () => {
  test.each([
    [0, 24, [6, 9]],
    [8, 9, [5, 0]],
    [9, 24, [1, 7]],
    [10, 12, [0, 0]],
  ])("from %i to %i", (first, end, sums) => expect(added(heat, first, end)).toEqual(sums));
});

test.each([
  [[0], "passing", 1], [[90, 90], "passing", 100], [[...new Array(99).fill(4), 9999], "passing", 5],
  [[90, 90], "presence", 120], [[1900], "presence", 3600], [[18_100], "waiting", 36_000], [[0], "presence", 1],
] as const)("the scale ends at a round number", (values, what, top) => expect(topOf(values, what)).toBe(top));

test("a cell without anything is clear, one above the scale has its last colour", () => {
  expect([...pixels([0, 50, 10], 10, heat.colours)]).toEqual([0, 0, 0, 0, 255, 255, 255, 217, 255, 255, 255, 217]);
});

test("amounts and places in words", () => {
  expect([amount(90, "presence"), amount(150, "waiting"), amount(9000, "presence"), amount(4, "passing")]).toEqual([
    "90 s", "2.5 min", "2.5 h", "4 passed",
  ]);
  expect(most([0, 0], 2, 1)).toBeNull();
  const spot = most([0, 3], 2, 1);
  expect(spot && [spot.n, region(spot)]).toEqual([3, "at the right"]);
});
