/** Meters and districts: what the desk says of them, and how it is put into charts. Tested. */

import { query, request } from "./api";
import { t, tag } from "./i18n";
import { much, type Range } from "./stores";

export interface Cost {
  unit: string;
  week: number;
  so_far: number;
  at_most: boolean;
  money: number | null;
  money_so_far: number | null;
}

export type FindingState = "raised" | "acknowledged" | "noted";

export interface MeterFinding {
  id: string;
  cause: string;
  start: number;
  detected: number;
  end: number | null;
  size: number | null;
  unit: string;
  confidence: number;
  evidence: string;
  alarm: string | null;
  state: FindingState | null;
  cost: Cost | null;
}

export interface WaitingFinding extends MeterFinding {
  meter: string;
  name: string;
  kind: string;
  household: boolean;
  opens: boolean;
}

export interface MeterLine {
  id: string;
  name: string;
  kind: string;
  last: number;
  found: number;
}

export interface MeterList {
  waiting: WaitingFinding[];
  meters: MeterLine[];
  households: number;
  currency: string;
  looked: number | null;
}

export type Column = readonly (number | null)[];

export interface Readings {
  time: readonly number[];
  measured: Column;
  expected: Column;
  low: Column;
  high: Column;
}

export interface Curve {
  cause: string;
  time: readonly number[];
  statistic: Column;
  limit: Column;
}

export interface Nights {
  time: readonly number[];
  measured: Column;
  expected: Column;
}

export interface Meter {
  id: string;
  name: string;
  kind: string;
  household: boolean;
  unit: string;
  length: number;
  step: number;
  last: number;
  currency: string;
  looked: number | null;
  findings: MeterFinding[];
  readings: Readings;
  curves: Curve[];
  nights: Nights | null;
}

export const metersApi = {
  list: () => request<MeterList>("GET", "/api/meters"),
  meter: (id: string, range?: Range | null) =>
    request<Meter>("GET", `/api/meters/${encodeURIComponent(id)}${query({ start: range?.from, end: range?.to })}`),
};

const KINDS: Record<string, string> = {
  water: t("Water"),
  district_inflow: t("District"),
  electricity: t("Electricity"),
  heat: t("Heat"),
  gas: t("Gas"),
  pressure: t("Pressure"),
  tank_level: t("Tank level"),
  current: t("Current"),
  voltage: t("Voltage"),
  temperature: t("Temperature"),
};

/** What a kind of meter is called. */
export function kindName(kind: string): string {
  return KINDS[kind] ?? kind.replaceAll("_", " ");
}

const CAUSES: Record<string, string> = {
  leak: t("Leak"),
  district_leak: t("Leak"),
  burst: t("Burst"),
  running_toilet: t("Running toilet"),
  intermittent_leak: t("Leak now and then"),
  dead_meter: t("Dead meter"),
  stuck_meter: t("Stuck meter"),
  backwards_register: t("Register runs backwards"),
  gap: t("Readings stay away"),
  clock_shift: t("Clock shifted"),
  scale_change: t("Other scale"),
  overload: t("Overload"),
  phase_loss: t("Phase lost"),
  unbalance: t("Unbalance"),
  load_step: t("Constant load"),
  base_load_rise: t("Rising base load"),
  appliance_fault: t("Fault of a machine"),
};

/** What a cause at a meter is called. */
export function meterCause(cause: string): string {
  return CAUSES[cause] ?? cause.replaceAll("_", " ");
}

export const STATE_NAMES: Record<FindingState, string> = {
  raised: t("needs you"),
  acknowledged: t("somebody is on it"),
  noted: t("noted, no alarm"),
};

/** A unit as a person writes it: m³, not m3. */
export function unitText(unit: string): string {
  return unit.replace("m3", "m³");
}

/** Money in whole units of a currency; with cents where it is little. */
export function money(value: number, currency: string): string {
  const digits = Math.abs(value) < 100 ? 2 : 0;
  return new Intl.NumberFormat(tag(), {
    style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(value);
}

/** "7.56 m³", with "up to" where it does not flow all the time. */
export function quantity(value: number, cost: Pick<Cost, "unit" | "at_most">): string {
  const text = `${much(value)} ${unitText(cost.unit)}`;
  return cost.at_most ? t("up to {{much}}", { much: text }) : text;
}

export interface Wanted {
  kind: string;
  cause: string;
}

/** Of the findings those of a kind of meter and of a cause; "" is any. */
export function wanted(found: readonly WaitingFinding[], by: Wanted): WaitingFinding[] {
  return found.filter((one) => (by.kind === "" || one.kind === by.kind) && (by.cause === "" || one.cause === by.cause));
}

/** What all of them lose in a week: by unit, and in money where each of a unit has a price. */
export function together(found: readonly WaitingFinding[]): { unit: string; week: number; money: number | null }[] {
  const sums = new Map<string, { unit: string; week: number; money: number | null }>();
  for (const { cost } of found) {
    if (!cost) continue;
    const sum = sums.get(cost.unit) ?? { unit: cost.unit, week: 0, money: 0 };
    sum.week += cost.week;
    sum.money = sum.money === null || cost.money === null ? null : sum.money + cost.money;
    sums.set(cost.unit, sum);
  }
  return [...sums.values()];
}

/** The rows with an empty one in each hole of the time, so that no line is drawn across. */
export function broken(time: readonly number[], step: number, columns: readonly Column[]): { time: number[]; columns: Column[] } {
  const holes = new Set(time.flatMap((at, i) => (i > 0 && at - (time[i - 1] ?? at) > 1.5 * step ? [i] : [])));
  if (holes.size === 0) return { time: [...time], columns: [...columns] };
  const spread = <T>(values: readonly T[], hole: (i: number) => T): T[] =>
    values.flatMap((value, i) => (holes.has(i) ? [hole(i), value] : [value]));
  return {
    time: spread(time, (i) => (time[i - 1] ?? 0) + step),
    columns: columns.map((one) => spread<number | null>(one, () => null)),
  };
}

export interface Row {
  time: number;
  measured: number | null;
  low: number | null;
  high: number | null;
  evidence: number | null;
  limit: number | null;
}

const MOST_ROWS = 200;
const DAY = 86400;

/** What the charts show as rows, the newest first: each reading, or the means of days where those are many. */
export function rowsOf(meter: Pick<Meter, "readings" | "curves">, range: Range | null): { daily: boolean; rows: Row[] } {
  const { time, measured, low, high } = meter.readings;
  const curve = meter.curves[0];
  const inside = time.flatMap((at, i) => (!range || (at >= range.from && at <= range.to) ? [i] : []));
  const evidence = (until: number) => {
    const next = curve ? curve.time.findIndex((one) => one > until) : -1;
    return curve ? (next < 0 ? curve.time.length : next) - 1 : -1;
  };
  const row = (at: number, of: readonly number[], until: number): Row => {
    const now = evidence(until);
    return {
      time: at, measured: mean(measured, of), low: mean(low, of), high: mean(high, of),
      evidence: curve?.statistic[now] ?? null, limit: curve?.limit[now] ?? null,
    };
  };
  const step = (time[1] ?? 0) - (time[0] ?? 0);
  const daily = inside.length > MOST_ROWS;
  if (!daily) return { daily, rows: inside.map((i) => row(time[i] ?? 0, [i], (time[i] ?? 0) + step)).reverse() };
  const days = new Map<number, number[]>();
  for (const i of inside) {
    const day = Math.floor((time[i] ?? 0) / DAY);
    days.set(day, [...(days.get(day) ?? []), i]);
  }
  const rows = [...days].map(([, of]) => {
    const [first = 0, last = 0] = [time[of[0] ?? 0], time[of.at(-1) ?? 0]];
    return row(first, of, last + step);
  });
  return { daily, rows: rows.reverse() };
}

function mean(values: Column, of: readonly number[]): number | null {
  const there = of.flatMap((i) => values[i] ?? []);
  return there.length ? there.reduce((sum, one) => sum + one, 0) / there.length : null;
}
