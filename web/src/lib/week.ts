/** A camera's week as seven rows of a day each, in the site's time zone. Pure, tested. */

import { zoneOffset } from "./spans";
import type { Stretch } from "./types";

export const CELL = 300; // seconds

export type CellState = Stretch["state"] | "none";

export interface Run {
  /** Cells of the row, from the first to the one after the last. */
  from: number;
  to: number;
  state: CellState;
  /** The stretch that it shows, the longest one if there are several; null where nothing is known. */
  stretch: Stretch | null;
}

export interface DayRow {
  start: number;
  end: number;
  cells: number;
  runs: Run[];
}

/** Midnight at the site at the beginning of the day that `time` is in. */
export function midnight(time: number, zone: string): number {
  const offset = zoneOffset(time, zone);
  const guess = Math.floor((time + offset) / 86400) * 86400 - offset;
  // The clocks may have been changed since: then the guess is an hour off.
  return guess + offset - zoneOffset(guess, zone);
}

/** The midnight `days` after this one (before, if negative), whatever the clocks do between. */
export function addDays(start: number, days: number, zone: string): number {
  return midnight(start + days * 86400 + 43200, zone);
}

/** Which counts when several lie in one cell: what somebody should see is not hidden by the rest. */
const RANK: Record<CellState, number> = { lost: 3, planned: 2, kept: 1, none: 0 };

/** The rows from midnight `start` on, seven days; a day on which the clocks change is 23 or 25 h. */
export function rows(stretches: readonly Stretch[], start: number, zone: string, days = 7): DayRow[] {
  const ordered = [...stretches].sort((a, b) => a.start - b.start);
  const made: DayRow[] = [];
  let from = start;
  for (let i = 0; i < days; i++) {
    const end = addDays(from, 1, zone);
    made.push({ start: from, end, ...day(ordered, from, end) });
    from = end;
  }
  return made;
}

function day(stretches: readonly Stretch[], start: number, end: number): { cells: number; runs: Run[] } {
  const cells = Math.round((end - start) / CELL);
  const states = new Array<CellState>(cells).fill("none");
  const shown = new Array<Stretch | null>(cells).fill(null);
  for (const span of stretches) {
    if (span.end <= start || span.start >= end) continue;
    const first = Math.max(0, Math.floor((span.start - start) / CELL));
    const last = Math.min(cells, Math.ceil((span.end - start) / CELL));
    for (let i = first; i < last; i++) {
      const old = shown[i] ?? null;
      const rank = RANK[span.state] - RANK[states[i] ?? "none"];
      const longer = old === null || span.end - span.start > old.end - old.start;
      if (rank > 0 || (rank === 0 && longer)) {
        states[i] = span.state;
        shown[i] = span;
      }
    }
  }
  const runs: Run[] = [];
  for (let i = 0; i < cells; i++) {
    const last = runs.at(-1);
    if (last && last.state === states[i] && (last.stretch === shown[i] || states[i] === "kept")) last.to = i + 1;
    else runs.push({ from: i, to: i + 1, state: states[i] ?? "none", stretch: shown[i] ?? null });
  }
  return { cells, runs };
}

/** The stretch shown at a moment, or null. */
export function runAt(row: DayRow, time: number): Run | null {
  const cell = Math.floor((time - row.start) / CELL);
  return row.runs.find((run) => run.from <= cell && cell < run.to) ?? null;
}

/** What is worth stepping through: every stretch that was not kept, in order, each once. */
export function stretchesOf(stretches: readonly Stretch[]): Stretch[] {
  return stretches.filter((span) => span.state !== "kept").sort((a, b) => a.start - b.start);
}

/** The share of a day's expected minutes that were kept, 0–1; null where none were expected. */
export function summed(stretches: readonly Stretch[], row: { start: number; end: number }): number | null {
  let kept = 0;
  let lost = 0;
  for (const span of stretches) {
    const length = Math.min(span.end, row.end) - Math.max(span.start, row.start);
    if (length <= 0) continue;
    if (span.state === "kept") kept += length;
    else if (span.state === "lost") lost += length;
  }
  return kept + lost > 0 ? kept / (kept + lost) : null;
}
