/** What the whole page knows: who is logged in, the site, how cameras do, which alarms there are. */

import { api, ApiError, hangUp, socketUrl, whenSessionExpires } from "./api";
import { chime } from "./chime";
import { mayOpen, type Right } from "./may";
import type { Route } from "./route";
import { router } from "./router.svelte";
import type { Alarm, CameraStatus, DiskStatus, FleetCamera, Load, Mode, Session, Severity, Site, SiteCamera } from "./types";
import { t } from "./i18n";
import type { Group } from "./alarmtypes";
import { byUrgency, inQueue, ROOM_WORDS, roomOf, SEVERITY_RANK } from "./words";

type News =
  | { type: "hello"; time: number }
  | { type: "alarm"; alarm: Alarm }
  | { type: "group"; group: Group }
  | { type: "status"; status: CameraStatus }
  | { type: "load"; load: Load }
  | { type: "mode"; mode: Mode }
  | { type: "site" }
  | { type: "fleet"; cameras: FleetCamera[] };

const SOUND = "streetlamp.sound";
const TOGETHER_MS = 100;
const KEPT = 500; // alarms held in memory; older ones are asked for when needed

class Desk {
  session = $state.raw<Session | null>(null);
  site = $state.raw<Site | null>(null);
  statuses = $state.raw<Readonly<Record<string, CameraStatus>>>({});
  /** The mode the site is in; null where it has no modes. */
  mode = $state.raw<Mode | null>(null);
  disk = $state.raw<DiskStatus | null>(null);
  load = $state.raw<Load | null>(null);
  /** What the ledger says of each camera; empty where none is kept. */
  fleet = $state.raw<ReadonlyMap<string, FleetCamera>>(new Map());
  known = $state.raw<ReadonlyMap<string, Alarm>>(new Map());
  /** Groups of alarms; their alarms are asked for when somebody opens one. */
  groups = $state.raw<ReadonlyMap<string, Group>>(new Map());
  connected = $state(false);
  /** The desk's clock, once a second; `clock()` is exact. */
  now = $state(Date.now() / 1000);
  sound = $state(localStorage.getItem(SOUND) === "on");
  failure = $state("");
  /** Something to tell the user for a moment. */
  toast = $state("");

  alarms = $derived([...this.known.values()].filter((alarm) => !alarm.group).sort(byUrgency));
  open = $derived(this.alarms.filter(inQueue));
  raised = $derived(this.open.filter((alarm) => alarm.state === "raised"));
  openGroups = $derived([...this.groups.values()].filter((one) => one.raised + one.acknowledged > 0).sort(graver));
  raisedGroups = $derived(this.openGroups.filter((one) => one.raised > 0));
  /** Rows of the queue that nobody has answered. */
  calls = $derived(this.raised.length + this.raisedGroups.length);

  private skew = 0; // the desk's clock minus this browser's, seconds
  private socket: WebSocket | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private tries = 0;
  private fresh: Record<string, CameraStatus> = {};
  private soon: ReturnType<typeof setTimeout> | undefined;
  private quiet: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    setInterval(() => (this.now = this.clock()), 1000);
    whenSessionExpires(() => this.expired());
  }

  clock(): number {
    return Date.now() / 1000 + this.skew;
  }

  get zone(): string {
    return this.site?.timezone ?? "";
  }

  /** Whether whoever is logged in may do this. The desk asks again whatever the page shows. */
  may(right: Right): boolean {
    return this.session?.rights.includes(right) ?? false;
  }

  /** Whether there is anything for them in a view. */
  mayOpen(view: Route["view"]): boolean {
    return mayOpen(this.session?.rights ?? [], view);
  }

  camera(id: string): SiteCamera | undefined {
    return this.site?.cameras.find((camera) => camera.id === id);
  }

  cameraName(id: string): string {
    return this.camera(id)?.name || id;
  }

  /** Where an alarm is: its camera, and its place. One about several cameras has no camera. */
  where(alarm: Alarm): string {
    const room = roomOf(alarm);
    if (room) return `${ROOM_WORDS[room]} · ${alarm.place}`;
    const camera = alarm.camera === "" ? t("Several cameras") : this.cameraName(alarm.camera);
    return alarm.place ? `${camera} · ${alarm.place}` : camera;
  }

  /** First thing of all: who is here, and what is there to see? */
  async begin(): Promise<void> {
    this.failure = "";
    try {
      this.session = await api.session();
      if (this.session.user) await this.enter();
      else if (!["login", "setup", "invite", "public"].includes(router.route.view)) this.toLogin();
      else if (router.route.view === "login" && this.session.setup_needed) this.toLogin();
    } catch (error) {
      this.failure = error instanceof ApiError ? error.message : String(error);
    }
  }

  /** Somebody is logged in: load the site and listen. */
  async enter(): Promise<void> {
    this.session = await api.session();
    if (!this.may("view_site")) return; // without a role there is only one's own account
    this.site = await api.site();
    await this.refresh();
    this.listen();
  }

  async refresh(): Promise<void> {
    const before = Date.now();
    const status = await api.status();
    this.skew = status.time - (before + Date.now()) / 2000;
    this.now = this.clock();
    this.disk = status.disk;
    this.load = status.load;
    this.fresh = {};
    this.statuses = Object.fromEntries(status.cameras.map((camera) => [camera.camera, camera]));
    if (this.may("view_alarms")) await this.lookAtQueue();
  }

  /** Reads the queue anew: what stands in it, and which alarms a group has taken in. */
  private async lookAtQueue(): Promise<void> {
    const queue = await api.queue({ limit: 200 });
    const fresh = new Set(queue.alarms.map((alarm) => alarm.id));
    const known = new Map(this.known);
    for (const [id, alarm] of known) if (inQueue(alarm) && !fresh.has(id)) known.delete(id);
    this.known = known;
    this.groups = new Map([...this.groups, ...queue.groups.map((one) => [one.id, one] as const)]);
    this.learn(queue.alarms);
  }

  /** A group has changed; a new one has taken in alarms that stood alone. */
  learnGroup(group: Group): Group | undefined {
    const old = this.groups.get(group.id);
    this.groups = new Map(this.groups).set(group.id, group);
    return old;
  }

  /** Take in alarms from anywhere; the newest word about each one counts. */
  learn(alarms: readonly Alarm[]): void {
    const known = new Map(this.known);
    for (const alarm of alarms) {
      const old = known.get(alarm.id);
      if (!old || newer(alarm, old)) known.set(alarm.id, alarm);
    }
    if (known.size > KEPT) {
      const closed = [...known.values()].filter((alarm) => !inQueue(alarm));
      closed.sort((a, b) => a.raised - b.raised);
      for (const alarm of closed.slice(0, known.size - KEPT)) known.delete(alarm.id);
    }
    this.known = known;
  }

  async answer(alarm: Alarm, verb: "acknowledge" | "resolve" | "false", note = ""): Promise<void> {
    try {
      this.learn([await api.answer(alarm.id, verb, note)]);
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  async answerGroup(group: Group, state: "acknowledged" | "resolved" | "false", note = ""): Promise<void> {
    try {
      const said = await api.answerGroup(group.id, state, note);
      this.learnGroup(said.group);
      this.say(t("{{count}} alarm answered.", { count: said.answered, other: "{{count}} alarms answered." }));
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  setSound(on: boolean): void {
    this.sound = on;
    localStorage.setItem(SOUND, on ? "on" : "off");
    if (on) chime(false);
    this.say(on ? t("A soft sound will tell you of new alarms.") : t("Sound is off."));
  }

  say(text: string): void {
    this.toast = text;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => (this.toast = ""), 4000);
  }

  async logout(): Promise<void> {
    await api.logout().catch(() => undefined);
    this.leave();
    this.session = this.session && { ...this.session, user: null };
    router.go("/login");
  }

  private expired(): void {
    if (!this.session?.user) return;
    this.leave();
    this.session = { ...this.session, user: null };
    this.say(t("Your session ended. Log in to go on."));
    this.toLogin();
  }

  private toLogin(): void {
    const back = location.pathname + location.search;
    const to = back === "/" || back.startsWith("/login") ? "/login" : `/login?back=${encodeURIComponent(back)}`;
    router.go(to, true);
  }

  private leave(): void {
    clearTimeout(this.again);
    hangUp(this.socket);
    this.socket = null;
    this.connected = false;
    this.known = new Map();
    this.groups = new Map();
    this.fleet = new Map();
    this.site = null;
  }

  private listen(): void {
    hangUp(this.socket);
    clearTimeout(this.again);
    const socket = new WebSocket(socketUrl("/api/live/events"));
    this.socket = socket;
    socket.onmessage = (message: MessageEvent<string>) => this.heard(JSON.parse(message.data) as News);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.connected = false;
      const wait = Math.min(10_000, 500 * 2 ** this.tries++);
      this.again = setTimeout(() => void this.rejoin(), wait);
    };
  }

  private async rejoin(): Promise<void> {
    try {
      const session = await api.session();
      if (!session.user) {
        this.expired();
        return;
      }
      this.session = session;
      if (this.may("view_site")) this.site = await api.site();
      await this.refresh(); // whatever was missed meanwhile
    } catch {
      this.again = setTimeout(() => void this.rejoin(), Math.min(10_000, 500 * 2 ** this.tries++));
      return;
    }
    this.listen();
  }

  /** Statuses come one by one, hundreds a second: the page learns of them together. */
  private takeFresh(): void {
    this.soon = undefined;
    this.statuses = { ...this.statuses, ...this.fresh };
    this.fresh = {};
  }

  private heard(news: News): void {
    switch (news.type) {
      case "hello":
        this.connected = true;
        this.tries = 0;
        break;
      case "status":
        this.fresh[news.status.camera] = news.status;
        this.soon ??= setTimeout(() => this.takeFresh(), TOGETHER_MS);
        break;
      case "load":
        this.load = news.load;
        break;
      case "mode":
        this.mode = news.mode;
        break;
      case "site":
        void api.site().then((site) => (this.site = site), () => undefined);
        break;
      case "fleet":
        this.fleet = new Map([...this.fleet, ...news.cameras.map((one) => [one.camera, one] as const)]);
        break;
      case "alarm": {
        const old = this.known.get(news.alarm.id);
        const waits = (alarm: Alarm | undefined) => !!alarm && inQueue(alarm) && alarm.state === "raised";
        const louder = (news.alarm.escalated ?? 0) > (old?.escalated ?? 0);
        this.learn([news.alarm]);
        if (waits(news.alarm) && (!waits(old) || louder) && this.sound) chime(grave(news.alarm.severity));
        break;
      }
      case "group": {
        const old = this.learnGroup(news.group);
        if (!old) void this.lookAtQueue().catch(() => undefined); // it may have taken in what stood alone
        const louder = news.group.escalated > (old?.escalated ?? 0);
        if (news.group.raised > 0 && (!old?.raised || louder) && this.sound) chime(grave(news.group.worst));
        break;
      }
    }
  }
}

function grave(severity: Severity): boolean {
  return severity === "critical" || severity === "high";
}

function graver(a: Group, b: Group): number {
  return SEVERITY_RANK[a.worst] - SEVERITY_RANK[b.worst] || b.last - a.last;
}

function newer(a: Alarm, b: Alarm): boolean {
  return a.updated > b.updated || a.steps.length >= b.steps.length;
}

export const desk = new Desk();
