/** Recorded stretches on a time axis: what is there, what is missing, where to play on. */

import type { Segment } from "./types";

/** Segments closer than this (seconds) are one recording; anything wider is a gap worth showing. */
export const SEAM = 1.5;

export type Span = [start: number, end: number];

export function endOf(segment: Segment, now: number): number {
  return segment.end ?? now;
}

/** Segments joined into stretches without gaps, in time order. */
export function stretches(segments: readonly Segment[], now: number): Span[] {
  const sorted = [...segments].sort((a, b) => a.start - b.start);
  const out: Span[] = [];
  for (const segment of sorted) {
    const last = out.at(-1);
    const end = endOf(segment, now);
    if (last && segment.start - last[1] <= SEAM) last[1] = Math.max(last[1], end);
    else out.push([segment.start, end]);
  }
  return out;
}

/** What is missing inside [from, to]. */
export function gaps(spans: readonly Span[], from: number, to: number): Span[] {
  const out: Span[] = [];
  let at = from;
  for (const [start, end] of spans) {
    if (end <= from || start >= to) continue;
    if (start > at) out.push([at, start]);
    at = Math.max(at, end);
  }
  if (at < to) out.push([at, to]);
  return out;
}

/** The segment that plays at `time`, or the next one after it; null beyond the last. */
export function segmentAt(segments: readonly Segment[], time: number, now: number): Segment | null {
  let next: Segment | null = null;
  for (const segment of segments) {
    const end = endOf(segment, now);
    if (time >= segment.start && time < end) return segment;
    if (segment.start > time && (!next || segment.start < next.start)) next = segment;
  }
  return next;
}

export interface View {
  from: number;
  to: number;
}

/** Zoom around `pivot` by `factor`, never narrower than `least` nor wider than `most` seconds. */
export function zoom(view: View, pivot: number, factor: number, least = 60, most = 7 * 86400): View {
  const width = view.to - view.from;
  const next = Math.min(most, Math.max(least, width * factor));
  const share = (pivot - view.from) / width;
  return { from: pivot - next * share, to: pivot + next * (1 - share) };
}

/** A view of that width around a moment. */
export function around(time: number, width: number): View {
  return { from: time - width / 2, to: time + width / 2 };
}

/** A view of that width that ends a little after now. */
export function upTo(now: number, width: number): View {
  return { from: now + width / 12 - width, to: now + width / 12 };
}

const STEPS = [
  1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];

/** Round times for the axis, at least `room` pixels apart; `offset` is the zone's seconds from UTC. */
export function ticks(view: View, pixels: number, room = 76, offset = 0): number[] {
  const least = ((view.to - view.from) * room) / Math.max(1, pixels);
  const step = STEPS.find((candidate) => candidate >= least) ?? 86400;
  const out: number[] = [];
  for (let t = Math.ceil((view.from + offset) / step) * step - offset; t <= view.to; t += step) out.push(t);
  return out;
}

/** Seconds a time zone is ahead of UTC at a moment. */
export function zoneOffset(time: number, zone: string): number {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone || undefined,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(time * 1000);
    const get = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    const local = Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"), get("second"));
    return Math.round(local / 1000 - Math.floor(time));
  } catch {
    return 0;
  }
}
