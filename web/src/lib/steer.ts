/** Where a live player should be: near the newest picture, without jumps while that is possible. */

export interface Steering {
  /** Playback rate to use, 1 when all is well. */
  rate: number;
  /** Media time to jump to, or null. */
  seek: number | null;
}

/** Seconds of video kept ahead of the shown picture: below, the picture would stutter. */
export const CUSHION = 0.8;
const RELAXED = 1.4; // above: play a little faster
const TOO_FAR = 6; // above: jump
const THIN = 0.25; // below: play a little slower

/**
 * Decide the rate or a jump from the buffered ranges (ordered [start, end] pairs, seconds on the
 * player's timeline) and the current time. `surge`: seconds of video that come at once beyond the
 * usual (see `Surges`); so much more is kept ahead, or the picture would stand still between two.
 */
export function steer(
  ranges: readonly (readonly [number, number])[],
  current: number,
  surge = 0,
): Steering {
  const last = ranges.at(-1);
  if (!last) return { rate: 1, seek: null };
  const [start, end] = last;
  const target = Math.max(start, end - CUSHION - surge);
  // Before the newest stretch (a gap lies between) or beyond its end (the run began anew): go there.
  const inside = ranges.some(([a, b]) => current >= a - 0.05 && current < b - 0.02);
  if (current < start && (!inside || end - current > TOO_FAR + surge)) return { rate: 1, seek: target };
  if (current > end + 0.5) return { rate: 1, seek: target };
  const ahead = end - current - surge;
  if (ahead > TOO_FAR) return { rate: 1, seek: target };
  if (ahead > RELAXED + 1.5) return { rate: 1.25, seek: null };
  if (ahead > RELAXED) return { rate: 1.08, seek: null };
  if (end - current < THIN) return { rate: 0.92, seek: null };
  return { rate: 1, seek: null };
}

const USUAL_S = 0.5; // seconds of video a fragment holds when pictures are encoded one by one
const MEMORY_MS = 120_000;

/**
 * How much video comes at once. A camera's own GOPs, copied, come whole: several seconds in one
 * fragment, then nothing for as long. Remembered for two minutes, since a camera in front of which
 * people come and go changes between the two.
 */
export class Surges {
  private fragments: { at: number; seconds: number }[] = [];

  /** A fragment of so many seconds has come; `now` in milliseconds of any steady clock. */
  add(now: number, seconds: number): void {
    // A shorter one before it says nothing any more: few are kept.
    this.fragments = this.fragments.filter(
      (known) => now - known.at < MEMORY_MS && known.seconds > seconds,
    );
    this.fragments.push({ at: now, seconds });
  }

  clear(): void {
    this.fragments = [];
  }

  /** Seconds beyond the usual. */
  get seconds(): number {
    return Math.max(0, (this.fragments[0]?.seconds ?? 0) - USUAL_S);
  }
}

/** What to remove so that the buffer stays bounded: [from, to], or null. */
export function surplus(
  ranges: readonly (readonly [number, number])[],
  current: number,
  keep: number,
): [number, number] | null {
  const first = ranges[0];
  if (!first) return null;
  const limit = current - keep;
  // Removing costs the decoder a little: wait until it is worth it.
  return limit - first[0] > keep ? [0, limit] : null;
}

export function pairs(ranges: TimeRanges): [number, number][] {
  return Array.from({ length: ranges.length }, (_, i) => [ranges.start(i), ranges.end(i)]);
}
