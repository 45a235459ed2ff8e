import { describe, expect, test } from "vitest";
import { budgetWords, decisive, filtered, measured, minutes, otherView, percent, row, sorted, type FleetRow } from "./fleet";
import type { CameraStatus, FleetCamera, Judgement, SiteCamera, Sum } from "./types";

const NOW = 1_800_000_000;
const camera = (id: string, name = id, area = ""): SiteCamera => ({
  id, name, area, width: 0, height: 0, zones: [], lines: [], rules: [],
});
const sum = (share: number | null): Sum => ({ kept: 0, lost: 0, planned: 0, share });
const fleet = (about: Partial<FleetCamera>): FleetCamera => ({
  camera: "gate", state: "well", since: NOW - 600, reasons: [], words: "", text: "", visit: "", judgements: [],
  today: sum(1), week: sum(1), month: sum(1), ...about,
});
const status = (about: Partial<CameraStatus>): CameraStatus => ({
  camera: "gate", state: "live", since: NOW - 100, message: "", width: 640, height: 360, fps: 25, looks_per_second: 5,
  hidden_share: 0, whole_hidden: "", recording: true, last_frame: NOW, restarts: 0, trouble: null, trouble_words: "", ...about,
});
const judged = (about: Partial<Judgement>): Judgement => ({
  check: "focus", time: NOW, reason: null, number: 0, reference: 0, unit: "", text: "", ...about,
});

describe("what a camera needs", () => {
  test.each([
    ["a visit", { state: "lost", visit: "clean the lens", reasons: ["covered"], words: "something covers the lens" }, "visit", "bad"],
    ["nothing yet", { state: "lost", reasons: ["unreachable"], words: "cannot be reached" }, "watch", "warn"],
    ["a visit though it does its job now", { state: "well", visit: "it froze nine times this week" }, "visit", "bad"],
    ["maintenance", { state: "planned", text: "new mast" }, "planned", "idle"],
    ["nothing", { state: "well" }, "none", "good"],
    ["news", { state: "unknown" }, "unknown", "idle"],
  ] as const)("%s", (_, about, need, tone) => {
    const made = row(camera("gate"), status({}), fleet(about as Partial<FleetCamera>), NOW);
    expect([made.need, made.words.tone]).toEqual([need, tone]);
  });
  test("why is what to do, or else the reason", () => {
    const lost = { state: "lost", reasons: ["covered"], words: "something covers the lens", text: "11 % of its view" } as const;
    expect(row(camera("a"), undefined, fleet({ ...lost, reasons: ["covered"] }), NOW).why).toBe("something covers the lens");
    expect(row(camera("a"), undefined, fleet({ ...lost, reasons: ["covered"], visit: "clean it" }), NOW).why).toBe("clean it");
  });
  test("where no ledger is kept, the camera's own state counts", () => {
    expect(row(camera("a"), status({ state: "waiting", message: "no answer" }), null, NOW)).toMatchObject({
      need: "visit", why: "no answer", since: NOW - 100, week: null,
    });
    expect(row(camera("a"), status({}), null, NOW).need).toBe("none");
    expect(row(camera("a"), undefined, null, NOW).need).toBe("unknown");
  });
  test("asleep is said, and is well", () => {
    expect(row(camera("a"), status({ asleep: true }), fleet({}), NOW).words.label).toBe("well · asleep");
  });
});

describe("order", () => {
  const made = (id: string, about: Partial<FleetCamera>, area = "") => row(camera(id, id, area), undefined, fleet(about), NOW);
  const rows: FleetRow[] = [
    made("well 10", { week: sum(0.5) }),
    made("well 2", { week: sum(0.99), today: sum(null) }),
    made("visit long", { visit: "x", since: NOW - 9000, week: sum(0.8) }),
    made("visit bad", { visit: "x", since: NOW - 60, week: sum(0.3) }),
    made("planned", { state: "planned" }),
    made("lost", { state: "lost", week: sum(0.1) }),
  ];
  const names = (order: Parameters<typeof sorted>[1]) => sorted(rows, order).map((one) => one.camera.name);
  test("what needs a visit first, the worst week before the others", () =>
    expect(names({ by: "need", up: true })).toEqual(["visit bad", "visit long", "lost", "planned", "well 10", "well 2"]));
  test("turned around", () => expect(names({ by: "need", up: false })[0]).toMatch(/^well/));
  test("names as people count", () =>
    expect(names({ by: "camera", up: true })).toEqual(["lost", "planned", "visit bad", "visit long", "well 2", "well 10"]));
  test("what is not known stands last, either way", () => {
    expect(names({ by: "today", up: true }).at(-1)).toBe("well 2");
    expect(names({ by: "today", up: false }).at(-1)).toBe("well 2");
  });
  test("the worst week first", () => expect(names({ by: "week", up: true })[0]).toBe("lost"));
  test("the order given is left alone", () => {
    const before = rows.map((one) => one.camera.name);
    sorted(rows, { by: "camera", up: true });
    expect(rows.map((one) => one.camera.name)).toEqual(before);
  });
});

test("the filter looks at names, areas and reasons, for all the words", () => {
  const rows = [
    row(camera("g", "Main gate", "North"), undefined, fleet({ state: "lost", words: "out of focus" }), NOW),
    row(camera("d", "Dock 3", "South"), undefined, fleet({}), NOW),
  ];
  const ids = (text: string, need: "" | "none" = "", area = "") => filtered(rows, { text, need, area }).map((one) => one.camera.id);
  expect(ids("")).toEqual(["g", "d"]);
  expect(ids("FOCUS gate")).toEqual(["g"]);
  expect(ids("focus dock")).toEqual([]);
  expect(ids("", "none")).toEqual(["d"]);
  expect(ids("", "", "North")).toEqual(["g"]);
});

test.each([
  [1, "100 %"], [0.9999999, "99.99 %"], [0.99951, "99.95 %"], [0.954321, "95.4 %"], [0, "0.0 %"], [null, "–"],
])("%f of the minutes is %s: never 100 while one is missing", (share, text) => expect(percent(share)).toBe(text));

test("the judgement shown is the one behind the root reason", () => {
  const sharp = judged({ reason: "defocused", number: 12.3456, reference: 80 });
  const black = judged({ check: "exposure", reason: "black", number: 2, reference: 61, time: NOW + 5 });
  const one = fleet({ reasons: ["defocused", "black"], judgements: [black, sharp] });
  expect(decisive(one)).toBe(sharp);
  expect(measured(decisive(one))).toBe("12.3 against 80");
  expect(decisive(fleet({ judgements: [judged({}), judged({ number: 5, time: NOW - 9 })] }))?.number).toBe(5);
  expect(decisive(null)).toBeNull();
  expect(measured(null)).toBe("");
  expect(measured(judged({ number: 11, reference: 45, unit: "%" }))).toBe("11 % against 45 %");
});

test.each([[0, "0 min"], [45, "45 min"], [200, "3 h 20 min"], [2880, "2 days"], [4560, "3 days 4 h"]])(
  "%i minutes are %s", (count, text) => expect(minutes(count)).toBe(text),
);

test("what the error budget means", () => {
  const budget = { objective: 0.95, allowed: 1000, spent: 200, left: 800, burn_rate: 0.4 };
  expect(budgetWords(budget, true)).toContain("at this pace it lasts");
  expect(budgetWords({ ...budget, burn_rate: 2.345 }, true)).toContain("Burn rate 2.35: at this pace it is gone");
  expect(budgetWords({ ...budget, spent: 1200, left: -200 }, true)).toMatch(/^Overspent by 3 h 20 min/);
  expect(budgetWords(budget, false)).not.toContain("pace");
});

describe("another view", () => {
  const clock = judged({ check: "clock", reason: "clock_wrong" });
  const moved = judged({ check: "view", reason: "moved", text: "it shows something else" });
  test.each([
    ["a camera that was turned", fleet({ state: "lost", judgements: [moved] }), status({}), moved],
    ["… whose clock is wrong, too", fleet({ state: "lost", reasons: ["clock_wrong"], judgements: [clock, moved] }), status({}), moved],
    ["a wrong clock alone", fleet({ state: "lost", judgements: [clock] }), status({}), null],
    ["a view that is right", fleet({ judgements: [judged({ check: "view" })] }), status({}), null],
    ["a camera nobody sees", fleet({ judgements: [moved] }), status({ state: "waiting" }), null],
    ["no ledger", undefined, status({}), null],
    ["no status yet", fleet({ judgements: [moved] }), undefined, null],
  ] as const)("%s", (_, of, now, found) => expect(otherView(of, now)).toBe(found));
});
