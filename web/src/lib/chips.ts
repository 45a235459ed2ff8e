/** Where labels go so that none covers another: a crowd stays readable. */

export interface Label {
  /** The labelled box, CSS pixels. */
  x: number;
  y: number;
  bottom: number;
  /** Widths of the full and of the short text, padding included. */
  full: number;
  short: number;
}

export interface Spot {
  left: number;
  top: number;
  width: number;
  short: boolean;
}

export const CHIP = 18; // height of a label

/**
 * A spot for each label, or null where there is no room: above the box, below it, or inside it,
 * with the full text if that fits anywhere, else the short one. The first labels choose first.
 */
export function spots(labels: readonly Label[], width: number, height: number): (Spot | null)[] {
  const taken: Spot[] = [];
  const free = (spot: Spot) =>
    taken.every(
      (other) =>
        spot.left >= other.left + other.width + 2 ||
        other.left >= spot.left + spot.width + 2 ||
        Math.abs(spot.top - other.top) >= CHIP + 1,
    );
  return labels.map((label) => {
    for (const short of [false, true]) {
      const wide = short ? label.short : label.full;
      for (const y of [label.y - CHIP - 3, label.bottom + 3, label.y + 3]) {
        const spot = {
          left: Math.min(Math.max(2, label.x - 1), Math.max(2, width - wide - 2)),
          top: Math.min(Math.max(2, y), height - CHIP - 2),
          width: wide,
          short,
        };
        if (free(spot)) {
          taken.push(spot);
          return spot;
        }
      }
    }
    return null;
  });
}
