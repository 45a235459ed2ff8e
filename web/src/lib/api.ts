/** One typed door to the desk's HTTP API. Every failure becomes an `ApiError` in plain words. */

import type {
  Alarm, AuditRow, CountRow, Device, Fleet, FoundCamera, Hiding, PublicPage, Report, Segment, Session, Sighting, Site, Status, Stretch,
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
  400: "The desk did not understand that.",
  403: "This browser is not allowed to do that here.",
  404: "That is not there (any more).",
  409: "Somebody else changed it at the same moment. Look again.",
  422: "Something in the form is missing or too short.",
  429: "Too many tries. Wait a minute, then try again.",
};

async function explain(answer: Response): Promise<string> {
  const type = answer.headers.get("content-type") ?? "";
  if (type.includes("json")) {
    const body = (await answer.json().catch(() => null)) as { error?: unknown; hint?: unknown } | null;
    if (typeof body?.error === "string" && body.error !== "")
      return typeof body.hint === "string" && body.hint !== "" && answer.status !== 422
        ? `${body.error} ${body.hint}`
        : body.error;
  }
  return WORDS[answer.status] ?? `The desk answered with an error (${answer.status}).`;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The desk does not answer. Is Streetlamp running?", 0);
  }
  if (answer.status === 401 && !path.startsWith("/api/login")) onExpired();
  if (!answer.ok) throw new ApiError(await explain(answer), answer.status);
  return answer;
}

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const answer = await ask(path, init);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/** The name in a content-disposition header, or `other`. */
export function fileName(header: string | null, other: string): string {
  const found = /filename="?([^";]+)"?/.exec(header ?? "")?.[1]?.replace(/[\\/]/g, "_").trim();
  return found || other;
}

function query(fields: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const id = encodeURIComponent;

export const api = {
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
  audit: (limit: number) => 
    request<{ entries: AuditRow[] }>("GET", `/api/audit${query({ limit })}`).then(
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
      throw new ApiError("The connection broke before the whole file was here. Try again.", 0);
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
