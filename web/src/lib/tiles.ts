/** Where the wall's tiles stand: every picture in its own shape, together as large as they can be. */

export interface Place {
  x: number;
  y: number;
  /** Of the whole tile, caption and border with it. */
  w: number;
  h: number;
}

export interface Room {
  /** Pixels to fill. Tiles may go on below `height` when they would get too small. */
  width: number;
  height: number;
  gap: number;
  /** What stands under every picture, borders with it. */
  caption: number;
}

const BORDER = 2; // left and right of a picture together
const LEAST = 150; // pixels: a lower picture shows nothing, so the page scrolls instead
const ONE_COLUMN = 620; // up to this width: a phone, one tile over the other
const TWO_COLUMNS = 900;
/** A large first tile is taken only if the others keep this share of the height they would have. */
const FAIR = 0.75;

/** `ratios` (width over height) in the order of the cameras; one place for each. */
export function arrange(ratios: readonly number[], room: Room): Place[] {
  const n = ratios.length;
  if (n === 0 || room.width < 1) return [];
  if (room.width <= ONE_COLUMN) return column(ratios, room);
  const most = room.width <= TWO_COLUMNS ? 2 : n;
  let across = 1;
  let best = 0;
  for (let columns = 1; columns <= Math.min(most, n); columns++) {
    const high = Math.min(byWidth(ratios, columns, room), byHeight(n, columns, room));
    if (high > best) [across, best] = [columns, high];
  }
  const large = first(ratios, room, best);
  if (large) return large;
  if (best < LEAST) {
    // Not all fit the screen: as many beside each other as can still be seen well.
    across = 1;
    for (let columns = 2; columns <= Math.min(most, n); columns++)
      if (byWidth(ratios, columns, room) >= LEAST) across = columns;
    best = Math.min(byWidth(ratios, across, room), Math.max(LEAST, room.height - room.caption));
  }
  return rows(ratios, across, best, room);
}

/** The tile beside `from` in a direction: along the order sideways, the nearest one up or down. */
export function neighbour(places: readonly Place[], from: number, dx: number, dy: number): number {
  const here = places[from];
  if (!here || dy === 0) return Math.min(places.length - 1, Math.max(0, from + dx));
  let found = from;
  let nearest = Infinity;
  places.forEach((place, i) => {
    const down = (place.y + place.h / 2 - here.y - here.h / 2) * dy;
    if (down < 1 || Math.abs(place.y - here.y) < 1) return;
    const aside = Math.abs(place.x + place.w / 2 - here.x - here.w / 2);
    const far = down + aside * 2;
    if (far < nearest) [found, nearest] = [i, far];
  });
  return found;
}

function split(ratios: readonly number[], columns: number): number[][] {
  const out: number[][] = [];
  for (let i = 0; i < ratios.length; i += columns) out.push(ratios.slice(i, i + columns));
  return out;
}

/** Height of the pictures at which the widest row just fits. */
function byWidth(ratios: readonly number[], columns: number, room: Room): number {
  const fits = split(ratios, columns).map(
    (row) =>
      (room.width - (row.length - 1) * room.gap - row.length * BORDER) /
      row.reduce((sum, ratio) => sum + ratio, 0),
  );
  return Math.floor(Math.min(...fits));
}

function byHeight(n: number, columns: number, room: Room): number {
  const lines = Math.ceil(n / columns);
  return Math.floor((room.height - (lines - 1) * room.gap) / lines - room.caption);
}

function column(ratios: readonly number[], room: Room): Place[] {
  let y = 0;
  return ratios.map((ratio) => {
    const h = Math.round((room.width - BORDER) / ratio) + room.caption;
    const place = { x: 0, y, w: room.width, h };
    y += h + room.gap;
    return place;
  });
}

/** Rows of pictures of one height, in the middle; a last row that is not full begins as those above. */
function rows(ratios: readonly number[], columns: number, high: number, room: Room): Place[] {
  const h = high + room.caption;
  let begin = Infinity;
  return split(ratios, columns).flatMap((row, line) => {
    const widths = row.map((ratio) => Math.floor(high * ratio) + BORDER);
    const all = widths.reduce((sum, w) => sum + w, 0) + (row.length - 1) * room.gap;
    const middle = Math.max(0, Math.floor((room.width - all) / 2));
    let x = line > 1 && row.length < columns ? Math.min(begin, middle) : middle;
    begin = Math.min(begin, x);
    return widths.map((w) => {
      const place = { x, y: line * (h + room.gap), w, h };
      x += w + room.gap;
      return place;
    });
  });
}

/** Three pictures fill a screen best as one large and two at its side, if those stay large enough. */
function first(ratios: readonly number[], room: Room, even: number): Place[] | null {
  const [large, ...small] = ratios;
  if (large === undefined || small.length !== 2) return null;
  const wide = Math.max(...small);
  // Heights: large + caption = 2 × (small + caption) + gap. Widths: both columns and a gap fill.
  const extra = room.caption + room.gap;
  const sides = room.width - room.gap - 2 * BORDER;
  let low = Math.floor((sides - large * extra) / (2 * large + wide));
  low = Math.min(low, Math.floor((room.height - 2 * room.caption - room.gap) / 2));
  if (low < even * FAIR || low < LEAST) return null;
  const high = 2 * low + extra;
  const left = Math.floor(high * large) + BORDER;
  const right = Math.floor(low * wide) + BORDER;
  const x = Math.max(0, Math.floor((room.width - left - room.gap - right) / 2));
  const beside = x + left + room.gap;
  return [
    { x, y: 0, w: left, h: high + room.caption },
    ...small.map((ratio, i) => ({
      x: beside,
      y: i * (low + room.caption + room.gap),
      w: Math.floor(low * ratio) + BORDER,
      h: low + room.caption,
    })),
  ];
}
