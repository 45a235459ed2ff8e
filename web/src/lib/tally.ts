/** Count rows as columns for a chart and as sums for a table. */

import type { CountRow } from "./types";

export interface Columns {
  times: number[];
  in: number[];
  out: number[];
  present: number[]; // the most that were there at once, for occupancies
}

export interface Pick {
  place: string; // "" for all
  kind: string; // "" for all
}

export function picked(rows: readonly CountRow[], pick: Pick): CountRow[] {
  return rows.filter(
    (row) => (!pick.place || row.place === pick.place) && (!pick.kind || row.kind === pick.kind),
  );
}

/** One value a step over the whole span: steps without a row are 0, not missing. */
export function columns(rows: readonly CountRow[], start: number, end: number, step: number): Columns {
  const first = Math.floor(start / step) * step;
  const n = Math.max(0, Math.ceil((end - first) / step));
  const made: Columns = {
    times: Array.from({ length: n }, (_, i) => first + i * step),
    in: new Array<number>(n).fill(0),
    out: new Array<number>(n).fill(0),
    present: new Array<number>(n).fill(0),
  };
  for (const row of rows) {
    const i = Math.floor((row.minute - first) / step);
    if (i < 0 || i >= n) continue;
    const column = row.direction === "in" ? made.in : row.direction === "out" ? made.out : made.present;
    column[i] = (column[i] ?? 0) + row.n;
  }
  return made;
}

export interface Sum {
  place: string;
  kind: string;
  in: number;
  out: number;
  most: number;
}

/** Totals by place and class, the busiest first. */
export function sums(rows: readonly CountRow[]): Sum[] {
  const by = new Map<string, Sum>();
  for (const row of rows) {
    const key = `${row.place}\n${row.kind}`;
    const sum = by.get(key) ?? { place: row.place, kind: row.kind, in: 0, out: 0, most: 0 };
    if (row.direction === "in") sum.in += row.n;
    else if (row.direction === "out") sum.out += row.n;
    else sum.most = Math.max(sum.most, row.n);
    by.set(key, sum);
  }
  return [...by.values()].sort((a, b) => b.in + b.out - a.in - a.out || b.most - a.most);
}

/** A step (seconds, whole minutes) that gives a chart some 60 to 120 columns. */
export function stepFor(seconds: number): number {
  const steps = [60, 300, 600, 900, 1800, 3600, 7200, 21600, 86400];
  return steps.find((step) => seconds / step <= 120) ?? 86400;
}

/** One place, class and direction in one hour or day, as the desk says it. */
export interface PeriodRow {
  start: number;
  end: number;
  place: string;
  kind: string;
  direction: string;
  n: number;
  /** Of an occupancy: the mean of its minutes' most, and its quietest minute; else null. */
  mean: number | null;
  least: number | null;
}

export interface Usual {
  low: number;
  middle: number;
  high: number;
}

export interface UsualSlot {
  start: number;
  end: number;
  weeks: number;
  passed_in: Usual | null;
  passed_out: Usual | null;
  present: Usual | null;
}

/** Columns that begin at `times`; what lies in none is left out. */
export function periodColumns(rows: readonly PeriodRow[], times: readonly number[]): Columns {
  const place = new Map(times.map((time, i) => [time, i]));
  const zeros = () => new Array<number>(times.length).fill(0);
  const made: Columns = { times: [...times], in: zeros(), out: zeros(), present: zeros() };
  for (const row of rows) {
    const i = place.get(row.start);
    if (i === undefined) continue;
    const column = row.direction === "in" ? made.in : row.direction === "out" ? made.out : made.present;
    column[i] = (column[i] ?? 0) + row.n;
  }
  return made;
}

export interface Line {
  start: number;
  place: string;
  kind: string;
  in: number;
  out: number;
  most: number | null;
  mean: number | null;
  least: number | null;
}

/** The rows of a table: one a time, place and class, the oldest first. */
export function lines(rows: readonly PeriodRow[]): Line[] {
  const by = new Map<string, Line>();
  for (const row of rows) {
    const key = `${row.start}\n${row.place}\n${row.kind}`;
    const line: Line = by.get(key) ?? {
      start: row.start, place: row.place, kind: row.kind, in: 0, out: 0, most: null, mean: null, least: null,
    };
    if (row.direction === "in") line.in += row.n;
    else if (row.direction === "out") line.out += row.n;
    else [line.most, line.mean, line.least] = [row.n, row.mean, row.least];
    by.set(key, line);
  }
  return [...by.values()].sort((a, b) => a.start - b.start || a.place.localeCompare(b.place) || a.kind.localeCompare(b.kind));
}

/** Mean and least of a place and class over all rows that have them; steps without a row are 0. */
export function occupancy(rows: readonly PeriodRow[], steps: number): Map<string, { mean: number; least: number }> {
  const by = new Map<string, { sum: number; least: number; n: number }>();
  for (const row of rows) {
    if (row.mean === null) continue;
    const key = `${row.place}\n${row.kind}`;
    const had = by.get(key) ?? { sum: 0, least: Infinity, n: 0 };
    by.set(key, { sum: had.sum + row.mean, least: Math.min(had.least, row.least ?? 0), n: had.n + 1 });
  }
  return new Map(
    [...by].map(([key, { sum, least, n }]) => [key, { mean: sum / Math.max(steps, n), least: n < steps ? 0 : least }]),
  );
}

/** How much has passed so far, and what is usual by then: of the steps that are over. Null: unknown. */
export function soFar(
  data: Columns, usual: readonly UsualSlot[], now: number,
): { n: number; usual: number; until: number } | null {
  let [n, expected, until] = [0, 0, 0];
  for (const slot of usual) {
    const i = data.times.indexOf(slot.start);
    if (i < 0 || slot.end > now || !slot.passed_in || !slot.passed_out) continue;
    n += (data.in[i] ?? 0) + (data.out[i] ?? 0);
    expected += slot.passed_in.middle + slot.passed_out.middle;
    until = Math.max(until, slot.end);
  }
  return expected > 0 ? { n, usual: expected, until } : null;
}
