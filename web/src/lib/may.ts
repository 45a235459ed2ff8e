/** What somebody may do here, as the desk says it. The page hides the rest; the desk refuses it. */

import type { Route } from "./route";

export type Right =
  | "view_site" | "view_live" | "view_recordings" | "export" | "view_alarms" | "answer_alarms" | "shelve" | "set_mode"
  | "view_counts" | "view_fleet" | "view_reports" | "plan_maintenance" | "change_rules" | "backtest"
  | "manage_notify" | "view_metrics" | "read_audit" | "judge_hiding" | "manage_site" | "manage_tokens"
  | "manage_users" | "view_meters" | "handle_findings" | "view_stock" | "note_stock" | "correct_stock";

type View = Route["view"];

/** The right each view needs, or one of several; what is not here needs none. */
const NEEDS: Partial<Record<View, Right | readonly Right[]>> = {
  wall: "view_live",
  camera: "view_live",
  alarms: "view_alarms",
  fleet: "view_fleet",
  counts: "view_counts",
  events: "view_alarms",
  rules: "change_rules",
  handover: "view_alarms",
  report: "view_reports",
  notify: ["manage_notify", "answer_alarms"],
  system: "view_site",
  add: "manage_site",
  stores: "view_stock",
  store: "view_stock",
  entry: "note_stock",
  meters: "view_meters",
  meter: "view_meters",
};

/** Where somebody lands, the first that they may open. */
const FIRST: readonly View[] = ["wall", "alarms", "system", "users"];

export function mayOpen(rights: readonly string[], view: View): boolean {
  const needs = [NEEDS[view] ?? []].flat();
  return needs.length === 0 || needs.some((one) => rights.includes(one));
}

/** The view itself, or where somebody lands who may not open it. */
export function landing(rights: readonly string[], view: View): View {
  return mayOpen(rights, view) ? view : (FIRST.find((one) => mayOpen(rights, one)) ?? "users");
}
