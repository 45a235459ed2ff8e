import { expect, test } from "vitest";
import { inside } from "./board";

const spot = { x: 10, y: 20, w: 160, h: 90 };

test("a picture stands in the middle of its place, in its own shape", () => {
  expect(inside(120, 90, spot)).toEqual({ x: 30, y: 20, w: 120, h: 90 });
  expect(inside(50, 90, spot)).toEqual({ x: 65, y: 20, w: 50, h: 90 });
});

test("one that all but fills it fills it", () => {
  expect(inside(160, 89, spot)).toEqual(spot);
});
