/** What the desk's API says, field by field. Times are POSIX seconds, boxes are pixels. */

export type Point = [number, number];
export type Box = [number, number, number, number];
export type Severity = "info" | "warning" | "high" | "critical";
export type AlarmState = "raised" | "acknowledged" | "resolved" | "false";
export type CameraState = "connecting" | "live" | "waiting" | "ended" | "failed";

export interface Session {
  user: { name: string } | null;
  setup_needed: boolean;
  version: string;
  roles: string[];
  rights: string[];
  all_cameras: boolean;
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
  /** Where it stands, if the site file says so. */
  at?: At | null;
}

/** Fractions of a plan's picture, or degrees on a map; directions are degrees clockwise from up. */
export interface At {
  plan: string;
  x: number | null;
  y: number | null;
  lat: number | null;
  lon: number | null;
  direction: number | null;
  angle: number;
}

export interface Plan {
  id: string;
  name: string;
  /** True: a picture of that size in its own units; false: a map. */
  picture: boolean;
  /** The picture is an SVG. */
  drawing: boolean;
  width: number;
  height: number;
  width_m: number | null;
  style: boolean;
}

export interface Site {
  name: string;
  timezone: string;
  delay_s: number;
  /** The longest stretch one export may hold, where the desk says it. */
  max_export_minutes?: number;
  cameras: SiteCamera[];
  plans?: Plan[];
  /** Whether there are tanks or stores, and they may see them. */
  stores?: boolean;
  /** The same of meters. */
  meters?: boolean;
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
  /** Nothing happens in front of it: only keyframes are decoded. */
  asleep?: boolean;
  /** Why its second stream is not used; empty if it is, or if there is none. */
  second_trouble?: string;
  /** Seconds its own clock is ahead; null: it does not say. */
  clock_offset?: number | null;
  /** Parts in a million its clock runs fast; null: not known yet. */
  clock_drift?: number | null;
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

/** Which mode the site is in; `modes` is empty where it has none. Times are POSIX seconds. */
export interface Mode {
  mode: string;
  modes: string[];
  scheduled: string;
  chosen_by: string;
  since: number | null;
  until: number | null;
  timed: boolean;
}

export interface AlarmStep {
  time: number;
  actor: string;
  state: AlarmState;
  note: string;
}

/** What a meter or a store of goods was found to have. */
export interface Finding {
  room: "meters" | "stock";
  subject: string;
  cause: string;
  start: number;
  detected: number;
  /** null: it goes on, or nobody knows. */
  end: number | null;
  /** In `unit`; null: the cause has none. */
  size: number | null;
  unit: string;
  confidence: number;
  evidence: string;
  /** The id of its meter's page; null: none, or not for this person. */
  meter: string | null;
  has_picture: boolean;
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
  /** Id of the group it is in; empty: it stands alone. */
  group?: string;
  /** Until when it is silent; null: it is not. */
  shelved?: number | null;
  /** How many steps of the escalation were taken. */
  escalated?: number;
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

/** Why a minute was lost; of several the first is the root. */
export type Reason =
  | "streetlamp_down"
  | "unreachable"
  | "login_refused"
  | "no_video"
  | "damaged"
  | "clock_wrong"
  | "black"
  | "overexposed"
  | "covered"
  | "moved"
  | "defocused"
  | "low_contrast"
  | "frozen"
  | "low_rate"
  | "not_analysed"
  | "not_recorded"
  | "not_masked";

/** What one check came to, with the number that decided and what it was held against. */
export interface Judgement {
  check: string;
  time: number;
  reason: Reason | null;
  number: number;
  reference: number;
  unit: string;
  text: string;
}

/** Minutes; every expected one is either kept or lost. */
export interface Sum {
  kept: number;
  lost: number;
  planned: number;
  /** Kept of expected, 0–1; null: none were expected. */
  share: number | null;
}

export interface FleetCamera {
  camera: string;
  state: "well" | "lost" | "planned" | "unknown";
  since: number;
  reasons: Reason[];
  /** The root reason in words. */
  words: string;
  /** One sentence for a person, with the number that decided. */
  text: string;
  /** Why somebody should go there; empty if nobody needs to. */
  visit: string;
  judgements: Judgement[];
  today: Sum;
  week: Sum;
  month: Sum;
}

export interface Fleet {
  time: number;
  cameras: FleetCamera[];
}

/** Minutes of one camera that are alike. */
export interface Stretch {
  start: number;
  end: number;
  state: "kept" | "lost" | "planned";
  reasons: Reason[];
  words: string;
  text: string;
}

export interface ReportRow {
  id: string;
  name: string;
  area: string;
  sum: Sum;
  lost: { reason: Reason; words: string; minutes: number }[];
}

export interface Report {
  site: string;
  period: { name: string; key: string; start: number; end: number; before: string; after: string };
  made: number;
  until: number;
  whole: ReportRow;
  budget: { objective: number; allowed: number; spent: number; left: number; burn_rate: number };
  areas: ReportRow[];
  cameras: ReportRow[];
  days: { date: string; start: number; end: number; sum: Sum }[];
  maintenance: { start: number; end: number; cameras: string[]; why: string }[];
  notes: { time: number; text: string }[];
}
