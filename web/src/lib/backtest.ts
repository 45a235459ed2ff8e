/** What a back-test says, in words and numbers. Pure functions, tested. */

import { t } from "./i18n";
import { span } from "./words";

export interface Incident {
  start: number;
  /** null: it still went on at the end. */
  end: number | null;
  message: string;
  numbers: Record<string, number>;
  box: [number, number, number, number] | null;
  events: number;
}

export interface RuleAnswer {
  name: string;
  kind: string;
  place: string;
  /** false: it notes events and raises no alarm. */
  alarm: boolean;
  /** false: it asks what was left or taken away, which cannot be tried afterwards. */
  tried: boolean;
  n: number;
  sentence: string;
  hours: number[];
  days: { day: string; n: number }[];
  passed: { kind: string; direction: string; n: number }[];
  examples: Incident[];
  incidents: Incident[];
}

export interface Difference {
  name: string;
  sentence: string;
  both: number;
  only_before: number;
  only_after: number;
  before: Incident[];
  after: Incident[];
}

export interface BackTest {
  camera: string;
  start: number;
  end: number;
  /** Seconds of it in which the camera was looked at. */
  watched: number;
  looks: number;
  rules: RuleAnswer[];
  before: RuleAnswer[] | null;
  differences: Difference[];
}

export interface Kept {
  start: number | null;
  end: number | null;
  /** 0–1 while a back-test runs. */
  running: number | null;
}

/** Zones, lines and rules as they would stand in the site file. */
export interface Drafts {
  zones: Record<string, [number, number][]>;
  lines: Record<string, [number, number][]>;
  ground?: Record<string, unknown> | null;
  rules: Record<string, unknown>[];
}

export interface Precision {
  camera: string;
  rule: string;
  kind: string;
  raised: number;
  true: number;
  false: number;
  unanswered: number;
  precision: number | null;
  low: number;
  high: number;
}

const HOURS = 3 * 3600; // seconds: of a shorter stretch the hour of the day tells nothing

/** "7 days", "3 hours", "12 min". */
export function stretch(seconds: number): string {
  const days = seconds / 86400;
  if (days >= 0.95) return t("{{count}} day", { count: Number(days.toFixed(days < 3 ? 1 : 0)), other: "{{count}} days" });
  return span(seconds);
}

/** The hour of the day in which at least half of all began, and how many; null where there is none. */
export function rush(answer: RuleAnswer): { hour: number; n: number } | null {
  const most = Math.max(0, ...answer.hours);
  if (answer.n < 2 || most < 2 || most < answer.n / 2) return null;
  return { hour: answer.hours.indexOf(most), n: most };
}

/** "would have raised 41 alarms in 7 days, 38 of them between 17 and 18 h". */
export function said(answer: RuleAnswer, seconds: number): string {
  if (!answer.tried)
    return t("cannot be tried: it asks what was left or taken away, and no picture of the background is kept");
  const values = { count: answer.n, time: stretch(seconds) };
  let text = answer.alarm
    ? t("would have raised {{count}} alarm in {{time}}", { ...values, other: "would have raised {{count}} alarms in {{time}}" })
    : t("would have noted {{count}} event in {{time}}", { ...values, other: "would have noted {{count}} events in {{time}}" });
  const most = seconds > HOURS ? rush(answer) : null;
  if (most)
    text += t(", {{n}} of them between {{from}} and {{to}} h", { n: most.n, from: most.hour, to: most.hour + 1 });
  const sum = (way: string) => answer.passed.filter((p) => p.direction === way).reduce((all, p) => all + p.n, 0);
  if (answer.passed.length > 0) text += t("; {{in}} went in, {{out}} out", { in: sum("in"), out: sum("out") });
  return text;
}

/** A share and its interval: "83 % (70 – 91 %)". */
export function precise(row: Precision): string {
  if (row.precision === null) return "–";
  const of = (value: number) => Math.round(value * 100);
  return `${of(row.precision)} % (${of(row.low)} – ${of(row.high)} %)`;
}
