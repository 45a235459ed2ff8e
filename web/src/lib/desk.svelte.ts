/** What the whole page knows: who is logged in, the site, how cameras do, which alarms there are. */

import { api, ApiError, hangUp, socketUrl, whenSessionExpires } from "./api";
import { chime } from "./chime";
import { router } from "./router.svelte";
import type { Alarm, CameraStatus, DiskStatus, FleetCamera, Load, Session, Site, SiteCamera } from "./types";
import { byUrgency, isOpen } from "./words";

type News =
  | { type: "hello"; time: number }
  | { type: "alarm"; alarm: Alarm }
  | { type: "status"; status: CameraStatus }
  | { type: "load"; load: Load }
  | { type: "fleet"; cameras: FleetCamera[] };

const SOUND = "streetlamp.sound";
const TOGETHER_MS = 100;
const KEPT = 500; // alarms held in memory; older ones are asked for when needed

class Desk {
  session = $state.raw<Session | null>(null);
  site = $state.raw<Site | null>(null);
  statuses = $state.raw<Readonly<Record<string, CameraStatus>>>({});
  disk = $state.raw<DiskStatus | null>(null);
  load = $state.raw<Load | null>(null);
  /** What the ledger says of each camera; empty where none is kept. */
  fleet = $state.raw<ReadonlyMap<string, FleetCamera>>(new Map());
  known = $state.raw<ReadonlyMap<string, Alarm>>(new Map());
  connected = $state(false);
  /** The desk's clock, once a second; `clock()` is exact. */
  now = $state(Date.now() / 1000);
  sound = $state(localStorage.getItem(SOUND) === "on");
  failure = $state("");
  /** Something to tell the user for a moment. */
  toast = $state("");

  alarms = $derived([...this.known.values()].sort(byUrgency));
  open = $derived(this.alarms.filter(isOpen));
  raised = $derived(this.alarms.filter((alarm) => alarm.state === "raised"));

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

  camera(id: string): SiteCamera | undefined {
    return this.site?.cameras.find((camera) => camera.id === id);
  }

  cameraName(id: string): string {
    return this.camera(id)?.name || id;
  }

  /** Where an alarm is: its camera, and its place. One about several cameras has no camera. */
  where(alarm: Alarm): string {
    const camera = alarm.camera === "" ? "Several cameras" : this.cameraName(alarm.camera);
    return alarm.place ? `${camera} · ${alarm.place}` : camera;
  }

  /** First thing of all: who is here, and what is there to see? */
  async begin(): Promise<void> {
    this.failure = "";
    try {
      this.session = await api.session();
      if (this.session.user) await this.enter();
      else if (!["login", "setup", "public"].includes(router.route.view)) this.toLogin();
      else if (router.route.view === "login" && this.session.setup_needed) this.toLogin();
    } catch (error) {
      this.failure = error instanceof ApiError ? error.message : String(error);
    }
  }

  /** Somebody is logged in: load the site and listen. */
  async enter(): Promise<void> {
    this.session = await api.session();
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
    this.learn(await api.alarms({ state: "open", limit: 200 }));
  }

  /** Take in alarms from anywhere; the newest word about each one counts. */
  learn(alarms: readonly Alarm[]): void {
    const known = new Map(this.known);
    for (const alarm of alarms) {
      const old = known.get(alarm.id);
      if (!old || newer(alarm, old)) known.set(alarm.id, alarm);
    }
    if (known.size > KEPT) {
      const closed = [...known.values()].filter((alarm) => !isOpen(alarm));
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

  setSound(on: boolean): void {
    this.sound = on;
    localStorage.setItem(SOUND, on ? "on" : "off");
    if (on) chime(false);
    this.say(on ? "A soft sound will tell you of new alarms." : "Sound is off.");
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
    this.say("Your session ended. Log in to go on.");
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
    this.fleet = new Map();
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
      case "fleet":
        this.fleet = new Map([...this.fleet, ...news.cameras.map((one) => [one.camera, one] as const)]);
        break;
      case "alarm": {
        const old = this.known.get(news.alarm.id);
        const rings = news.alarm.state === "raised" && old?.state !== "raised";
        this.learn([news.alarm]);
        if (rings && this.sound) chime(news.alarm.severity === "critical");
        break;
      }
    }
  }
}

function newer(a: Alarm, b: Alarm): boolean {
  return a.updated > b.updated || a.steps.length >= b.steps.length;
}

export const desk = new Desk();
