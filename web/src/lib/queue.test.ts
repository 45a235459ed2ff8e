import { expect, test } from "vitest";
import type { Group } from "./alarmtypes";
import { beside, inFront, rowsOf } from "./queue";
import type { Alarm } from "./types";

const alarm = (id: string, state: Alarm["state"], severity: Alarm["severity"], raised: number, rest: Partial<Alarm> = {}) =>
  ({ id, state, severity, raised, group: "", shelved: null, ...rest }) as Alarm;
const group = (id: string, raised: number, acknowledged: number, worst: Group["worst"], last: number) =>
  ({ id, raised, acknowledged, worst, last }) as Group;

const ALARMS = [
  alarm("low", "raised", "info", 90),
  alarm("grave", "raised", "critical", 10),
  alarm("taken", "acknowledged", "critical", 95),
  alarm("done", "resolved", "warning", 99),
  alarm("quiet", "raised", "critical", 98, { shelved: 200 }),
];
const GROUPS = [group("g", 5, 0, "warning", 50), group("over", 0, 0, "critical", 60)];

test("a group is a row among the others, the graver first", () => {
  const keys = rowsOf("open", ALARMS, GROUPS, null).map((row) => row.key);
  expect(keys).toEqual(["grave", "group g", "low", "taken"]);
});

test("what was just answered stays until somebody leaves it", () => {
  expect(rowsOf("open", ALARMS, GROUPS, "group over").map((row) => row.key)).toContain("group over");
  expect(rowsOf("open", ALARMS, GROUPS, "done").map((row) => row.key)).toContain("done");
});

test("from an answered row one goes on where it stood", () => {
  const before = rowsOf("open", ALARMS, GROUPS, null);
  const stood = before.findIndex((row) => row.key === "group g");
  const answered = [group("g", 0, 5, "warning", 50)];
  const after = rowsOf("open", ALARMS, answered, "group g");
  expect(after.map((row) => row.key)).toEqual(["grave", "low", "taken", "group g"]);
  expect(beside(after, "group g", 1, stood)?.key).toBe("low");
  expect(beside(after, "group g", -1, stood)?.key).toBe("grave");
  // One that did not move, or was not answered, has its neighbours.
  expect(beside(before, "group g", 1, stood)?.key).toBe("low");
  expect(beside(before, "grave", -1, null)?.key).toBe("grave");
  expect(beside(before, "taken", 1, null)?.key).toBe("taken");
  expect(beside([], undefined, 1, null)).toBeUndefined();
});

test("what is on a shelf is shown on demand", () => {
  expect(rowsOf("shelved", ALARMS, GROUPS, null).map((row) => row.key)).toEqual(["quiet"]);
  expect(rowsOf("all", ALARMS, GROUPS, null)).toHaveLength(7);
});

test("what is in front of somebody stays there when something graver comes", () => {
  const rows = rowsOf("open", ALARMS, GROUPS, "low");
  expect(inFront(rows, null, null)?.key).toBe("grave");
  expect(inFront(rows, "low", null)?.key).toBe("low");
  expect(inFront(rows, "joined", "g")?.key).toBe("group g");
  expect(inFront(rows, "gone", "over")?.key).toBe("grave");
  const answered = rowsOf("open", ALARMS, GROUPS, "done"); // by somebody else
  expect(inFront(answered, "done", "")?.key).toBe("grave");
  expect(inFront([], "low", null)).toBeUndefined();
});
