import { describe, expect, test } from "vitest";
import type { Alarm, CameraStatus, Track } from "./types";
import { ago, arrow, byUrgency, bytes, clock, clockWords, describeCamera, figure, inSight, isOld, numberRows, ownClock, silencer, span, tagText, when } from "./words";

const status: CameraStatus = {
  camera: "gate",
  state: "live",
  since: 0,
  message: "",
  width: 1280,
  height: 720,
  fps: 25,
  looks_per_second: 8,
  hidden_share: 0.02,
  whole_hidden: "",
  recording: true,
  last_frame: 1000,
  restarts: 0,
  trouble: null,
  trouble_words: "",
};

describe("a camera in words", () => {
  test.each([
    ["a picture a moment ago is live", {}, 1000.5, "live", "good"],
    ["no new picture is late, and says how late", {}, 1012, "late · last picture 12 s ago", "warn"],
    ["a frozen camera is never called live", {}, 1000 + 7200, "late · last picture 2 h ago", "warn"],
    ["all hidden is said", { whole_hidden: "the model is warming up" }, 1001, "live · all hidden", "warn"],
    ["between tries", { state: "waiting" as const }, 1001, "offline · will try again", "bad"],
    ["wrong settings", { state: "failed" as const }, 1001, "offline · needs attention", "bad"],
    ["first connection", { state: "connecting" as const, last_frame: 0 }, 1001, "connecting", "idle"],
  ])("%s", (_, change, now, label, tone) => {
    expect(describeCamera({ ...status, ...change }, now)).toMatchObject({ label, tone });
  });

  test.each([
    ["a live one", {}, 1001, false],
    ["a sleeping one, a few seconds behind", {}, 1009, false],
    ["a frozen one", {}, 1016, true],
    ["a dead one, however fresh its picture", { state: "waiting" as const }, 1000, true],
    ["one that is given up", { state: "failed" as const }, 1000, true],
    ["one that connects again", { state: "connecting" as const }, 1000, true],
    ["one whose clip ended", { state: "ended" as const }, 1000, true],
  ])("whether its last picture is old: %s", (_, change, now, old) => {
    expect(isOld({ ...status, ...change }, now)).toBe(old);
  });

  test("a camera nobody heard of has no news", () => {
    expect(describeCamera(undefined, 0).label).toBe("no news yet");
  });
});

describe("lengths, sizes, clocks", () => {
  test.each([
    [0, "0 s"], [59, "59 s"], [60, "1 min"], [3599, "1 h"], [3900, "1 h 5 min"], [3 * 86400, "3 days"], [-4, "0 s"],
  ])("%d seconds", (seconds, text) => expect(span(seconds)).toBe(text));

  test.each([
    [512, "512 B"], [1500, "1.5 kB"], [23_400_000, "23 MB"], [999_900, "1.0 MB"], [5e12, "5.0 TB"],
  ])("%d bytes", (n, text) => expect(bytes(n)).toBe(text));

  test("times are told in the site's zone, whatever this browser's is", () => {
    const noon = Date.UTC(2025, 10, 3, 12, 0, 5) / 1000;
    expect(clock(noon, "Europe/Berlin")).toBe("13:00:05");
    expect(clock(noon, "Asia/Kolkata", false)).toBe("17:30");
    expect(when(noon - 86400, "UTC", noon)).toBe("Sun 2 Nov, 12:00:05");
    expect(when(noon, "UTC", noon + 60)).toBe("12:00:05");
  });

  test("a zone that no browser knows does not break the page", () => {
    expect(clock(0, "Nowhere/Never")).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  test("ago", () => {
    expect(ago(100, 101)).toBe("just now");
    expect(ago(100, 160)).toBe("1 min ago");
  });

  test.each([[null, "–"], [3, "3"], [0.456, "0.46"], [12.34, "12.3"], [123.4, "123"]])("figure %s", (n, text) =>
    expect(figure(n)).toBe(text),
  );
});

describe("tags", () => {
  const track: Track = { id: 1, kind: "person", box: [0, 0, 100, 60], score: 0.9, seen: true, age: 3, speed: 0, direction: 0 };
  test.each<[string, Partial<Track>, string]>([
    ["a person is person", {}, "person"],
    ["posture and clothes", { posture: "upright", upper: "blue", lower: "black" }, "person · upright · blue/black"],
    ["half known clothes", { upper: "red" }, "person · red/–"],
    ["unknown is left out", { posture: "unknown", upper: "unknown" }, "person"],
    ["a car that moves", { kind: "car", colour: "red", speed: 83, direction: 0 }, "car · red · → 0.8 lengths/s"],
    ["a car that stands", { kind: "car", colour: "red", speed: 2 }, "car · red · still"],
    ["a new car may only seem to stand", { kind: "car", age: 0.5 }, "car"],
    ["up and left", { kind: "bus", speed: 100, direction: -135 }, "bus · ↖ 1.0 lengths/s"],
  ])("%s", (_, change, text) => expect(tagText({ ...track, ...change })).toBe(text));

  test.each([[0, "→"], [90, "↓"], [-90, "↑"], [359, "→"], [180, "←"], [-180, "←"], [225, "↖"]])("%d degrees", (degrees, sign) =>
    expect(arrow(degrees)).toBe(sign),
  );
});

test("what is in sight counts what is seen, not what is only remembered", () => {
  const make = (kind: string, seen = true) => ({ kind, seen }) as Track;
  expect(inSight([make("person"), make("bus"), make("person"), make("bus"), make("car", false)])).toBe("2 people, 2 buses");
  expect(inSight([make("car")])).toBe("1 car");
  expect(inSight([])).toBe("nothing");
});

describe("the numbers behind an alarm", () => {
  const row = (name: string, measured: number | null, threshold: number | null, margin: number | null, unit = "") => ({
    name, measured, threshold, margin, unit,
  });
  test.each([
    [
      "how long it lasted, and how many were there",
      { now: 1, most: 2, seconds: 12.5, min_seconds: 10, margin_seconds: 2.5 },
      [row("lasted", 12.5, 10, 2.5, "s"), row("there now", 1, null, null), row("most at once", 2, null, null)],
    ],
    ["how far beyond a line", { distance_px: 30, band_px: 9, margin_px: 21 }, [row("beyond the line", 30, 9, 21, "px")]],
    ["the margin is worked out where it is not given", { score: 0.9, score_threshold: 0.5 }, [row("score", 0.9, 0.5, 0.4)]],
    ["a value without a threshold stands alone", { persons: 2 }, [row("persons", 2, null, null)]],
    ["a threshold without a value too", { max_level: 5 }, [row("level", null, 5, null)]],
    [
      "how many were there at most is what had a limit, not how many are there now",
      { now: 3, most: 5, limit: 4, margin: 1 },
      [row("most at once", 5, 4, 1), row("there now", 3, null, null)],
    ],
    [
      "a speed in its unit",
      { speed_kmh: 61.5, error_kmh: 3, limit_kmh: 50, margin_kmh: 8.5 },
      [row("speed", 61.5, 50, 8.5, "km/h"), row("error", 3, null, null, "km/h")],
    ],
    ["nothing measured", {}, []],
  ])("%s", (_, numbers, rows) => expect(numberRows(numbers as Record<string, number>)).toEqual(rows));
});

test.each([
  [{ seconds: 12.5, min_seconds: 10, margin_seconds: 2.5 }, ["more than 12.5 s (lasted)"]],
  [{ ttc_seconds: 0.8, limit_ttc_seconds: 1.5, margin_ttc_seconds: 0.7 }, ["less than 0.80 s (time to collision)"]],
  [{ length: 3, limit: 6, margin: -3, wait_seconds: 400, max_wait_seconds: 300, margin_seconds: 100 }, ["more than 400 s (wait)"]],
  [{ persons: 2 }, []],
])("what would have silenced %j", (numbers, said) =>
  expect(numberRows(numbers as Record<string, number>).map(silencer).filter(Boolean)).toEqual(said),
);

test("the list starts with what nobody has answered, gravest and newest first", () => {
  const make = (id: string, state: Alarm["state"], severity: Alarm["severity"], raised: number) =>
    ({ id, state, severity, raised }) as Alarm;
  const list = [
    make("old answered", "resolved", "critical", 50),
    make("on it", "acknowledged", "critical", 40),
    make("new info", "raised", "info", 90),
    make("old critical", "raised", "critical", 10),
    make("new critical", "raised", "critical", 20),
    make("false", "false", "info", 60),
  ];
  expect(list.sort(byUrgency).map((alarm) => alarm.id)).toEqual([
    "new critical", "old critical", "new info", "on it", "false", "old answered",
  ]);
});

test.each([
  [0.6, "Its clock is right."],
  [-1.9, "Its clock is right."],
  [3600, "Its clock is 1 h fast."],
  [-30, "Its clock is 30 s slow."],
])("a clock that is off by %s s", (offset, words) => expect(clockWords(offset)).toBe(words));

test.each([
  [2.4, 5.6, "2.4 s ahead, drifts 20 ms an hour"],
  [2.4, null, "2.4 s ahead"],
  [2.4, 0.1, "2.4 s ahead"],
  [-0.3, -14, "300 ms behind, drifts 50 ms an hour"],
  [-0.3, 14, "300 ms behind, drifts back 50 ms an hour"],
  [0, 5.6, "right, drifts 20 ms an hour"],
  [7200, 500, "2 h ahead, drifts 1.8 s an hour"],
  [null, null, ""],
])("a camera's own clock that is %s s ahead and runs %s ppm fast", (clock_offset, clock_drift, words) => {
  expect(ownClock({ ...status, clock_offset, clock_drift })).toBe(words);
});

test("a camera that says nothing of its clock", () => {
  expect([ownClock(status), ownClock(undefined)]).toEqual(["", ""]);
});
