import { describe, expect, test } from "vitest";
import type { Stretch } from "./types";
import { addDays, CELL, midnight, rows, runAt, stretchesOf, summed } from "./week";

const ZONE = "Europe/Berlin";
const DAY = 86400;
const at = (iso: string) => Date.parse(iso) / 1000;
const START = at("2026-11-02T00:00:00+01:00"); // a Monday
const stretch = (start: number, end: number, state: Stretch["state"] = "kept"): Stretch => ({
  start, end, state, reasons: state === "lost" ? ["black"] : [], words: "", text: "",
});

describe("days of the site's time zone", () => {
  test.each([
    ["noon", "2026-11-02T12:00:00+01:00", "2026-11-02T00:00:00+01:00"],
    ["a minute to midnight", "2026-11-02T23:59:00+01:00", "2026-11-02T00:00:00+01:00"],
    ["the day the clocks go back", "2026-10-25T18:00:00+01:00", "2026-10-25T00:00:00+02:00"],
    ["the day they go forward", "2026-03-29T18:00:00+02:00", "2026-03-29T00:00:00+01:00"],
  ])("%s", (_, time, want) => expect(midnight(at(time), ZONE)).toBe(at(want)));
  test("a day on which the clocks change is 25 or 23 hours", () => {
    const back = at("2026-10-25T00:00:00+02:00");
    expect(addDays(back, 1, ZONE) - back).toBe(25 * 3600);
    const forward = at("2026-03-29T00:00:00+01:00");
    expect(addDays(forward, 1, ZONE) - forward).toBe(23 * 3600);
    expect(addDays(forward, -7, ZONE)).toBe(forward - 7 * DAY);
    expect(rows([], back, ZONE).map((row) => row.cells)).toEqual([300, 288, 288, 288, 288, 288, 288]);
  });
});

describe("a row", () => {
  test("is cut at midnight, with nothing where nothing is known", () => {
    const [first, second, third] = rows([stretch(START + 20 * 3600, START + 26 * 3600)], START, ZONE);
    expect(first!.runs.map((run) => [run.from, run.to, run.state])).toEqual([[0, 240, "none"], [240, 288, "kept"]]);
    expect(second!.runs.map((run) => [run.from, run.to, run.state])).toEqual([[0, 24, "kept"], [24, 288, "none"]]);
    expect(third!.runs).toHaveLength(1);
  });
  test("shows a lost minute as a whole cell, never less", () => {
    const lost = stretch(START + 3720, START + 3780, "lost");
    const [row] = rows([stretch(START, START + 3720), lost, stretch(START + 3780, START + DAY)], START, ZONE);
    expect(row!.runs.map((run) => [run.from, run.to, run.state])).toEqual([
      [0, 12, "kept"], [12, 13, "lost"], [13, 288, "kept"],
    ]);
    expect(runAt(row!, START + 3750)?.stretch).toBe(lost);
    expect(runAt(row!, START + DAY + 5)).toBeNull();
  });
  test("of two in one cell, what was lost is shown before what was planned or kept", () => {
    const spans = [
      stretch(START, START + 100, "planned"), stretch(START + 100, START + 160, "lost"), stretch(START + 160, START + CELL),
    ];
    expect(rows(spans, START, ZONE)[0]!.runs[0]!.state).toBe("lost");
  });
});

test("the share of a day counts minutes, and leaves planned ones out", () => {
  const row = { start: START, end: START + DAY };
  expect(summed([], row)).toBeNull();
  expect(summed([stretch(START, START + 3600, "planned")], row)).toBeNull();
  const half = [stretch(START - DAY, START + 3600), stretch(START + 3600, START + 7200, "lost"), stretch(START + 7200, START + 9000, "planned")];
  expect(summed(half, row)).toBe(0.5);
});

test("what can be stepped through is what was not kept, in order", () => {
  const found = stretchesOf([stretch(5, 6, "planned"), stretch(0, 1), stretch(2, 3, "lost")]);
  expect(found.map((one) => one.start)).toEqual([2, 5]);
});
