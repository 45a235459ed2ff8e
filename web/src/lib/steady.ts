/** Which tracks are really there: between two looks a track is only carried, and that is no news. */

import type { FrameTags, Track } from "./types";

const HOLD_S = 0.8; // carried for longer than this, a track is shown faded

export class Steady {
  private last = new Map<number, number>(); // id → time it was last seen, POSIX seconds

  /** The frame's tracks with `seen` meaning "seen within the last moment". */
  take(frame: FrameTags): Track[] {
    const next = new Map<number, number>();
    const tracks = frame.tracks.map((track) => {
      const seen = track.seen ? frame.t : this.last.get(track.id);
      if (seen !== undefined) next.set(track.id, seen);
      return { ...track, seen: seen !== undefined && Math.abs(frame.t - seen) <= HOLD_S };
    });
    this.last = next;
    return tracks;
  }
}
