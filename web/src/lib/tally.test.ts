import { describe, expect, test } from "vitest";
import { columns, picked, stepFor, sums } from "./tally";
import type { CountRow } from "./types";

const row = (minute: number, kind: string, direction: string, n: number, place = "gate"): CountRow => ({
  minute, place, kind, direction, n,
});

describe("counts", () => {
  const rows = [
    row(600, "person", "in", 2), row(600, "car", "in", 1), row(660, "person", "out", 4),
    row(660, "person", "", 3, "yard"), row(720, "person", "", 5, "yard"),
  ];

  test("minutes without anything are zero, and directions stay apart", () => {
    const got = columns(rows, 590, 790, 60);
    expect(got.times).toEqual([540, 600, 660, 720, 780]);
    expect(got.in).toEqual([0, 3, 0, 0, 0]);
    expect(got.out).toEqual([0, 0, 4, 0, 0]);
    expect(got.present).toEqual([0, 0, 3, 5, 0]);
  });

  test("rows outside the span are left out", () => {
    expect(columns(rows, 6000, 6060, 60).in).toEqual([0]);
  });

  test("one place, one class", () => {
    expect(picked(rows, { place: "gate", kind: "person" }).map((r) => r.n)).toEqual([2, 4]);
    expect(picked(rows, { place: "", kind: "" })).toHaveLength(5);
  });

  test("passages add up; an occupancy is the most at once", () => {
    expect(sums(rows)).toEqual([
      { place: "gate", kind: "person", in: 2, out: 4, most: 0 },
      { place: "gate", kind: "car", in: 1, out: 0, most: 0 },
      { place: "yard", kind: "person", in: 0, out: 0, most: 5 },
    ]);
  });

  test.each([[3600, 60], [6 * 3600, 300], [86400, 900], [7 * 86400, 7200]])(
    "%d seconds are drawn in steps of %d",
    (seconds, step) => expect(stepFor(seconds)).toBe(step),
  );
});
