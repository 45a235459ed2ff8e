/** Days, weeks and months at the site, some of them back. Pure, tested. */

import { zoneOffset } from "./spans";
import { addDays, midnight } from "./week";

export type Period = "day" | "week" | "month";

export interface Stretch {
  start: number;
  end: number;
  /** What its columns are. */
  unit: "hour" | "day";
}

/** The day, week (from Monday) or month that is `back` before the one with `now`. */
export function stretch(period: Period, back: number, now: number, zone: string): Stretch {
  const today = midnight(now, zone);
  if (period === "day") {
    const start = addDays(today, -back, zone);
    return { start, end: addDays(start, 1, zone), unit: "hour" };
  }
  if (period === "week") {
    const start = addDays(today, -((local(today, zone).getUTCDay() + 6) % 7) - 7 * back, zone);
    return { start, end: addDays(start, 7, zone), unit: "hour" };
  }
  let start = firstOfMonth(today, zone);
  for (let i = 0; i < back; i++) start = firstOfMonth(addDays(start, -1, zone), zone);
  return { start, end: firstOfMonth(addDays(start, 31, zone), zone), unit: "day" };
}

/** Where its columns begin. */
export function beginnings({ start, end, unit }: Stretch, zone: string): number[] {
  const made: number[] = [];
  for (let at = start; at < end; at = unit === "hour" ? at + 3600 : addDays(at, 1, zone)) made.push(at);
  return made;
}

/** "2026-10-25", of the day at the site that a moment is in. */
export function dateOf(time: number, zone: string): string {
  return local(time, zone).toISOString().slice(0, 10);
}

/** Midnight at the site at the beginning of a day written as above; null if it is none. */
export function midnightOf(date: string, zone: string): number | null {
  const noon = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T12:00:00Z`) / 1000 : NaN;
  return Number.isFinite(noon) ? midnight(noon - zoneOffset(noon, zone), zone) : null;
}

/** A date whose UTC parts are the site's. */
function local(time: number, zone: string): Date {
  return new Date((time + zoneOffset(time, zone)) * 1000);
}

function firstOfMonth(time: number, zone: string): number {
  return addDays(midnight(time, zone), 1 - local(time, zone).getUTCDate(), zone);
}
