import { describe, expect, test } from "vitest";
import { beginnings, dateOf, midnightOf, stretch } from "./calendar";

const BERLIN = "Europe/Berlin";
const at = (iso: string) => Date.parse(iso) / 1000;
const NOW = at("2026-10-28T14:37:00+01:00"); // a Wednesday, after the clocks were set back

describe("stretches of the calendar", () => {
  test.each([
    ["day", 0, "2026-10-28T00:00:00+01:00", "2026-10-29T00:00:00+01:00"],
    ["day", 3, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"],
    ["week", 0, "2026-10-26T00:00:00+01:00", "2026-11-02T00:00:00+01:00"],
    ["week", 1, "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00"],
    ["month", 0, "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00"],
    ["month", 8, "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"],
  ] as const)("%s, %i back", (period, back, start, end) => {
    const got = stretch(period, back, NOW, BERLIN);
    expect([got.start, got.end]).toEqual([at(start), at(end)]);
  });

  test("a day on which the clocks are set back has 25 hours, a month as many days as it has", () => {
    expect(beginnings(stretch("day", 3, NOW, BERLIN), BERLIN)).toHaveLength(25);
    expect(beginnings(stretch("month", 0, NOW, BERLIN), BERLIN)).toHaveLength(31);
  });
});

test("dates are the site's, there and back", () => {
  expect(dateOf(at("2026-10-24T22:30:00Z"), BERLIN)).toBe("2026-10-25");
  expect(midnightOf("2026-10-25", BERLIN)).toBe(at("2026-10-25T00:00:00+02:00"));
  expect(midnightOf("2026-10-26", "America/New_York")).toBe(at("2026-10-26T00:00:00-04:00"));
  expect(midnightOf("yesterday", BERLIN)).toBeNull();
  expect(midnightOf("2026-13-45", BERLIN)).toBeNull();
});
