/** One camera's live picture: fragments from a WebSocket into a video element, with their tags. */

import { api, hangUp, socketUrl } from "./api";
import { t } from "./i18n";
import { TagRing } from "./ring";
import { canPlay, Sink } from "./sink";
import { steer, Surges, surplus } from "./steer";
import type { FrameTags, LiveMessage } from "./types";

export interface LiveNews {
  mode: "joining" | "video" | "stills" | "broken";
  note: string;
}

const KEEP_S = 20; // seconds of shown video kept in the buffer
const QUIET_S = 12; // no fragment for so long: join again
const STUCK_S = 5; // fragments come but no picture changes: join again
const TRIES = 3; // so many failures in a row: one still a second instead
const STILLS_S = 60; // and after that, video is tried again

export interface LiveHooks {
  news(news: LiveNews): void;
  /** A new picture is on the screen. `wall` is its time (POSIX seconds) or null if not known. */
  shown(frame: FrameTags | null, wall: number | null): void;
  /** Draw a still (fallback). */
  still(picture: ImageBitmap): void;
}

export class LivePlayer {
  private socket: WebSocket | null = null;
  private sink: Sink | null = null;
  private ring = new TagRing();
  private surges = new Surges();
  private expects: LiveMessage | null = null;
  private codec = "";
  private fresh: ArrayBuffer | null = null; // init segment whose first fragment has yet to come
  private base: number | null = null; // wall time at the player's time 0
  private shift = 0; // media time of the run → player's time
  private failures = 0;
  private lastFragment = 0;
  private lastShown = 0;
  private shownTime = -1;
  private again: ReturnType<typeof setTimeout> | undefined;
  private stills: ReturnType<typeof setInterval> | undefined;
  private readonly watch: ReturnType<typeof setInterval>;
  private vfc = 0;
  private stopped = false;

  constructor(
    private readonly camera: string,
    private readonly video: HTMLVideoElement,
    private readonly hooks: LiveHooks,
  ) {
    this.watch = setInterval(() => this.tend(), 500);
    document.addEventListener("visibilitychange", this.onVisible);
    this.nextFrame();
    this.join();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.watch);
    clearTimeout(this.again);
    clearInterval(this.stills);
    document.removeEventListener("visibilitychange", this.onVisible);
    if ("cancelVideoFrameCallback" in this.video) this.video.cancelVideoFrameCallback(this.vfc);
    else cancelAnimationFrame(this.vfc);
    this.leave();
  }

  private join(): void {
    if (this.stopped) return;
    this.leave();
    this.hooks.news({ mode: "joining", note: t("joining the live picture …") });
    try {
      this.sink = new Sink(this.video, (why) => this.failed(why));
    } catch {
      this.showStills(t("this browser cannot play live video"));
      return;
    }
    this.lastFragment = this.lastShown = performance.now();
    const socket = new WebSocket(socketUrl(`/api/live/camera/${encodeURIComponent(this.camera)}`));
    socket.binaryType = "arraybuffer";
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => this.received(message.data);
    socket.onclose = () => {
      if (this.socket === socket) this.failed(t("the connection was lost"));
    };
    this.socket = socket;
  }

  private leave(): void {
    hangUp(this.socket);
    this.socket = null;
    this.sink?.close();
    this.sink = null;
    this.ring.clear();
    this.surges.clear();
    this.expects = this.fresh = null;
    this.base = null;
    this.shownTime = -1;
  }

  private failed(why: string): void {
    if (this.stopped) return;
    this.leave();
    this.failures += 1;
    if (this.failures >= TRIES) {
      this.showStills(why);
      return;
    }
    this.hooks.news({ mode: "broken", note: t("{{why}}; joining again …", { why }) });
    clearTimeout(this.again);
    this.again = setTimeout(() => this.join(), 500 * 2 ** this.failures);
  }

  private received(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      const message = JSON.parse(data) as LiveMessage;
      this.expects = message.type === "init" || message.type === "fragment" ? message : null;
      return;
    }
    const message = this.expects;
    this.expects = null;
    if (!message || !this.sink) return;
    if (message.type === "init") {
      if (!canPlay(message.codec)) {
        this.leave();
        this.showStills(t("this browser cannot play this kind of video"));
        return;
      }
      this.codec = message.codec;
      this.fresh = data;
      return;
    }
    this.fragment(message, data);
  }

  private fragment(message: LiveMessage & { type: "fragment" }, data: ArrayBuffer): void {
    if (!this.sink) return;
    this.lastFragment = performance.now();
    this.surges.add(this.lastFragment, message.end - message.start);
    if (this.fresh) {
      this.base ??= message.start;
      if (message.start < this.base) {
        this.failed(t("the camera's clock went back"));
        return;
      }
      this.shift = message.start - message.media_start - this.base;
      this.sink.push({ bytes: this.fresh, codec: this.codec, offset: this.shift });
      this.fresh = null;
    }
    if (this.base === null) return;
    this.ring.add(message.frames, this.shift);
    this.sink.push({ bytes: data });
    this.steer();
  }

  private steer(): void {
    if (!this.sink) return;
    const ranges = this.sink.ranges();
    const { rate, seek } = steer(ranges, this.video.currentTime, this.surges.seconds);
    if (seek !== null && Math.abs(seek - this.video.currentTime) > 0.05) this.video.currentTime = seek;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
    if (this.video.paused && ranges.length > 0) void this.video.play().catch(() => undefined);
    const old = surplus(ranges, this.video.currentTime, KEEP_S);
    if (old) this.sink.remove(...old);
  }

  private tend(): void {
    if (!this.sink || document.hidden) return;
    this.steer();
    const now = performance.now();
    if (now - this.lastFragment > (QUIET_S + this.surges.seconds) * 1000) this.failed(t("no new pictures arrive"));
    else if (
      this.base !== null &&
      now - this.lastShown > (STUCK_S + this.surges.seconds) * 1000 &&
      now - this.lastFragment < STUCK_S * 1000
    )
      this.failed(t("the picture froze"));
  }

  private readonly onVisible = (): void => {
    // A hidden page shows no pictures: do not take that for a frozen player.
    this.lastShown = this.lastFragment = performance.now();
  };

  private nextFrame(): void {
    if (this.stopped) return;
    if ("requestVideoFrameCallback" in this.video) {
      this.vfc = this.video.requestVideoFrameCallback((_, about) => {
        this.onShown(about.mediaTime);
        this.nextFrame();
      });
    } else {
      this.vfc = requestAnimationFrame(() => {
        const video = this.video as HTMLVideoElement;
        this.onShown(video.currentTime);
        this.nextFrame();
      });
    }
  }

  private onShown(time: number): void {
    if (this.base === null || time === this.shownTime || this.video.readyState < 2) return;
    this.shownTime = time;
    this.lastShown = performance.now();
    this.failures = 0;
    this.hooks.news({ mode: "video", note: "" });
    const frame = this.ring.at(time);
    this.hooks.shown(frame, frame ? frame.t : this.base + time);
  }

  private showStills(why: string): void {
    this.leave();
    const news = { mode: "stills", note: t("one still a second: {{why}}", { why }) } as const;
    this.hooks.news(news);
    clearInterval(this.stills);
    let busy = false;
    const fetchStill = async (): Promise<void> => {
      if (busy || document.hidden) return;
      busy = true;
      try {
        const answer = await fetch(api.stillUrl(this.camera), { cache: "no-store" });
        if (answer.ok && !this.stopped) {
          const picture = await createImageBitmap(await answer.blob());
          this.hooks.still(picture);
          this.hooks.news(news);
        } else if (!answer.ok) {
          this.hooks.news({ mode: "broken", note: t("no picture of this camera right now") });
        }
      } catch {
        this.hooks.news({ mode: "broken", note: t("the desk does not answer") });
      } finally {
        busy = false;
      }
    };
    void fetchStill();
    this.stills = setInterval(() => void fetchStill(), 1000);
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      clearInterval(this.stills);
      this.failures = TRIES - 1; // one more try; if it fails, stills again
      this.join();
    }, STILLS_S * 1000);
  }
}
