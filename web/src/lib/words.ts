/** Values in plain words: times, sizes, camera states, tags. Pure functions, tested. */

import type { Alarm, AlarmState, CameraStatus, Severity, Track } from "./types";

/** After this many seconds without a new picture a camera that calls itself live is late. */
export const LATE_AFTER = 5;
/** After this many its last picture is no longer shown as if it were live. */
export const OLD_AFTER = 15;

export interface Words {
  tone: "good" | "warn" | "bad" | "idle";
  label: string;
  detail: string;
}

/** How a camera does, for somebody who looks after it. `now` is the desk's clock. */
export function describeCamera(status: CameraStatus | undefined, now: number): Words {
  if (!status) return { tone: "idle", label: "no news yet", detail: "" };
  // A message that only repeats the state says nothing.
  const message = status.message === status.state ? "" : status.message;
  const detail = [status.trouble_words, message].filter(Boolean).join(": ");
  switch (status.state) {
    case "live": {
      const behind = now - status.last_frame;
      if (status.last_frame > 0 && behind > LATE_AFTER)
        return { tone: "warn", label: `late · last picture ${span(behind)} ago`, detail };
      if (status.whole_hidden)
        return { tone: "warn", label: "live · all hidden", detail: status.whole_hidden };
      return { tone: "good", label: "live", detail };
    }
    case "connecting":
      return { tone: "idle", label: "connecting", detail };
    case "waiting":
      return { tone: "bad", label: "offline · will try again", detail };
    case "ended":
      return { tone: "idle", label: "ended", detail: detail || "The clip played to its end." };
    case "failed":
      return { tone: "bad", label: "offline · needs attention", detail };
  }
}

/** Whether a camera's last picture is not what it sees now, so that nobody takes it for live. */
export function isOld(status: CameraStatus | undefined, now: number): boolean {
  if (!status) return false;
  return status.state !== "live" || (status.last_frame > 0 && now - status.last_frame > OLD_AFTER);
}

/** What a camera's own clock is like, "2.4 s ahead, drifts 20 ms an hour"; "" if it does not say. */
export function ownClock(status: CameraStatus | undefined): string {
  const offset = status?.clock_offset ?? null;
  if (offset === null) return "";
  const off = Math.abs(offset);
  const size = off < 0.95 ? `${Math.round(off * 1000)} ms` : off < 59.5 ? `${Number(off.toFixed(1))} s` : span(off);
  const stands = off < 0.0005 ? "right" : `${size} ${offset > 0 ? "ahead" : "behind"}`;
  const drift = status?.clock_drift ?? 0;
  const hourly = Math.abs(drift) * 3.6; // ms an hour
  if (hourly < 0.5) return stands;
  const far = hourly < 995 ? `${Math.round(hourly)} ms` : `${Number((hourly / 1000).toFixed(1))} s`;
  const back = off >= 0.0005 && drift > 0 !== offset > 0; // towards the right time
  return `${stands}, drifts ${back ? "back " : ""}${far} an hour`;
}

/** A length of time, short: "8 s", "3 min", "2 h 5 min", "4 days". */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 59.5) return `${Math.round(s)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

export function ago(time: number, now: number): string {
  const past = now - time;
  return past < 3 ? "just now" : `${span(past)} ago`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}|${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone || undefined });
    } catch {
      made = new Intl.DateTimeFormat("en-GB", options); // a zone this browser does not know
    }
    formats.set(key, made);
  }
  return made;
}

/** "14:03:27" in the site's time zone. */
export function clock(time: number, zone: string, seconds = true): string {
  return format(zone, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(time * 1000);
}

/** "Mon 3 Nov" in the site's time zone. */
export function day(time: number, zone: string): string {
  return format(zone, { weekday: "short", day: "numeric", month: "short" }).format(time * 1000);
}

/** A clock time, with the day in front when it is not today. */
export function when(time: number, zone: string, now: number, seconds = true): string {
  const same = day(time, zone) === day(now, zone);
  return same ? clock(time, zone, seconds) : `${day(time, zone)}, ${clock(time, zone, seconds)}`;
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let value = n;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const STATE_WORDS: Record<AlarmState, string> = {
  raised: "needs you",
  acknowledged: "somebody is on it",
  resolved: "resolved",
  false: "false alarm",
};

export const SEVERITY_RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

export function isOpen(alarm: Alarm): boolean {
  return alarm.state === "raised" || alarm.state === "acknowledged";
}

/** Raised first, then acknowledged, then answered ones; the graver and the newer first. */
export function byUrgency(a: Alarm, b: Alarm): number {
  const rank = (x: Alarm) => (x.state === "raised" ? 0 : x.state === "acknowledged" ? 1 : 2);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 0 && a.severity !== b.severity)
    return SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity];
  return b.raised - a.raised;
}

/** `stopped_vehicle` → "stopped vehicle". */
export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

const ARROWS = ["→", "↘", "↓", "↙", "←", "↖", "↑", "↗"];

/** An arrow for a direction in degrees: 0 right, 90 down. */
export function arrow(degrees: number): string {
  return ARROWS[((Math.round(degrees / 45) % 8) + 8) % 8] ?? "";
}

/** Speed in the thing's own lengths a second: pixels say nothing to a person. */
export function relativeSpeed(track: Track): number {
  const [x1, y1, x2, y2] = track.box;
  return track.speed / Math.max(1, x2 - x1, y2 - y1);
}

const known = (value: string | undefined): value is string => !!value && value !== "unknown";

/** What stands on a track's tag: "person · upright · blue/black", "car · red · → 0.8 lengths/s". */
export function tagText(track: Track): string {
  const parts = [track.kind];
  if (track.kind === "person") {
    if (known(track.posture)) parts.push(track.posture);
    if (known(track.upper) || known(track.lower))
      parts.push(`${known(track.upper) ? track.upper : "–"}/${known(track.lower) ? track.lower : "–"}`);
  } else {
    if (known(track.colour)) parts.push(track.colour);
    const speed = relativeSpeed(track);
    if (speed >= 0.1) parts.push(`${arrow(track.direction)} ${speed.toFixed(1)} lengths/s`);
    else if (track.age > 2) parts.push("still");
  }
  return parts.join(" · ");
}

/** How many of what is seen now: "3 people, 1 car". */
export function inSight(tracks: readonly Track[]): string {
  const counts = new Map<string, number>();
  for (const track of tracks)
    if (track.seen) counts.set(track.kind, (counts.get(track.kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => `${n} ${plural(kind, n)}`).join(", ") || "nothing";
}

export function plural(kind: string, n: number): string {
  if (n === 1) return kind;
  return kind === "person" ? "people" : kind === "bus" ? "buses" : `${kind}s`;
}

export interface NumberRow {
  name: string;
  measured: number | null;
  threshold: number | null;
  margin: number | null;
  unit: string;
}

const UNITS: Record<string, string> = { seconds: "s", s: "s", px: "px" };
const NAMES: Record<string, string> = {
  "": "lasted",
  now: "there now",
  most: "most at once",
  distance: "beyond the line",
  lost: "cameras lost now",
  behind: "cameras behind it",
};
const THRESHOLD = /(^|_)(min|max|minimum|limit|threshold|band)(?=_|$)/;
const MARGIN = /(^|_)margin(?=_|$)/;

/**
 * Measured values beside their thresholds: `seconds`, `min_seconds` and `margin_seconds` are one
 * row, and so are `distance_px`, `band_px` and `margin_px`.
 */
export function numberRows(numbers: Record<string, number>): NumberRow[] {
  const rows: NumberRow[] = [];
  const parts = Object.entries(numbers).map(([key, value]) => {
    const role = THRESHOLD.test(key) ? "threshold" : MARGIN.test(key) ? "margin" : "measured";
    const words = key.replace(THRESHOLD, "").replace(MARGIN, "").split("_").filter(Boolean);
    const unit = UNITS[words.at(-1) ?? ""] ?? "";
    if (unit) words.pop();
    return { role, name: words.join(" "), unit, value } as const;
  });
  for (const part of parts)
    if (part.role === "measured")
      rows.push({ name: part.name, measured: part.value, threshold: null, margin: null, unit: part.unit });
  for (const part of parts) {
    if (part.role === "measured") continue;
    const same = rows.filter((row) => row.unit === part.unit);
    let row = same.find((one) => one.name === part.name) ?? (part.name === "" ? same[0] : undefined);
    if (!row) {
      row = { name: part.name, measured: null, threshold: null, margin: null, unit: part.unit };
      rows.push(row);
    }
    row[part.role] = part.value;
  }
  for (const row of rows) {
    if (row.margin === null && row.measured !== null && row.threshold !== null)
      row.margin = row.measured - row.threshold;
    row.name = NAMES[row.name] ?? row.name;
  }
  // What had a threshold decided; it stands first.
  return rows.sort((a, b) => Number(b.threshold !== null) - Number(a.threshold !== null));
}

/** Whether an alarm is about how cameras do, and not about what they see. */
export function aboutCameras(kind: string): boolean {
  return kind === "camera_down" || kind === "tamper" || kind === "degraded";
}

/** A number as a person writes it: three figures that matter. */
export function figure(value: number | null): string {
  if (value === null) return "–";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** A share, 0–1, in percent with as many digits as a small one needs. */
export function share(part: number): string {
  return `${(100 * part).toFixed(part >= 0.1 ? 0 : part >= 0.01 ? 1 : 2)} %`;
}

/** A camera's clock beside ours; `offset` is the seconds by which it is ahead. */
export function clockWords(offset: number): string {
  if (Math.abs(offset) < 2) return "Its clock is right.";
  return `Its clock is ${span(Math.abs(offset))} ${offset > 0 ? "fast" : "slow"}.`;
}
