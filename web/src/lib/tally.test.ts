import { describe, expect, test } from "vitest";
import { columns, lines, occupancy, periodColumns, picked, soFar, stepFor, sums, type PeriodRow } from "./tally";
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

describe("counts by the calendar", () => {
  const period = (start: number, direction: string, n: number, mean: number | null = null): PeriodRow => ({
    start, end: start + 3600, place: "gate", kind: "person", direction, n, mean, least: mean === null ? null : 1,
  });
  const rows = [period(0, "in", 2), period(0, "out", 1), period(3600, "in", 6), period(3600, "", 5, 2)];

  test("columns stand where the calendar says", () => {
    const got = periodColumns(rows, [0, 3600, 7200]);
    expect([got.in, got.out, got.present]).toEqual([[2, 6, 0], [1, 0, 0], [0, 5, 0]]);
  });

  test("a line of the table has both directions and the occupancy", () => {
    expect(lines(rows).map((one) => [one.start, one.in, one.out, one.most, one.mean])).toEqual([
      [0, 2, 1, null, null],
      [3600, 6, 0, 5, 2],
    ]);
  });

  test("an hour in which nobody was there is in the mean", () => {
    expect(occupancy(rows, 4).get("gate\nperson")).toEqual({ mean: 0.5, least: 0 });
  });

  test("what has passed is held against what is usual by then", () => {
    const usual = { low: 1, middle: 2, high: 3 };
    const slot = (start: number) => ({ start, end: start + 3600, weeks: 4, passed_in: usual, passed_out: usual, present: null });
    const data = periodColumns(rows, [0, 3600]);
    expect(soFar(data, [slot(0), slot(3600)], 5000)).toEqual({ n: 3, usual: 4, until: 3600 });
    expect(soFar(data, [{ ...slot(0), passed_in: null }], 5000)).toBeNull();
  });
});
