import { describe, expect, test } from "vitest";
import { TagRing } from "./ring";
import { gaps, segmentAt, stretches, ticks, zoneOffset, zoom } from "./spans";
import { steer, Surges, surplus } from "./steer";
import type { Segment } from "./types";

describe("a live player stays near the newest picture", () => {
  test.each<[string, [number, number][], number, number, number | null]>([
    ["nothing buffered: wait", [], 0, 1, null],
    ["a good cushion: leave it alone", [[0, 10]], 9.2, 1, null],
    ["a little behind: a little faster", [[0, 10]], 8.2, 1.08, null],
    ["further behind: faster", [[0, 10]], 6.5, 1.25, null],
    ["minutes behind: jump to the live edge", [[0, 200]], 20, 1, 199.2],
    ["nearly dry: slow down rather than freeze", [[0, 10]], 9.9, 0.92, null],
    ["stuck before a gap: jump over it", [[0, 4], [6, 9]], 4, 1, 8.2],
    ["still playing before a small gap: finish it", [[0, 4], [4.5, 6]], 3, 1.25, null],
    ["the run began anew: go back to it", [[0, 3]], 50, 1, 2.2],
    ["a first short fragment: start at its beginning", [[100, 100.5]], 0, 1, 100],
  ])("%s", (_, ranges, current, rate, seek) => {
    const got = steer(ranges, current);
    expect(got.rate).toBe(rate);
    if (seek === null) expect(got.seek).toBeNull();
    else expect(got.seek).toBeCloseTo(seek, 6);
  });

  // A copied GOP of 4 s comes as one fragment every 4 s: 3.5 s more than usual at once.
  test.each<[string, [number, number][], number, number, number | null]>([
    ["just before the next GOP comes: leave it alone", [[0, 8]], 7.4, 1, null],
    ["just after it came: leave it alone", [[0, 12]], 7.5, 1, null],
    ["a little behind: a little faster", [[0, 12]], 6.8, 1.08, null],
    ["minutes behind: jump, but not to the very edge", [[0, 200]], 20, 1, 195.7],
    ["joined with one GOP at hand: start at its beginning", [[100, 104]], 0, 1, 100],
    ["nearly dry: slow down rather than freeze", [[0, 8]], 7.9, 0.92, null],
  ])("pictures that come in surges; %s", (_, ranges, current, rate, seek) => {
    const got = steer(ranges, current, 3.5);
    expect(got.rate).toBe(rate);
    if (seek === null) expect(got.seek).toBeNull();
    else expect(got.seek).toBeCloseTo(seek, 6);
  });

  test("a copied GOP's length is remembered for two minutes", () => {
    const surges = new Surges();
    expect(surges.seconds).toBe(0);
    for (let t = 0; t < 10_000; t += 500) surges.add(t, 0.5);
    expect(surges.seconds).toBe(0);
    surges.add(10_000, 4);
    surges.add(14_000, 2);
    for (let t = 14_500; t <= 129_500; t += 500) surges.add(t, 0.5);
    expect(surges.seconds).toBe(3.5);
    surges.add(130_500, 0.5);
    expect(surges.seconds).toBe(1.5);
    surges.add(140_000, 0.5);
    expect(surges.seconds).toBe(0);
    surges.add(150_000, 4);
    surges.clear();
    expect(surges.seconds).toBe(0);
  });

  test("played in real time, GOPs of 4 s never let the picture stand still", () => {
    const surges = new Surges();
    let [end, current, stood] = [4, 0, 0];
    surges.add(0, 4);
    for (let ms = 0; ms < 300_000; ms += 100) {
      if (ms > 0 && ms % 4000 === 0) {
        end += 4;
        surges.add(ms, 4);
      }
      const { rate, seek } = steer([[0, end]], current, surges.seconds);
      current = seek ?? Math.min(end, current + rate * 0.1);
      if (ms > 5000 && current >= end) stood += 1;
    }
    expect(stood).toBe(0);
    expect(end - current).toBeLessThan(6);
  });

  test("the buffer is bounded, and not trimmed at every picture", () => {
    expect(surplus([[0, 50]], 50, 30)).toBeNull();
    expect(surplus([[0, 80]], 80, 30)).toEqual([0, 50]);
    expect(surplus([], 80, 30)).toBeNull();
  });
});

describe("tags belong to the picture on the screen", () => {
  const frame = (media_t: number) => ({ t: 1000 + media_t, media_t, tracks: [] });

  test("the nearest frame wins, and far ones never", () => {
    const ring = new TagRing();
    ring.add([frame(0), frame(0.04), frame(0.08)], 10);
    expect(ring.at(10.041)?.t).toBeCloseTo(1000.04);
    expect(ring.at(10.065)?.t).toBeCloseTo(1000.08);
    expect(ring.at(11)).toBeNull();
    expect(new TagRing().at(1)).toBeNull();
  });

  test("frames sent again after a rejoin replace the old ones", () => {
    const ring = new TagRing();
    ring.add([frame(0), frame(1), frame(2)], 0);
    ring.add([{ ...frame(1), t: 7 }, frame(2)], 0);
    expect(ring.size).toBe(3);
    expect(ring.at(1)?.t).toBe(7);
  });

  test("it forgets", () => {
    const ring = new TagRing(10);
    for (let i = 0; i < 5000; i += 1) ring.add([frame(i / 25)], 0);
    expect(ring.size).toBeLessThan(400);
    expect(ring.at(199.96)).not.toBeNull();
    expect(ring.at(1)).toBeNull();
  });
});

describe("what was recorded", () => {
  const segment = (id: string, start: number, end: number | null): Segment => ({
    id, start, end, media_start: 0, size: 1, codec: "avc1", run: "r",
  });
  const list = [segment("b", 160, 220), segment("a", 100, 160), segment("c", 400, null)];

  test("neighbours join; the open one reaches to now", () => {
    expect(stretches(list, 450)).toEqual([[100, 220], [400, 450]]);
  });

  test("gaps are what is missing inside the shown span", () => {
    expect(gaps(stretches(list, 450), 50, 500)).toEqual([[50, 100], [220, 400], [450, 500]]);
    expect(gaps([], 0, 10)).toEqual([[0, 10]]);
    expect(gaps([[0, 100]], 10, 20)).toEqual([]);
  });

  test.each([
    ["inside a segment", 130, "a"],
    ["at a seam the later one plays", 160, "b"],
    ["in a gap the next one plays", 300, "c"],
    ["before everything the first one plays", 0, "a"],
    ["beyond the end nothing plays", 999, undefined],
  ])("%s", (_, time, id) => expect(segmentAt(list, time, 450)?.id).toBe(id));

  test("zooming keeps the moment under the pointer, within limits", () => {
    expect(zoom({ from: 0, to: 1000 }, 500, 0.5)).toEqual({ from: 250, to: 750 });
    expect(zoom({ from: 0, to: 100 }, 0, 0.01)).toEqual({ from: 0, to: 60 });
  });

  test("the axis has round times, never crowded", () => {
    const marks = ticks({ from: 3601, to: 7201 }, 800);
    expect(marks.every((t) => t % 600 === 0)).toBe(true);
    expect(marks.length).toBe(6);
  });

  test("days start at midnight of the site's zone", () => {
    const summer = Date.UTC(2025, 6, 1) / 1000;
    expect(zoneOffset(summer, "Europe/Berlin")).toBe(7200);
    expect(ticks({ from: summer - 3 * 86400, to: summer }, 200, 76, 7200)[0]! % 86400).toBe(86400 - 7200);
  });
});
