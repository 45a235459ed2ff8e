/** Plays recorded masked video at any moment: segment after segment, jumping over gaps. */

import { api } from "./api";
import { t } from "./i18n";
import { canPlay, Sink } from "./sink";
import { endOf, segmentAt } from "./spans";
import { surplus } from "./steer";
import type { Segment } from "./types";

export interface RecordedNews {
  playing: boolean;
  /** Why nothing moves, "" when all is well. */
  note: string;
}

const AHEAD_S = 20; // load so far ahead of the shown picture (times the speed)
const KEEP_S = 30;
const HELD_S = 1; // the last pictures before a gap may stay in a decoder that waits for B-frames
const ROOM_S = 3600; // the player's time 0 lies so long before the first moment asked for

export class RecordedPlayer {
  private sink: Sink | null = null;
  private base = Infinity;
  private segments: Segment[] = [];
  private loading: AbortController | null = null;
  private loaded: { segment: Segment; bytes: number } | null = null;
  private wanted: number | null = null; // wall time sought, until it is on the screen
  private speed = 1;
  private wantsPlay = true;
  private failures = 0;
  private stopped = false;
  private seen = -1; // where the player was at the last look
  private starved = false; // it has stood there since, and waits for more
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly now: () => number,
    private readonly news: (news: RecordedNews) => void,
  ) {
    this.watch = setInterval(() => this.tend(), 200);
  }

  /** The list as it is now; an open segment that grew is read on. */
  update(segments: Segment[]): void {
    this.segments = segments;
  }

  /** Wall time of the picture on the screen (or of the one sought). */
  get position(): number | null {
    if (this.wanted !== null) return this.wanted;
    return Number.isFinite(this.base) ? this.base + this.video.currentTime : null;
  }

  get playing(): boolean {
    return this.wantsPlay;
  }

  seek(wall: number): void {
    if (this.stopped) return;
    const segment = segmentAt(this.segments, wall, this.now());
    if (!segment) {
      this.news({ playing: false, note: t("Nothing was recorded at or after that moment.") });
      return;
    }
    const target = Math.max(wall, segment.start + 0.02);
    this.wanted = target;
    if (!this.sink || target < this.base) this.rebuild(target);
    const time = target - this.base;
    const there = this.sink?.ranges().some(([a, b]) => time >= a && time < b - 0.1);
    if (!there) {
      this.loading?.abort();
      this.sink?.reset();
      this.loaded = null;
      void this.load(segment, 0);
    }
    this.video.currentTime = time;
    this.apply("");
  }

  play(): void {
    this.wantsPlay = true;
    this.apply("");
  }

  pause(): void {
    this.wantsPlay = false;
    this.apply("");
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.video.playbackRate = speed;
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.watch);
    this.loading?.abort();
    this.sink?.close();
    this.video.playbackRate = 1;
  }

  private apply(note: string): void {
    this.video.playbackRate = this.speed;
    if (this.wantsPlay) void this.video.play().catch(() => undefined);
    else this.video.pause();
    this.news({ playing: this.wantsPlay, note });
  }

  private rebuild(target: number): void {
    this.loading?.abort();
    this.sink?.close();
    this.loaded = null;
    this.base = target - ROOM_S;
    this.sink = new Sink(this.video, (why) => {
      this.sink = null;
      this.failures += 1;
      if (this.failures <= 3 && !this.stopped) this.seek(this.wanted ?? target);
      else this.news({ playing: false, note: t("This recording cannot be played: {{why}}.", { why }) });
    });
  }

  private async load(segment: Segment, from: number): Promise<void> {
    const sink = this.sink;
    if (!sink) return;
    if (!canPlay(segment.codec)) {
      this.news({ playing: false, note: t("This browser cannot play this kind of video.") });
      return;
    }
    const control = new AbortController();
    this.loading = control;
    const progress = { segment, bytes: from };
    try {
      const answer = await fetch(api.segmentUrl(segment.id), {
        signal: control.signal,
        headers: from > 0 ? { range: `bytes=${from}-` } : {},
      });
      if (!answer.ok || !answer.body) throw new Error(t("the desk answered {{status}}", { status: answer.status }));
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || control.signal.aborted) break;
        sink.push({
          bytes: value as Uint8Array<ArrayBuffer>,
          ...(progress.bytes === 0
            ? { codec: segment.codec, offset: segment.start - segment.media_start - this.base }
            : {}),
        });
        progress.bytes += value.byteLength;
        await sink.settled();
        while (this.ahead() > AHEAD_S * this.speed && !control.signal.aborted)
          await new Promise((resolve) => setTimeout(resolve, 200));
      }
      if (!control.signal.aborted) {
        this.loaded = progress;
        this.failures = 0;
      }
    } catch (error) {
      if (control.signal.aborted) return;
      this.news({
        playing: false,
        note: t("The recording could not be fetched: {{why}}", { why: error instanceof Error ? error.message : "" }),
      });
    } finally {
      if (this.loading === control) this.loading = null;
    }
  }

  private ahead(): number {
    const time = this.video.currentTime;
    const range = this.sink?.ranges().find(([a, b]) => time >= a - 0.1 && time <= b);
    return range ? range[1] - time : 0;
  }

  private tend(): void {
    const sink = this.sink;
    if (!sink || this.stopped) return;
    const ranges = sink.ranges();
    const time = this.video.currentTime;
    if (this.wanted !== null && this.video.readyState >= 2 && !this.video.seeking) this.wanted = null;
    this.starved =
      this.wantsPlay && !this.video.seeking && this.video.readyState < 3 && time === this.seen;
    this.seen = time;
    this.jumpGap(ranges, time);
    if (!this.loading && this.loaded && this.ahead() < AHEAD_S * this.speed) this.readOn(this.loaded);
    const old = surplus(ranges, time, KEEP_S);
    if (old) sink.remove(...old);
    if (this.wantsPlay && this.video.paused && this.video.readyState >= 2)
      void this.video.play().catch(() => undefined);
  }

  /** At the end of a stretch: go on where the next one starts. */
  private jumpGap(ranges: [number, number][], time: number): void {
    if (!this.wantsPlay || this.video.seeking) return;
    const tail = this.starved ? HELD_S : 0.08;
    if (ranges.some(([a, b]) => time >= a - 0.05 && time < b - tail)) return;
    const next = ranges.find(([a]) => a > time);
    if (next) this.video.currentTime = next[0] + 0.02;
  }

  /** After a whole segment: the rest of it if it grew, else the next one. */
  private readOn(loaded: { segment: Segment; bytes: number }): void {
    const now = this.now();
    const known = this.segments.find((segment) => segment.id === loaded.segment.id);
    if (known && loaded.segment.end === null && known.size > loaded.bytes) {
      this.loaded = null;
      void this.load(known, loaded.bytes);
      return;
    }
    if (known?.end === null) return; // still being written: `update` will tell
    const next = segmentAt(
      this.segments.filter((segment) => segment.id !== loaded.segment.id),
      endOf(loaded.segment, now) - 0.01,
      now,
    );
    if (next && next.start >= loaded.segment.start) {
      this.loaded = null;
      void this.load(next, 0);
    } else if (this.ahead() < (this.starved ? HELD_S : 0.2) && this.wantsPlay) {
      this.wantsPlay = false;
      this.apply(t("This is as far as the recording goes."));
    }
  }
}
