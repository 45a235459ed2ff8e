/** A video element fed by hand: one Media Source, one buffer, one queue of bytes. */

import { t } from "./i18n";
import { pairs } from "./steer";

export interface Piece {
  bytes: ArrayBuffer | Uint8Array<ArrayBuffer>;
  /** Given with an init segment. */
  codec?: string;
  /** Seconds to add to the media time of this piece and the ones after it. */
  offset?: number;
}

type Job = { piece: Piece } | { remove: [number, number] } | { reset: true };

interface WithManaged {
  ManagedMediaSource?: typeof MediaSource;
}

function sourceClass(): typeof MediaSource | undefined {
  const scope = globalThis as unknown as WithManaged & { MediaSource?: typeof MediaSource };
  return scope.MediaSource ?? scope.ManagedMediaSource;
}

export function canPlay(codec: string): boolean {
  return sourceClass()?.isTypeSupported(`video/mp4; codecs="${codec}"`) ?? false;
}

export class Sink {
  private readonly source: MediaSource;
  private readonly url: string;
  private buffer: SourceBuffer | null = null;
  private codec = "";
  private jobs: Job[] = [];
  private idle: (() => void)[] = [];
  private closed = false;

  /** `fail` is told once, in plain words; the sink is of no use after that. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly fail: (why: string) => void,
  ) {
    const Source = sourceClass();
    if (!Source) throw new Error(t("this browser cannot play live video"));
    this.source = new Source();
    this.source.addEventListener("sourceopen", () => this.drain(), { once: true });
    this.url = URL.createObjectURL(this.source);
    video.disableRemotePlayback = true;
    video.src = this.url;
    video.addEventListener("error", this.onVideoError);
  }

  push(piece: Piece): void {
    this.jobs.push({ piece });
    this.drain();
  }

  remove(from: number, to: number): void {
    this.jobs.push({ remove: [from, to] });
    this.drain();
  }

  /** Forget everything that waits and everything buffered. The next piece must be an init. */
  reset(): void {
    this.jobs = [{ reset: true }];
    this.release();
    this.drain();
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    if (this.closed || (this.jobs.length === 0 && !this.buffer?.updating)) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  ranges(): [number, number][] {
    return this.closed || !this.buffer ? [] : pairs(this.video.buffered);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.jobs = [];
    this.release();
    this.video.removeEventListener("error", this.onVideoError);
    this.video.removeAttribute("src");
    this.video.load();
    URL.revokeObjectURL(this.url);
  }

  private readonly onVideoError = (): void => {
    this.broken(this.video.error?.message ?? t("the video could not be decoded"));
  };

  private broken(why: string): void {
    if (this.closed) return;
    this.close();
    this.fail(why);
  }

  private release(): void {
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private drain(): void {
    if (this.closed || this.source.readyState !== "open" || this.buffer?.updating) return;
    const job = this.jobs.shift();
    if (!job) {
      this.release();
      return;
    }
    try {
      if ("piece" in job) this.append(job.piece);
      else if ("remove" in job) this.buffer?.remove(...job.remove);
      else this.forget();
    } catch (error) {
      if (error instanceof DOMException && error.name === "QuotaExceededError" && "piece" in job) {
        this.makeRoom(job);
        return;
      }
      this.broken(error instanceof Error ? error.message : String(error));
      return;
    }
    if (!this.buffer?.updating) this.drain();
  }

  private append(piece: Piece): void {
    if (piece.codec !== undefined) {
      const type = `video/mp4; codecs="${piece.codec}"`;
      if (!this.buffer) {
        this.buffer = this.source.addSourceBuffer(type);
        this.buffer.mode = "segments";
        this.buffer.addEventListener("updateend", () => this.drain());
      } else if (piece.codec !== this.codec) {
        this.buffer.changeType(type);
      }
      this.codec = piece.codec;
    }
    if (!this.buffer) return; // pictures before an init cannot be decoded
    if (piece.offset !== undefined) this.buffer.timestampOffset = piece.offset;
    this.buffer.appendBuffer(piece.bytes);
  }

  private forget(): void {
    if (!this.buffer) return;
    this.buffer.abort();
    this.buffer.remove(0, Infinity);
  }

  /** The browser's buffer is full: drop what was already shown, then try the piece again. */
  private makeRoom(job: Job): void {
    const first = this.ranges()[0];
    const old = this.video.currentTime - 2;
    if (!this.buffer || !first || old <= first[0]) {
      this.broken(t("the browser's video memory is full"));
      return;
    }
    this.jobs.unshift(job);
    this.buffer.remove(0, old);
  }
}
