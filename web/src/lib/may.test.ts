import { expect, test } from "vitest";
import { landing, mayOpen } from "./may";

const OPERATOR = ["view_site", "view_live", "view_alarms", "view_counts"];
const PRIVACY = ["view_site", "read_audit", "judge_hiding"];

test.each([
  ["an operator at the wall", OPERATOR, "wall", "wall"],
  ["an operator at the fleet", OPERATOR, "fleet", "wall"],
  ["a privacy officer at the wall", PRIVACY, "wall", "system"],
  ["a privacy officer at a camera", PRIVACY, "camera", "system"],
  ["an operator at a camera's rules", OPERATOR, "rules", "wall"],
  ["an operator at the monthly report", OPERATOR, "report", "wall"],
  ["an operator at the handover", OPERATOR, "handover", "handover"],
  ["a privacy officer at events", PRIVACY, "events", "system"],
  ["an operator without a right to stores", OPERATOR, "stores", "wall"],
  ["a privacy officer at a meter", PRIVACY, "meter", "system"],
  ["a privacy officer at a store's form", PRIVACY, "entry", "system"],
  ["somebody without a role", [], "wall", "users"],
  ["anybody at their own account", [], "users", "users"],
] as const)("%s", (_, rights, asked, lands) => expect(landing(rights, asked)).toBe(lands));

test("a view that needs nothing is open to all", () => {
  expect(mayOpen([], "public")).toBe(true);
  expect(mayOpen([], "add")).toBe(false);
});

test("one of several rights will do", () => {
  expect(mayOpen(["answer_alarms"], "notify")).toBe(true);
  expect(mayOpen(["manage_notify"], "notify")).toBe(true);
  expect(mayOpen(PRIVACY, "notify")).toBe(false);
});
