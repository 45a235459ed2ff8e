import { describe, expect, test } from "vitest";
import { ApiError, fileName } from "./api";
import { isLarge, tooLong, weigh } from "./export";
import type { Segment } from "./types";

const segment = (start: number, end: number | null, size: number): Segment => ({
  id: `s${start}`,
  start,
  end,
  media_start: 0,
  size,
  codec: "avc1.42C01E",
  run: "r",
});
// A minute each, with a minute missing between the second and the third; the last is being written.
const segments = [segment(0, 60, 600), segment(60, 120, 1200), segment(180, null, 300)];

describe("what an export weighs", () => {
  test.each([
    ["all of two segments", 0, 120, 1800],
    ["half of each", 30, 90, 900],
    ["what is missing weighs nothing", 120, 180, 0],
    ["nor what is still to come", 240, 300, 0],
    ["half of what is being written", 180, 195, 150],
    ["a moment of almost nothing is not nothing", 0, 0.001, 1],
  ])("%s", (_, start, end, bytes) => {
    expect(weigh(segments, start, end, 210)).toBe(bytes);
  });

  test("two hours at 1 Mbit/s are left to the browser, ten minutes are not", () => {
    const stretch = { camera: "gate", start: 0, end: 0 };
    expect(isLarge({ ...stretch, bytes: 7200 * 125_000 })).toBe(true);
    expect(isLarge({ ...stretch, bytes: 600 * 125_000 })).toBe(false);
  });
});

test.each([
  ["too long", new ApiError("The stretch is longer than 0.5 hours.", 422), true],
  ["nothing there", new ApiError("Nothing is recorded there.", 404), false],
  ["too many at once", new ApiError("Too many exports.", 503), false],
  ["not an answer", new TypeError("Failed to fetch"), false],
])("a refusal for its length is told from others: %s", (_, error, expected) => {
  expect(tooLong(error)).toBe(expected);
});

test.each([
  ['attachment; filename="gate-20260101-120000Z.mp4"', "gate-20260101-120000Z.mp4"],
  ["attachment; filename=gate.mp4", "gate.mp4"],
  ['attachment; filename="../../gate.mp4"', ".._.._gate.mp4"],
  ["attachment", "other.mp4"],
  [null, "other.mp4"],
])("file name from %s", (header, name) => {
  expect(fileName(header, "other.mp4")).toBe(name);
});
