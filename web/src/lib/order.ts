/**
 * In which order the tiles of a large wall stand: alarms first, then lost cameras, then the site's
 * order. A tile comes forward at once for an alarm, after a moment for a lost camera, and goes back
 * only when all has been well for a while: tiles do not dance.
 */

import type { Severity } from "./types";
import { SEVERITY_RANK } from "./words";

/** What a camera is to somebody who looks for trouble; the lower, the further in front. */
export const LOST = 3;
export const WELL = 4;

const LOST_FOR_S = 5; // a camera that comes back within this never leaves its place
const CALM_FOR_S = 20; // and one in front stays there so long after its trouble is over

export interface Order {
  /** Cameras in front, by urgency. */
  front: readonly string[];
  /** All others, in the site's order. */
  rest: readonly string[];
}

interface Standing {
  rank: number;
  /** When it came to this rank. */
  since: number;
  /** Since when something else is true of it; null: nothing is. */
  other: number | null;
}

export function rankOf(alarm: { severity: Severity } | undefined, lost: boolean): number {
  return alarm ? SEVERITY_RANK[alarm.severity] : lost ? LOST : WELL;
}

export class Forward {
  private readonly standings = new Map<string, Standing>();
  private order: Order = { front: [], rest: [] };

  /**
   * The order now. `ranks` are the cameras' in the site's order; `held`: nobody may move just now,
   * as somebody is about to press a tile. The same object comes back while nothing has changed.
   */
  take(ranks: ReadonlyMap<string, number>, now: number, held = false): Order {
    for (const [camera, rank] of ranks) this.judge(camera, rank, now);
    for (const camera of this.standings.keys()) if (!ranks.has(camera)) this.standings.delete(camera);
    if (held && same([...ranks.keys()].sort(), [...this.order.front, ...this.order.rest].sort())) return this.order;
    const cameras = [...ranks.keys()];
    const standing = (camera: string) => this.standings.get(camera)!;
    const front = cameras
      .filter((camera) => standing(camera).rank < WELL)
      .sort((a, b) => {
        const [x, y] = [standing(a), standing(b)];
        return x.rank - y.rank || x.since - y.since; // and the site's order: the sort is stable
      });
    const rest = cameras.filter((camera) => standing(camera).rank >= WELL);
    if (!same(front, this.order.front) || !same(rest, this.order.rest)) this.order = { front, rest };
    return this.order;
  }

  private judge(camera: string, rank: number, now: number): void {
    const standing = this.standings.get(camera);
    if (!standing) {
      this.standings.set(camera, { rank, since: now, other: null });
      return;
    }
    if (rank === standing.rank) {
      standing.other = null;
      return;
    }
    standing.other ??= now;
    const waits = rank > standing.rank ? CALM_FOR_S : rank === LOST ? LOST_FOR_S : 0;
    if (now - standing.other >= waits) this.standings.set(camera, { rank, since: now, other: null });
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
