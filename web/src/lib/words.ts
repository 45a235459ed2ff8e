/** Values in plain words: times, sizes, camera states, tags. Pure functions, tested. */

import { fixed, tag, t } from "./i18n";
import { said } from "./said";
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
  if (!status) return { tone: "idle", label: t("no news yet"), detail: "" };
  // A message that only repeats the state says nothing.
  const message = status.message === status.state ? "" : said(status.message);
  const detail = [said(status.trouble_words), message].filter(Boolean).join(": ");
  switch (status.state) {
    case "live": {
      const behind = now - status.last_frame;
      if (status.last_frame > 0 && behind > LATE_AFTER)
        return { tone: "warn", label: t("late · last picture {{span}} ago", { span: span(behind) }), detail };
      if (status.whole_hidden)
        return { tone: "warn", label: t("live · all hidden"), detail: said(status.whole_hidden) };
      return { tone: "good", label: t("live"), detail };
    }
    case "connecting":
      return { tone: "idle", label: t("connecting"), detail };
    case "waiting":
      return { tone: "bad", label: t("offline · will try again"), detail };
    case "ended":
      return { tone: "idle", label: t("ended"), detail: detail || t("The clip played to its end.") };
    case "failed":
      return { tone: "bad", label: t("offline · needs attention"), detail };
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
  const size = off < 0.95 ? `${Math.round(off * 1000)} ms` : off < 59.5 ? `${fixed(Number(off.toFixed(1)))} s` : span(off);
  const stands =
    off < 0.0005 ? t("right") : offset > 0 ? t("{{size}} ahead", { size }) : t("{{size}} behind", { size });
  const drift = status?.clock_drift ?? 0;
  const hourly = Math.abs(drift) * 3.6; // ms an hour
  if (hourly < 0.5) return stands;
  const far = hourly < 995 ? `${Math.round(hourly)} ms` : `${fixed(Number((hourly / 1000).toFixed(1)))} s`;
  const back = off >= 0.0005 && drift > 0 !== offset > 0; // towards the right time
  return back
    ? t("{{stands}}, drifts back {{far}} an hour", { stands, far })
    : t("{{stands}}, drifts {{far}} an hour", { stands, far });
}

/** A length of time, short: "8 s", "3 min", "2 h 5 min", "4 days". */
export function span(seconds: number): string {
  const s = Math.max(0, seconds);
  if (s < 59.5) return `${Math.round(s)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.round(hours / 24);
  return t("{{count}} day", { count: days, other: "{{count}} days" });
}

export function ago(time: number, now: number): string {
  const past = now - time;
  if (past < 3) return t("just now");
  const days = Math.round(past / 86400);
  if (past >= 47.9 * 3600) return t("{{count}} day ago", { count: days, other: "{{count}} days ago" });
  return t("{{span}} ago", { span: span(past) });
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${tag()}|${zone}|${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    try {
      made = new Intl.DateTimeFormat(tag(), { ...options, timeZone: zone || undefined });
    } catch {
      made = new Intl.DateTimeFormat(tag(), options); // a zone this browser does not know
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
  return `${value < 10 ? fixed(value, 1) : Math.round(value)} ${units[unit]}`;
}

export const STATE_WORDS: Record<AlarmState, string> = {
  raised: t("needs you"),
  acknowledged: t("somebody is on it"),
  resolved: t("resolved"),
  false: t("false alarm"),
};

/** What was done to an alarm, by the state that it led to. */
export const STEP_WORDS: Record<AlarmState, string> = {
  raised: t("raised"),
  acknowledged: t("acknowledged"),
  resolved: t("resolved"),
  false: t("called false"),
};

/** "a, b or c" in the page's language. */
export function either(parts: readonly string[]): string {
  return new Intl.ListFormat(tag(), { type: "disjunction" }).format(parts);
}

export const SEVERITY_RANK: Record<Severity, number> = { critical: 0, high: 0.5, warning: 1, info: 2 };

export function isOpen(alarm: Alarm): boolean {
  return alarm.state === "raised" || alarm.state === "acknowledged";
}

/** Whether it is a row of the queue: open, in no group, on no shelf. */
export function inQueue(alarm: Alarm): boolean {
  return isOpen(alarm) && !alarm.group && (alarm.shelved ?? null) === null;
}

/** Raised first, then acknowledged, then answered ones; the graver and the newer first. */
export function byUrgency(a: Alarm, b: Alarm): number {
  const rank = (x: Alarm) => (x.state === "raised" ? 0 : x.state === "acknowledged" ? 1 : 2);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 0 && a.severity !== b.severity)
    return SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity];
  return b.raised - a.raised;
}

/** `stopped_vehicle` → "stopped vehicle"; what the desk has a name of its own for, in the page's language. */
export function plain(name: string): string {
  return said(name.replaceAll("_", " "));
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

/** The kind of thing that a track is. */
export function kindWord(kind: string): string {
  return said(kind);
}

/** What stands on a track's tag: "person · upright · blue/black", "car · red · → 0.8 lengths/s". */
export function tagText(track: Track): string {
  const parts = [kindWord(track.kind)];
  if (track.kind === "person") {
    if (known(track.posture)) parts.push(said(track.posture));
    if (known(track.upper) || known(track.lower))
      parts.push(`${known(track.upper) ? said(track.upper) : "–"}/${known(track.lower) ? said(track.lower) : "–"}`);
  } else {
    if (known(track.colour)) parts.push(said(track.colour));
    const speed = relativeSpeed(track);
    if (speed >= 0.1) parts.push(`${arrow(track.direction)} ${t("{{speed}} lengths/s", { speed: fixed(speed, 1) })}`);
    else if (track.age > 2) parts.push(t("still"));
  }
  return parts.join(" · ");
}

/** How many of what is seen now: "3 people, 1 car". */
export function inSight(tracks: readonly Track[]): string {
  const counts = new Map<string, number>();
  for (const track of tracks)
    if (track.seen) counts.set(track.kind, (counts.get(track.kind) ?? 0) + 1);
  return [...counts].map(([kind, n]) => many(kind, n)).join(", ") || t("nothing");
}

const KINDS: Record<string, (count: number) => string> = {
  person: (count) => t("{{count}} person", { count, other: "{{count}} people" }),
  bicycle: (count) => t("{{count}} bicycle", { count, other: "{{count}} bicycles" }),
  car: (count) => t("{{count}} car", { count, other: "{{count}} cars" }),
  motorcycle: (count) => t("{{count}} motorcycle", { count, other: "{{count}} motorcycles" }),
  bus: (count) => t("{{count}} bus", { count, other: "{{count}} buses" }),
  truck: (count) => t("{{count}} truck", { count, other: "{{count}} trucks" }),
  camera: (count) => t("{{count}} camera", { count, other: "{{count}} cameras" }),
  alarm: (count) => t("{{count}} alarm", { count, other: "{{count}} alarms" }),
  rule: (count) => t("{{count}} rule", { count, other: "{{count}} rules" }),
};

/** "3 people", "1 car". */
export function many(kind: string, count: number): string {
  return KINDS[kind]?.(count) ?? `${count} ${kind}${count === 1 ? "" : "s"}`;
}

/** A kind in the form for so many, without the number: "people". */
export function plural(kind: string, n: number): string {
  return many(kind, n).replace(`${n} `, "");
}

export interface NumberRow {
  name: string;
  measured: number | null;
  threshold: number | null;
  margin: number | null;
  unit: string;
}

const UNITS: Record<string, string> = { seconds: "s", s: "s", px: "px", kmh: "km/h", m: "m", m2: t("a m²") };
const NAMES: Record<string, string> = {
  "": t("lasted"),
  now: t("there now"),
  per: t("people"),
  ttc: t("time to collision"),
  pet: t("time between both"),
  most: t("most at once"),
  distance: t("beyond the line"),
  lost: t("cameras lost now"),
  behind: t("cameras behind it"),
};
const THRESHOLD = /(^|_)(min|max|minimum|limit|least|threshold|band)(?=_|$)/;
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
    let row = same.find((one) => one.name === part.name) ?? (part.name === "" ? (same.find((one) => one.name !== "now") ?? same[0]) : undefined);
    if (!row) {
      row = { name: part.name, measured: null, threshold: null, margin: null, unit: part.unit };
      rows.push(row);
    }
    row[part.role] = part.value;
  }
  for (const row of rows) {
    if (row.margin === null && row.measured !== null && row.threshold !== null)
      row.margin = row.measured - row.threshold;
    row.name = NAMES[row.name] ?? said(row.name);
  }
  // What had a threshold decided; it stands first.
  return rows.sort((a, b) => Number(b.threshold !== null) - Number(a.threshold !== null));
}

/** What the threshold would have had to be for the rule to say nothing; null where none decided. */
export function silencer(row: NumberRow): string | null {
  if (row.measured === null || row.threshold === null || row.margin === null || row.margin < 0) return null;
  const values = { value: `${figure(row.measured)}${row.unit ? ` ${row.unit}` : ""}`, name: row.name };
  return row.measured >= row.threshold
    ? t("more than {{value}} ({{name}})", values)
    : t("less than {{value}} ({{name}})", values);
}

/** Whether an alarm is about how cameras do, and not about what they see. */
/** Where an alarm that is about no camera comes from: its rule is named "meters: leak". */
export function roomOf(alarm: { camera: string; rule: string }): "meters" | "stock" | null {
  const room = alarm.camera === "" ? alarm.rule.split(":")[0] : "";
  return room === "meters" || room === "stock" ? room : null;
}

export const ROOM_WORDS = {
  get meters() { return t("Meters"); },
  get stock() { return t("Stock"); },
};

export function aboutCameras(kind: string): boolean {
  return kind === "camera_down" || kind === "tamper" || kind === "degraded";
}

/** A number as a person writes it: three figures that matter. */
export function figure(value: number | null): string {
  if (value === null) return "–";
  if (Number.isInteger(value)) return String(value);
  return fixed(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

/** A share, 0–1, in percent with as many digits as a small one needs. */
export function share(part: number): string {
  return `${fixed(100 * part, part >= 0.1 ? 0 : part >= 0.01 ? 1 : 2)} %`;
}

/** A camera's clock beside ours; `offset` is the seconds by which it is ahead. */
export function clockWords(offset: number): string {
  if (Math.abs(offset) < 2) return t("Its clock is right.");
  const off = { span: span(Math.abs(offset)) };
  return offset > 0 ? t("Its clock is {{span}} fast.", off) : t("Its clock is {{span}} slow.", off);
}
