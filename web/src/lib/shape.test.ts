import { describe, expect, it } from "vitest";
import {
  cornerAt, crossing, edgeAt, grid, inserted, inside, inverse, inward, kept, mapped, middles, planeOf, shifted, Steps, withCorner, without,
} from "./shape";
import type { Point } from "./types";

const SQUARE: Point[] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
const WIDE = [1000, 500] as const;

describe("what is under a pointer", () => {
  it("is the nearest corner, when it is near enough", () => {
    expect(cornerAt(SQUARE, [0.205, 0.21], 10, WIDE)).toBe(0);
    expect(cornerAt(SQUARE, [0.205, 0.24], 10, WIDE)).toBeNull();
    expect(cornerAt([[0.5, 0.5], [0.505, 0.5]], [0.504, 0.5], 10, WIDE)).toBe(1);
  });
  it("is an edge, the last one too when it is closed", () => {
    expect(edgeAt(SQUARE, [0.5, 0.205], 6, WIDE, true)).toBe(0);
    expect(edgeAt(SQUARE, [0.2, 0.5], 6, WIDE, true)).toBe(3);
    expect(edgeAt(SQUARE, [0.2, 0.5], 6, WIDE, false)).toBeNull();
    expect(edgeAt(SQUARE, [0.5, 0.5], 6, WIDE, true)).toBeNull();
  });
  it("measures in pixels: the picture is wider than it is high", () => {
    expect(edgeAt([[0, 0.5], [1, 0.5]], [0.5, 0.51], 6, WIDE, false)).toBe(0);
    expect(edgeAt([[0.5, 0], [0.5, 1]], [0.51, 0.5], 6, WIDE, false)).toBeNull();
  });
  it("is inside or not", () => {
    expect(inside(SQUARE, [0.5, 0.5])).toBe(true);
    expect(inside(SQUARE, [0.1, 0.5])).toBe(false);
    const hollow: Point[] = [[0, 0], [1, 0], [1, 1], [0.5, 0.2], [0, 1]];
    expect(inside(hollow, [0.5, 0.6])).toBe(false);
  });
});

describe("changing a shape", () => {
  it("keeps corners in the picture", () => {
    expect(kept([1.2, -0.1])).toEqual([1, 0]);
    expect(kept([0.123456, 0.5])).toEqual([0.1235, 0.5]);
    expect(withCorner(SQUARE, 1, [2, 0.3])[1]).toEqual([1, 0.3]);
  });
  it("puts a corner into an edge", () => {
    expect(inserted(SQUARE, 0, [0.5, 0.1])[1]).toEqual([0.5, 0.1]);
    expect(inserted(SQUARE, 3, [0.1, 0.5]).at(-1)).toEqual([0.1, 0.5]);
    expect(middles(SQUARE, true)).toHaveLength(4);
    expect(middles([[0, 0], [1, 1]], false)).toEqual([[0.5, 0.5]]);
  });
  it("leaves as many corners as there must be", () => {
    expect(without(SQUARE, 0, 3)).toHaveLength(3);
    expect(without(SQUARE.slice(1), 0, 3)).toBeNull();
  });
  it("moves all of it as far as there is room", () => {
    expect(shifted(SQUARE, [0.5, -0.1])).toEqual([[0.4, 0.1], [1, 0.1], [1, 0.7], [0.4, 0.7]]);
    expect(shifted(SQUARE, [-0.9, 0])[0]).toEqual([0, 0.2]);
  });
});

describe("edges that cross", () => {
  it("are found, neighbours are none", () => {
    expect(crossing(SQUARE)).toBeNull();
    expect(crossing([[0, 0], [1, 1], [1, 0], [0, 1]])).toEqual([0, 2]);
    expect(crossing([[0, 0], [1, 0], [0, 1]])).toBeNull();
  });
  it("touching is crossing, as the desk sees it", () => {
    expect(crossing([[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]])).not.toBeNull();
  });
});

it("in is from a line's left to its right", () => {
  expect(inward([[0.2, 0.5], [0.8, 0.5]], WIDE)).toEqual([-0, 1]); // drawn to the right: downwards
  const [x] = inward([[0.5, 0.2], [0.5, 0.8]], WIDE); // drawn downwards: to the left
  expect(x).toBeCloseTo(-1);
});

describe("the ground", () => {
  const ROAD: Point[] = [[0.4, 0.4], [0.6, 0.4], [0.9, 0.9], [0.1, 0.9]];
  it("takes the corners where they belong, and back", () => {
    const plane = planeOf(ROAD, [8, 20]);
    expect(plane).not.toBeNull();
    if (!plane) return;
    const corner = mapped(plane, [0.9, 0.9]);
    expect(corner?.[0]).toBeCloseTo(8);
    expect(corner?.[1]).toBeCloseTo(20);
    const back = inverse(plane);
    const here = back && mapped(back, [0, 20]);
    expect(here?.[0]).toBeCloseTo(0.1);
    expect(mapped(plane, [0.5, 0.05])).toBeNull(); // the sky
  });
  it("has no answer for what no camera can see", () => {
    expect(planeOf(ROAD.slice(1), [8, 20])).toBeNull();
    expect(planeOf(ROAD, [0, 20])).toBeNull();
    expect(planeOf([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3], [0.4, 0.4]], [1, 1])).toBeNull();
    expect(planeOf([[0, 0], [1, 0], [0, 1], [1, 1]], [1, 1])).toBeNull(); // they cross
  });
  it("is drawn as a grid of few lines, none in the sky", () => {
    const plane = planeOf(ROAD, [8, 20]);
    const drawn = plane && grid(plane, ROAD);
    expect(drawn?.step).toBe(5);
    expect(drawn?.lines.length).toBeGreaterThan(5);
    expect(drawn?.lines.length).toBeLessThan(60);
    expect(Math.min(...(drawn?.lines.flat().map(([, y]) => y) ?? []))).toBeGreaterThan(0.1);
  });
});

describe("steps", () => {
  it("are taken back and again", () => {
    let steps = new Steps(1).to(2).to(3);
    steps = steps.undo();
    expect([steps.now, steps.canUndo, steps.canRedo]).toEqual([2, true, true]);
    steps = steps.redo();
    expect([steps.now, steps.canRedo]).toEqual([3, false]);
    expect(steps.undo().to(9).canRedo).toBe(false);
    expect(new Steps(1).undo().now).toBe(1);
  });
  it("a drag is one step", () => {
    const before = new Steps("a").to("b");
    const dragged = before.meanwhile("c").meanwhile("d");
    expect(dragged.now).toBe("d");
    expect(before.to(dragged.now).undo().now).toBe("b");
  });
});
