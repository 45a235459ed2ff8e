/** A stretch of the recording as one file on the user's disk. */

import { api, ApiError } from "./api";
import { endOf } from "./spans";
import type { Segment } from "./types";

/** Seconds: as the desk's own default, for one that does not say. */
export const LONGEST_S = 2 * 3600;
/** Bytes: larger files are left to the browser's own download, which needs no memory. */
const LARGE = 256 * 2 ** 20;

export interface Stretch {
  camera: string;
  start: number;
  end: number;
  /** About how many bytes it will be. */
  bytes: number;
}

/** About how many bytes of the segments lie in [start, end); 0 when nothing does. */
export function weigh(segments: readonly Segment[], start: number, end: number, now: number): number {
  let sum = 0;
  for (const segment of segments) {
    const length = endOf(segment, now) - segment.start;
    const shared = Math.min(end, endOf(segment, now)) - Math.max(start, segment.start);
    if (shared > 0 && length > 0) sum += Math.max(1, (segment.size * shared) / length);
  }
  return sum;
}

/** Whether the browser should load it by itself: then nobody can say what went wrong. */
export function isLarge(stretch: Stretch): boolean {
  return stretch.bytes > LARGE;
}

/** Load it and hand it to the browser as a file. Throws an `ApiError` in the desk's words. */
export async function save(stretch: Stretch, stop: AbortSignal): Promise<void> {
  const { file, name } = await api.exported(stretch.camera, stretch.start, stretch.end, stop);
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Whether the desk refused because the stretch is too long (and not for another reason). */
export function tooLong(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422;
}
