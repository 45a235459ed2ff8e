/** One typed door to the desk's HTTP API. Every failure becomes an `ApiError` in plain words. */

import type { AlarmReport, Group, Handover, Incident, Queue, Scope, Shelf, Shelves } from "./alarmtypes";
import type { BackTest, Drafts, Kept, Precision } from "./backtest";
import { t } from "./i18n";
import { said } from "./said";
import type {
  Alarm, AuditRow, CountRow, Device, Finding, Fleet, FoundCamera, Hiding, Mode, PublicPage, Report, Segment, Session, Sighting, Site, Status, Stretch,
} from "./types";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

let onExpired: () => void = () => undefined;

/** What to do when the desk says that nobody is logged in any more. */
export function whenSessionExpires(action: () => void): void {
  onExpired = action;
}

const WORDS: Record<number, string> = {
  400: t("The desk did not understand that."),
  403: t("This browser is not allowed to do that here."),
  404: t("That is not there (any more)."),
  409: t("Somebody else changed it at the same moment. Look again."),
  422: t("Something in the form is missing or too short."),
  429: t("Too many tries. Wait a minute, then try again."),
};

async function explain(answer: Response): Promise<string> {
  const type = answer.headers.get("content-type") ?? "";
  if (type.includes("json")) {
    const body = (await answer.json().catch(() => null)) as { error?: unknown; hint?: unknown } | null;
    if (typeof body?.error === "string" && body.error !== "")
      return typeof body.hint === "string" && body.hint !== "" && answer.status !== 422
        ? `${said(body.error)} ${said(body.hint)}`
        : said(body.error);
  }
  return WORDS[answer.status] ?? t("The desk answered with an error ({{status}}).", { status: answer.status });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(t("The desk does not answer. Is Streetlamp running?"), 0);
  }
  if (answer.status === 401 && !path.startsWith("/api/login")) onExpired();
  if (!answer.ok) throw new ApiError(await explain(answer), answer.status);
  return answer;
}

export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = signal ? { method, signal } : { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const answer = await ask(path, init);
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(t("That was no answer of the desk. Does something stand between it and this page?"), answer.status);
  }
}

/** The name in a content-disposition header, or `other`. */
export function fileName(header: string | null, other: string): string {
  const found = /filename="?([^";]+)"?/.exec(header ?? "")?.[1]?.replace(/[\\/]/g, "_").trim();
  return found || other;
}

export function query(fields: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const id = encodeURIComponent;

export const api = {
  queue: (ask: { state?: "open" | "all"; limit?: number; before?: number }) =>
    request<Queue>("GET", `/api/alarms/queue${query(ask)}`),
  groupAlarms: (group: string, offset: number, limit: number) =>
    request<{ alarms: Alarm[] }>("GET", `/api/alarms/groups/${id(group)}/alarms${query({ offset, limit })}`).then(
      (got) => got.alarms,
    ),
  group: (group: string) => request<Group>("GET", `/api/alarms/groups/${id(group)}`),
  answerGroup: (group: string, state: "acknowledged" | "resolved" | "false", note = "") =>
    request<{ group: Group; answered: number }>("POST", `/api/alarms/groups/${id(group)}/answer`, { state, note }),
  shelves: () => request<Shelves>("GET", "/api/alarms/shelves"),
  shelve: (alarm: string, scope: Scope, seconds: number, reason: string) =>
    request<Shelf>("POST", "/api/alarms/shelves", { alarm, scope, seconds, reason }),
  unshelve: (seq: number) => request<unknown>("DELETE", `/api/alarms/shelves/${seq}`),
  finding: (alarm: string) => request<Finding>("GET", `/api/alarms/${id(alarm)}/finding`),
  findingUrl: (alarm: string) => `/api/alarms/${id(alarm)}/finding.svg`,
  incident: (alarm: string) => request<Incident>("GET", `/api/alarms/${id(alarm)}/incident`),
  note: (alarm: string, text: string) => request<Incident>("POST", `/api/alarms/${id(alarm)}/notes`, { text }),
  tick: (alarm: string, step: string, done: boolean) =>
    request<Incident>("POST", `/api/alarms/${id(alarm)}/checklist`, { step, done }),
  handover: (hours: number) => request<Handover>("GET", `/api/alarms/handover${query({ hours })}`),
  leaveNote: (text: string) => request<unknown>("POST", "/api/alarms/handover", { text }),
  alarmReport: (period: string) => request<AlarmReport>("GET", `/api/alarms/report${query({ period })}`),
  session: () => request<Session>("GET", "/api/session"),
  setup: (token: string, name: string, password: string) =>
    request<unknown>("POST", "/api/setup", { token, name, password }),
  login: (name: string, password: string) =>
    request<unknown>("POST", "/api/login", { name, password }),
  logout: () => request<unknown>("POST", "/api/logout"),
  site: () => request<Site>("GET", "/api/site"),
  status: () => request<Status>("GET", "/api/status"),
  alarms: (ask: { state?: string; camera?: string; limit?: number; before?: number }) =>
    request<{ alarms: Alarm[] }>("GET", `/api/alarms${query(ask)}`).then((got) => got.alarms),
  alarm: (alarm: string) => request<Alarm>("GET", `/api/alarms/${id(alarm)}`),
  answer: (alarm: string, verb: "acknowledge" | "resolve" | "false", note = "") =>
    request<Alarm>(
      "POST",
      `/api/alarms/${id(alarm)}/${verb}`,
      verb === "acknowledge" ? undefined : { note },
    ),
  recordings: (camera: string, start: number, end: number) =>
    request<{ segments: Segment[] }>(
      "GET",
      `/api/cameras/${id(camera)}/recordings${query({ start, end })}`,
    ).then((got) => got.segments),
  counts: (ask: { camera: string; start: number; end: number; step: number }) =>
    request<{ rows: CountRow[] }>("GET", `/api/counts${query(ask)}`).then((got) => got.rows),
  chooseMode: (mode: string, hold: boolean) => request<Mode>("PUT", "/api/mode", { mode, hold }),
  audit: (limit: number, action = "") =>
    request<{ entries: AuditRow[] }>("GET", `/api/audit${query({ limit, action })}`).then(
      (got) => got.entries,
    ),
  hiding: () => request<Hiding>("GET", "/api/hiding"),
  judge: (sighting: string, verdict: "leak" | "false") =>
    request<Sighting>("POST", `/api/hiding/sightings/${id(sighting)}`, { verdict }),
  removeSighting: (sighting: string) =>
    request<Sighting>("POST", `/api/hiding/sightings/${id(sighting)}/remove`),
  sightingStillUrl: (sighting: string) => `/api/hiding/sightings/${id(sighting)}/still.jpg`,
  discover: () => request<{ found: FoundCamera[]; refused: string[] }>("POST", "/api/discover/search"),
  lookAt: (ask: { address: string; username: string; password: string; password_env: string }) =>
    request<Device>("POST", "/api/discover/look", ask),
  reboot: (ask: { address: string; username: string; password: string; confirm: string }) =>
    request<{ said: string }>("POST", "/api/discover/reboot", ask),
  fleet: () => request<Fleet>("GET", "/api/fleet"),
  week: (camera: string, start: number) =>
    request<{ stretches: Stretch[] }>("GET", `/api/fleet/cameras/${id(camera)}/week${query({ start })}`).then(
      (got) => got.stretches,
    ),
  acceptView: (camera: string) => request<unknown>("POST", `/api/fleet/cameras/${id(camera)}/view`),
  report: (period: string) => request<Report>("GET", `/api/fleet/report${query({ period })}`),
  reportUrl: (kind: "html" | "csv", period: string) => `/api/fleet/report.${kind}${query({ period })}`,
  backTestKept: (camera: string) => request<Kept>("GET", `/api/cameras/${id(camera)}/backtest`),
  backTest: (
    camera: string,
    ask: { start: number; end: number; compare?: boolean } & Partial<Drafts>,
    stop: AbortSignal,
  ) => request<BackTest>("POST", `/api/cameras/${id(camera)}/backtest`, ask, stop),
  precision: (days: number) =>
    request<{ rules: Precision[] }>("GET", `/api/rules/precision${query({ days })}`).then((got) => got.rules),
  publicPage: () => request<PublicPage>("GET", "/api/public"),
  segmentUrl: (segment: string) => `/api/segments/${id(segment)}`,
  clipUrl: (alarm: string) => `/api/alarms/${id(alarm)}/clip.mp4`,
  alarmStillUrl: (alarm: string) => `/api/alarms/${id(alarm)}/still.jpg`,
  stillUrl: (camera: string) => `/api/cameras/${id(camera)}/still.jpg`,
  exported: async (camera: string, start: number, end: number, stop: AbortSignal) => {
    const answer = await ask(api.exportUrl(camera, start, end), { signal: stop });
    const name = fileName(answer.headers.get("content-disposition"), `${camera}.mp4`);
    try {
      return { file: await answer.blob(), name };
    } catch (error) {
      if (stop.aborted) throw error;
      throw new ApiError(t("The connection broke before the whole file was here. Try again."), 0);
    }
  },
  exportUrl: (camera: string, start: number, end: number) =>
    `/api/cameras/${id(camera)}/export.mp4${query({ start, end })}`,
};

export function socketUrl(path: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${path}`;
}

/** Ends a socket quietly, also one that is still being opened (closing that one makes a warning). */
export function hangUp(socket: WebSocket | null): void {
  if (!socket) return;
  socket.onmessage = socket.onclose = null;
  if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
  else socket.close();
}
