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
