/** How the fleet does, for whoever sends somebody out: order, words, figures. Pure, tested. */

import { fixed, tag, t } from "./i18n";
import { said } from "./said";
import type { CameraStatus, FleetCamera, Judgement, Report, SiteCamera } from "./types";
import { describeCamera, figure, span, type Words } from "./words";

/** One row of the table and one mark on the plan. */
export interface FleetRow {
  camera: SiteCamera;
  status: CameraStatus | undefined;
  /** null: the desk keeps no ledger, or has nothing about this camera yet. */
  fleet: FleetCamera | null;
  need: Need;
  words: Words;
  /** Why, for a person; "" while all is well. */
  why: string;
  since: number | null;
  /** Of the whole day so far, seven and thirty days: 0–1, or null where nothing was expected. */
  today: number | null;
  week: number | null;
  month: number | null;
}

/** What somebody must do about it, the most urgent first. */
export const NEEDS = ["visit", "watch", "planned", "none", "unknown"] as const;
export type Need = (typeof NEEDS)[number];

export const NEED_WORDS: Record<Need, string> = {
  visit: t("Need a visit"),
  watch: t("Lost"),
  planned: t("Maintenance"),
  none: t("Well"),
  unknown: t("No news"),
};

export function row(
  camera: SiteCamera,
  status: CameraStatus | undefined,
  fleet: FleetCamera | null,
  now: number,
): FleetRow {
  const shared = {
    camera,
    status,
    fleet,
    today: fleet?.today.share ?? null,
    week: fleet?.week.share ?? null,
    month: fleet?.month.share ?? null,
  };
  if (!fleet) {
    const words = describeCamera(status, now);
    const need = ({ good: "none", warn: "watch", bad: "visit", idle: "unknown" } as const)[words.tone];
    return { ...shared, need, words, why: words.detail, since: status?.since ?? null };
  }
  const told = { ...shared, since: fleet.since };
  const text = said(fleet.text || fleet.words);
  if (fleet.visit)
    return { ...told, need: "visit", words: { tone: "bad", label: t("needs a visit"), detail: text }, why: said(fleet.visit) };
  switch (fleet.state) {
    case "lost":
      return { ...told, need: "watch", words: { tone: "warn", label: t("lost"), detail: text }, why: said(fleet.words) || text };
    case "planned":
      return {
        ...told,
        need: "planned",
        words: { tone: "idle", label: t("maintenance"), detail: text },
        why: text || t("planned maintenance"),
      };
    case "well": {
      const label = status?.asleep ? t("well · asleep") : t("well");
      return { ...told, need: "none", words: { tone: "good", label, detail: "" }, why: "" };
    }
    default:
      return { ...told, need: "unknown", words: { tone: "idle", label: t("no news yet"), detail: text }, why: text };
  }
}

export const COLUMNS = ["need", "camera", "since", "today", "week", "month"] as const;
export type Column = (typeof COLUMNS)[number];
export interface Order {
  by: Column;
  /** True: from the first to the last as the column means it; false: turned around. */
  up: boolean;
}

const names = new Intl.Collator(tag(), { numeric: true, sensitivity: "base" });

/** Visits first; of two that need one, whichever did worse in seven days, then the longer lost. */
function byNeed(a: FleetRow, b: FleetRow): number {
  return (
    NEEDS.indexOf(a.need) - NEEDS.indexOf(b.need) ||
    (a.week ?? 1) - (b.week ?? 1) ||
    (a.since ?? Infinity) - (b.since ?? Infinity)
  );
}

function nulls(a: number | null, b: number | null): number {
  return a === b ? 0 : a === null ? 1 : b === null ? -1 : a - b;
}

/** The rows in that order; equal ones by need, then by name, so that nothing jumps about. */
export function sorted(rows: readonly FleetRow[], order: Order): FleetRow[] {
  const by = (a: FleetRow, b: FleetRow): number => {
    if (order.by === "need") return byNeed(a, b);
    if (order.by === "camera") return names.compare(a.camera.name, b.camera.name);
    // What is not known stands last, whichever way the column is turned.
    const [x, y] = [a[order.by], b[order.by]];
    if (x === null || y === null) return order.up ? nulls(x, y) : -nulls(x, y);
    return x - y;
  };
  const turn = order.up ? 1 : -1;
  return [...rows].sort(
    (a, b) => turn * by(a, b) || byNeed(a, b) || names.compare(a.camera.name, b.camera.name),
  );
}

export interface Filter {
  text: string;
  need: Need | "";
  area: string;
}

/** Those that all the words of a text are found in, of that need and area ("" is any). */
export function filtered(rows: readonly FleetRow[], filter: Filter): FleetRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ camera, need, words: state, why }) => {
    if (filter.need && need !== filter.need) return false;
    if (filter.area && camera.area !== filter.area) return false;
    const all = `${camera.id} ${camera.name} ${camera.area} ${state.label} ${why}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Serviceability in percent: never rounded up to 100 while a minute is missing. */
export function percent(share: number | null): string {
  if (share === null) return "–";
  const digits = share >= 0.999 && share < 1 ? 2 : 1;
  const number = Math.min(Number((100 * Math.min(share, 1)).toFixed(digits)), share < 1 ? 99.99 : 100);
  return `${number === 100 ? "100" : fixed(number, digits)} %`;
}

/** The judgement to show: the one behind the root reason, or else the newest that has a number. */
export function decisive(fleet: FleetCamera | null): Judgement | null {
  const all = fleet?.judgements ?? [];
  const root = fleet?.reasons[0];
  const because = root === undefined ? undefined : all.find((one) => one.reason === root);
  if (because) return because;
  const numbered = all.filter((one) => one.number !== 0 || one.reference !== 0);
  return [...numbered].sort((a, b) => Number(b.reason !== null) - Number(a.reason !== null) || b.time - a.time)[0] ?? null;
}

/** The judgement that a camera shows another view than it is meant to; null: none, or nobody sees. */
export function otherView(fleet: FleetCamera | undefined, status: CameraStatus | undefined): Judgement | null {
  if (status?.state !== "live") return null;
  return fleet?.judgements.find((one) => one.reason === "moved" || one.reason === "covered") ?? null;
}

/** "12 %, held against 80 %": the number that decided and its reference. */
export function measured(of: Judgement | null): string {
  if (!of || (of.number === 0 && of.reference === 0)) return "";
  const unit = of.unit ? ` ${said(of.unit)}` : "";
  const number = `${figure(rounded(of.number))}${unit}`;
  return t("{{number}} against {{reference}}", { number, reference: `${figure(rounded(of.reference))}${unit}` });
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** Minutes in words a person adds up: "45 min", "3 h 20 min", "2 days 4 h". */
export function minutes(count: number): string {
  if (count < 2880) return span(Math.round(count) * 60).replace(/^0 s$/, "0 min");
  const hours = Math.round(count / 60);
  const days = Math.floor(hours / 24);
  const said = t("{{count}} day", { count: days, other: "{{count}} days" });
  return hours % 24 ? `${said} ${hours % 24} h` : said;
}

/** A period's name: its month, week or day, by its key. */
export function periodName(period: { name: string; key: string }): string {
  const week = /^(\d+)-W(\d+)$/.exec(period.key);
  if (week) return t("Week {{week}} of {{year}}", { week: Number(week[2]), year: week[1] ?? "" });
  const date = /^(\d+)-(\d+)(?:-(\d+))?$/.exec(period.key);
  if (!date) return period.name;
  const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", year: "numeric", month: "long" };
  if (date[3]) options.day = "numeric";
  return new Intl.DateTimeFormat(tag(), options).format(Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3] ?? 1), 12));
}

/** What the error budget's figures mean for whoever must act. */
export function budgetWords(budget: Report["budget"], running: boolean): string {
  const values = { spent: minutes(budget.spent), allowed: minutes(Math.max(1, Math.round(budget.allowed))) };
  if (budget.left < 0)
    return t("Overspent by {{over}}: {{spent}} lost of {{allowed}} that may be lost.", {
      ...values,
      over: minutes(Math.ceil(-budget.left)),
    });
  const spent = t("{{spent}} lost of {{allowed}} that may be lost.", values);
  if (!running) return spent;
  const rate = budget.burn_rate;
  if (rate <= 0) return `${spent} ${t("Nothing burns it.")}`;
  const pace = { rate: figure(rounded(rate)) };
  return rate > 1
    ? `${spent} ${t("Burn rate {{rate}}: at this pace it is gone before the period ends.", pace)}`
    : `${spent} ${t("Burn rate {{rate}}: at this pace it lasts.", pace)}`;
}
