/** What the desk's API says, field by field. Times are POSIX seconds, boxes are pixels. */

export type Point = [number, number];
export type Box = [number, number, number, number];
export type Severity = "info" | "warning" | "critical";
export type AlarmState = "raised" | "acknowledged" | "resolved" | "false";
export type CameraState = "connecting" | "live" | "waiting" | "ended" | "failed";

export interface Session {
  user: { name: string } | null;
  setup_needed: boolean;
  version: string;
}

export interface SiteCamera {
  id: string;
  name: string;
  area: string;
  width: number;
  height: number;
  zones: { name: string; points: Point[] }[];
  lines: { name: string; points: [Point, Point] }[];
  rules: { name: string; kind: string; place: string; severity: Severity }[];
}

export interface Site {
  name: string;
  timezone: string;
  delay_s: number;
  /** The longest stretch one export may hold, where the desk says it. */
  max_export_minutes?: number;
  cameras: SiteCamera[];
}

export interface CameraStatus {
  camera: string;
  state: CameraState;
  since: number;
  message: string;
  width: number;
  height: number;
  fps: number;
  looks_per_second: number;
  hidden_share: number;
  whole_hidden: string;
  recording: boolean;
  last_frame: number;
  restarts: number;
  /** Why it is lost (a name), and the same in words; null and "" while it is not. */
  trouble: string | null;
  trouble_words: string;
}

export interface DiskStatus {
  free_bytes: number;
  used_bytes: number;
  recording: boolean;
  message: string;
}

/** What gives way on an overloaded machine. */
export interface Load {
  /** What somebody should know; empty while all is well. */
  message: string;
  /** False: the detector is away, everything is hidden whole. */
  looking: boolean;
  level: number;
  looks_factor: number;
  clear_share: number;
}

export interface Status {
  time: number;
  cameras: CameraStatus[];
  disk: DiskStatus;
  load: Load;
  alarms_open: number;
}

export interface AlarmStep {
  time: number;
  actor: string;
  state: AlarmState;
  note: string;
}

export interface Alarm {
  id: string;
  camera: string;
  rule: string;
  kind: string;
  place: string;
  severity: Severity;
  message: string;
  raised: number;
  updated: number;
  ended: number | null;
  state: AlarmState;
  events: number;
  frame: number;
  box: Box | null;
  numbers: Record<string, number>;
  steps: AlarmStep[];
  has_clip: boolean;
}

export interface Track {
  id: number;
  kind: string;
  box: Box;
  score: number;
  seen: boolean;
  age: number;
  /** Pixels a second. */
  speed: number;
  /** Degrees, 0 right, 90 down. */
  direction: number;
  posture?: string;
  colour?: string;
  upper?: string;
  lower?: string;
}

export interface FrameTags {
  t: number;
  media_t: number;
  tracks: Track[];
}

export type LiveMessage =
  | { type: "init"; run: string; codec: string; width: number; height: number }
  | {
      type: "fragment";
      run: string;
      start: number;
      end: number;
      media_start: number;
      keyframe: boolean;
      frames: FrameTags[];
    };

export interface Segment {
  id: string;
  start: number;
  end: number | null;
  media_start: number;
  size: number;
  codec: string;
  run: string;
}

export interface CountRow {
  minute: number;
  place: string;
  kind: string;
  direction: string;
  n: number;
}

export interface AuditRow {
  seq: number;
  time: number;
  actor: string;
  action: string;
  object: string;
  detail: string;
}

export interface PublicPage {
  name: string;
  operator: string;
  contact: string;
  cameras: { name: string; area: string; counts: string[]; watches_for: string[] }[];
  recording: boolean;
  kept_days: number;
  also_kept?: string[];
  never: string[];
}

/** A share of footage that shows somebody, 0–1, with its 95 % interval. */
export interface Rate {
  seconds: number;
  looks: number;
  leaking: number;
  low: number;
  best: number;
  high: number;
}

export interface Sighting {
  id: string;
  camera: string;
  time: number;
  size: [number, number];
  box: Box;
  score: number;
  verdict: "open" | "perhaps" | "thing" | "leak" | "false" | "removed";
  judged: number | null;
  judge: string;
}

export interface Hiding {
  cameras: {
    camera: string;
    words: string;
    inspected: number;
    chance: number;
    people: Rate;
    moving: Rate;
    quiet: Rate;
    everything: Rate;
  }[];
  sightings: Sighting[];
}

/** A camera that answered a search. */
export interface FoundCamera {
  address: string;
  name: string;
  hardware: string;
  location: string;
  note: string;
}

/** What a camera says of itself; `snippet` is its piece of site file. */
export interface Device {
  address: string;
  name: string;
  maker: string;
  model: string;
  firmware: string;
  clock_offset: number | null;
  streams: {
    name: string;
    channel: number;
    codec: string;
    width: number;
    height: number;
    fps: number;
    uri: string;
    refused: string;
  }[];
  presets: string[];
  needs_login: string;
  notes: string[];
  snippet: string;
}
