/** The tags of recent frames, found by the media time of the picture on the screen. */

import type { FrameTags } from "./types";

export class TagRing {
  private frames: FrameTags[] = []; // ordered by media_t

  constructor(private readonly keep = 90) {}

  /** Add frames; `shift` maps their media time to the player's timeline. */
  add(frames: readonly FrameTags[], shift: number): void {
    for (const frame of frames) {
      const at = frame.media_t + shift;
      const last = this.frames.at(-1);
      if (last && at <= last.media_t) {
        // Sent again after a rejoin, or a run that starts over: the newer answer counts.
        this.frames = this.frames.slice(0, this.after(at - 1e-4));
      }
      this.frames.push({ ...frame, media_t: at });
    }
    const newest = this.frames.at(-1)?.media_t ?? 0;
    const old = this.after(newest - this.keep);
    if (old > 64) this.frames.splice(0, old);
  }

  /** The frame shown at `time`, if one is within `within` seconds; the nearest wins. */
  at(time: number, within = 0.25): FrameTags | null {
    const i = this.after(time);
    const before = this.frames[i - 1];
    const next = this.frames[i];
    const pick =
      before && next ? (time - before.media_t <= next.media_t - time ? before : next) : (before ?? next);
    return pick && Math.abs(pick.media_t - time) <= within ? pick : null;
  }

  clear(): void {
    this.frames = [];
  }

  get size(): number {
    return this.frames.length;
  }

  /** Index of the first frame later than `time`. */
  private after(time: number): number {
    let low = 0;
    let high = this.frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.frames[middle]?.media_t ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
