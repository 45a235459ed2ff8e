/** What the desk's API says of groups, shelves, incidents, the shift and the month. */

import type { Alarm, AlarmState, Severity } from "./types";

export interface Group {
  id: string;
  cause: "switch" | "rule" | "camera" | "flood";
  key: string;
  severity: Severity;
  worst: Severity;
  /** Why they are one, in words. */
  reason: string;
  first: number;
  last: number;
  updated: number;
  alarms: number;
  raised: number;
  acknowledged: number;
  shelved: number;
  cameras: number;
  rules: number;
  escalated: number;
}

export interface Queue {
  groups: Group[];
  alarms: Alarm[];
  shelved: number;
}

export interface Shelf {
  seq: number;
  /** Id of the alarm; empty when a rule is meant. */
  alarm: string;
  camera: string;
  rule: string;
  /** null: wherever the rule watches. */
  place: string | null;
  severity: Severity;
  reason: string;
  actor: string;
  begins: number;
  until: number;
}

export interface Shelves {
  shelves: Shelf[];
  longest_seconds: number;
}

export type Scope = "alarm" | "place" | "rule";

export interface Item {
  step: string;
  done: boolean;
  actor: string;
  time: number | null;
  listed: boolean;
}

export interface Near {
  id: string;
  camera: string;
  place: string;
  rule: string;
  severity: Severity;
  message: string;
  state: AlarmState;
  raised: number;
  why: string;
  seconds: number;
}

export interface Happened {
  id: string;
  start: number;
  end: number | null;
  message: string;
  severity: Severity;
  numbers: Record<string, number>;
}

export interface Incident {
  alarm: Alarm;
  group: Group | null;
  checklist: Item[];
  required: boolean;
  events: Happened[];
  near: Near[];
}

export interface ShiftNote {
  time: number;
  actor: string;
  text: string;
}

export interface Handover {
  since: number;
  until: number;
  numbers: {
    raised: number;
    rows: number;
    acknowledged: number;
    resolved: number;
    false: number;
    unanswered: number;
    response_median: number | null;
  };
  open: Alarm[];
  groups: Group[];
  stale: Alarm[];
  shelves: Shelf[];
  happened: Alarm[];
  notes: ShiftNote[];
}

export interface Offender {
  camera: string;
  rule: string;
  place: string;
  alarms: number;
  share: number;
}

export interface AlarmReport {
  site: string;
  name: string;
  key: string;
  before: string;
  after: string;
  start: number;
  end: number;
  operators: number;
  budget: number;
  within_budget: boolean;
  alarms: number;
  rows: number;
  per_hour: number;
  peak: number;
  peak_at: number | null;
  busy_share: number;
  floods: number;
  flood_share: number;
  chattering: Offender[];
  stale: number;
  standing: number;
  unanswered: number;
  response_median: number | null;
  response_90: number | null;
  offenders: Offender[];
  offenders_share: number;
  priorities: { severity: Severity; alarms: number; share: number; target: number }[];
  precision: { kind: string; resolved: number; false: number; share: number | null }[];
  days: number[];
}
