/** Where hundreds of tiles stand: cells of one size in rows, under the headings of their sections. */

import type { Place } from "./tiles";

export interface Section {
  /** "" for none. */
  title: string;
  many: number;
}

export interface Grid {
  /** In the order of the sections. */
  places: Place[];
  /** Where each section's heading stands; null for one without a title. Among stamps it is a cell. */
  heads: (Place | null)[];
  height: number;
  /** Width of a cell, and what stands under its picture. */
  wide: number;
  caption: number;
}

const HEAD = 34; // pixels, with the space below it
const BETWEEN = 14; // pixels above a heading that is not the first
const LEAST = 52; // pixels: a narrower tile shows nothing at all
const NARROW = 110; // up to this width a tile has no caption
const FULL = 210; // from this width it has both lines of words side by side

/** What stands under a picture of this width, borders with it. */
export function captionOf(wide: number): number {
  return wide < NARROW ? 2 : wide < FULL ? 30 : 46;
}

export function gapOf(wide: number): number {
  return wide < NARROW ? 4 : wide < FULL ? 8 : 12;
}

/** Cells about `wide` pixels wide, as many in a row as fit. `ratio` is the pictures' width over height. */
export function grid(sections: readonly Section[], width: number, wide: number, ratio: number): Grid {
  const gap = gapOf(wide);
  const columns = Math.max(1, Math.floor((width + gap) / (Math.min(wide, width) + gap)));
  return inColumns(sections, width, columns, gap, ratio);
}

/** Cells as large as can be for all of them to fit `height`, or the least that can still be seen. */
export function fitted(sections: readonly Section[], width: number, height: number, ratio: number): Grid {
  for (let columns = 1; ; columns++) {
    const guess = (width - (columns - 1) * 4) / columns;
    const made = inColumns(sections, width, columns, gapOf(guess), ratio);
    if (made.height <= height || made.wide <= LEAST) return made;
  }
}

function inColumns(
  sections: readonly Section[],
  width: number,
  columns: number,
  gap: number,
  ratio: number,
): Grid {
  const wide = Math.max(1, Math.floor((width - (columns - 1) * gap) / columns));
  const caption = captionOf(wide);
  const high = Math.round((wide - 2) / ratio) + caption;
  const places: Place[] = [];
  const heads: Grid["heads"] = [];
  let y = 0;
  if (caption < 20) return stamps(sections, columns, wide, high, gap);
  for (const { title, many } of sections) {
    if (title && y > 0) y += BETWEEN;
    heads.push(title ? { x: 0, y, w: width, h: HEAD - 8 } : null);
    if (title) y += HEAD;
    for (let i = 0; i < many; i++)
      places.push({
        x: (i % columns) * (wide + gap),
        y: y + Math.floor(i / columns) * (high + gap),
        w: wide,
        h: high,
      });
    y += Math.ceil(many / columns) * (high + gap);
  }
  return { places, heads, height: Math.max(0, y - gap), wide, caption };
}

/** Tiles too small for captions: one section follows the other, its heading is a cell of its own. */
function stamps(sections: readonly Section[], columns: number, wide: number, high: number, gap: number): Grid {
  let n = 0;
  const next = (): Place => {
    const place = { x: (n % columns) * (wide + gap), y: Math.floor(n / columns) * (high + gap), w: wide, h: high };
    n += 1;
    return place;
  };
  const places: Place[] = [];
  const heads = sections.map(({ title, many }) => {
    const head = title ? next() : null;
    for (let i = 0; i < many; i++) places.push(next());
    return head;
  });
  return { places, heads, height: Math.max(0, Math.ceil(n / columns) * (high + gap) - gap), wide, caption: 2 };
}

/** The tiles that stand between two heights, first to last. */
export function within(places: readonly Place[], top: number, bottom: number): number[] {
  return places.flatMap((place, i) => (place.y < bottom && place.y + place.h > top ? [i] : []));
}

/**
 * Numbers as ranges, first and last, in the order they come. When there are more than `most`, the
 * smallest holes are filled: then they come in order of size.
 */
export function ranges(numbers: readonly number[], most = 200): [number, number][] {
  const found = joined(numbers);
  if (found.length <= most) return found;
  const sorted = joined([...numbers].sort((a, b) => a - b));
  const holes = sorted.slice(1).map((range, i) => range[0] - sorted[i]![1]);
  const widest = [...holes].sort((a, b) => b - a).slice(0, most - 1);
  const least = widest.at(-1) ?? Infinity;
  let spare = widest.filter((hole) => hole === least).length; // holes of that size that may stay
  const out: [number, number][] = [];
  sorted.forEach((range, i) => {
    const hole = i === 0 ? Infinity : holes[i - 1]!;
    const stays = hole > least || (hole === least && spare-- > 0);
    if (i === 0 || stays) out.push([...range]);
    else out.at(-1)![1] = range[1];
  });
  return out;
}

function joined(numbers: readonly number[]): [number, number][] {
  const out: [number, number][] = [];
  for (const number of numbers) {
    const last = out.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else out.push([number, number]);
  }
  return out;
}
