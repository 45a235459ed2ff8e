/**
 * A flat picture or map that is moved and zoomed: where its points are on the screen, and which
 * cameras stand too close together to be told apart. Pure functions, tested.
 *
 * A point of the world is in its own units (pixels of a plan's picture, or the unit square of a
 * Mercator map); on the screen it is at `x * k + dx`, `y * k + dy`.
 */

import { fixed, t } from "./i18n";
import type { Box } from "./types";

export interface Plane {
  k: number;
  dx: number;
  dy: number;
}

export interface Extent {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** All of an extent in a box of that size, with a margin around it, in pixels. */
export function fit(extent: Extent, width: number, height: number, margin = 0): Plane {
  const wide = Math.max(extent.x2 - extent.x1, 1e-12);
  const high = Math.max(extent.y2 - extent.y1, 1e-12);
  const room = (size: number) => Math.max(1, size - 2 * margin);
  const k = Math.min(room(width) / wide, room(height) / high);
  return {
    k,
    dx: width / 2 - ((extent.x1 + extent.x2) / 2) * k,
    dy: height / 2 - ((extent.y1 + extent.y2) / 2) * k,
  };
}

/** Zoomed by `factor`, with what is at (px, py) staying there. */
export function zoomAt(plane: Plane, px: number, py: number, factor: number, least: number, most: number): Plane {
  const k = Math.min(most, Math.max(least, plane.k * factor));
  const by = k / plane.k;
  return { k, dx: px - (px - plane.dx) * by, dy: py - (py - plane.dy) * by };
}

export function moved(plane: Plane, x: number, y: number): Plane {
  return { k: plane.k, dx: plane.dx + x, dy: plane.dy + y };
}

/**
 * Moved back so that the extent cannot be lost: half of it, or of the screen, stays in sight; with
 * `cover` (it must be no smaller than the screen then) all of the screen stays filled.
 */
export function held(plane: Plane, extent: Extent, width: number, height: number, cover = false): Plane {
  const hold = (at: number, low: number, high: number, room: number) => {
    const slack = cover ? room : Math.min(room, (high - low) * plane.k) / 2;
    return Math.min(room - low * plane.k - slack, Math.max(at, slack - high * plane.k));
  };
  return {
    k: plane.k,
    dx: hold(plane.dx, extent.x1, extent.x2, width),
    dy: hold(plane.dy, extent.y1, extent.y2, height),
  };
}

/* --- the earth as a plane ----------------------------------------------------------------------- */

const EQUATOR = 40_075_016.686; // metres around, WGS 84

/** Longitude and latitude in degrees to the unit square of Web Mercator (0 0 is its upper left). */
export function mercator(lon: number, lat: number): [x: number, y: number] {
  const sin = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)];
}

export function fromMercator(x: number, y: number): [lon: number, lat: number] {
  return [(x - 0.5) * 360, (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI];
}

/** Metres that one unit of the Mercator square is long at that height of it. */
export function metresPerUnit(y: number): number {
  return EQUATOR / Math.cosh((0.5 - y) * 2 * Math.PI);
}

/** The longest round length that fits into `room` pixels: metres, words, and pixels. */
export function scaleBar(metresPerPixel: number, room: number): { text: string; pixels: number } {
  const most = metresPerPixel * room;
  const ten = 10 ** Math.floor(Math.log10(most));
  const metres = ([5, 2, 1].find((n) => n * ten <= most) ?? 1) * ten;
  const text =
    metres >= 1000 ? `${fixed(metres / 1000)} km` : metres >= 1 ? `${metres} m` : `${Math.round(metres * 100)} cm`;
  return { text, pixels: metres / metresPerPixel };
}

const DEGREES = [
  90, 45, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005,
];

export interface GridLine {
  /** Where on the screen, in pixels. */
  at: number;
  text: string;
}

/** The lines of a grid of latitudes and longitudes that cross a screen of that size. */
export function graticule(plane: Plane, width: number, height: number): { across: GridLine[]; down: GridLine[] } {
  const [west, north] = fromMercator(-plane.dx / plane.k, -plane.dy / plane.k);
  const [east, south] = fromMercator((width - plane.dx) / plane.k, (height - plane.dy) / plane.k);
  const least = ((east - west) / Math.max(1, width)) * 110;
  const step = [...DEGREES].reverse().find((degrees) => degrees >= least) ?? 90;
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const name = (value: number, letters: string) =>
    `${fixed(Math.abs(value), digits)}° ${Math.abs(value) < step / 2 ? "" : (letters[value < 0 ? 1 : 0] ?? "")}`.trim();
  const down: GridLine[] = [];
  for (let i = Math.ceil(Math.max(west, -180) / step); i * step <= Math.min(east, 180); i++)
    down.push({ at: mercator(i * step, 0)[0] * plane.k + plane.dx, text: name(i * step, t("EW")) });
  const across: GridLine[] = [];
  for (let i = Math.ceil(Math.max(south, -85) / step); i * step <= Math.min(north, 85); i++)
    across.push({ at: mercator(0, i * step)[1] * plane.k + plane.dy, text: name(i * step, t("NS")) });
  return { across, down };
}

/* --- cameras on it ------------------------------------------------------------------------------ */

/** What a camera sees, as a path around (0, 0): `direction` clockwise from up, both in degrees. */
export function wedge(direction: number, angle: number, reach: number): string {
  if (angle >= 359) return `M0 ${-reach}A${reach} ${reach} 0 1 1 0 ${reach}A${reach} ${reach} 0 1 1 0 ${-reach}Z`;
  const at = (degrees: number) => {
    const turn = (degrees * Math.PI) / 180;
    return `${(Math.sin(turn) * reach).toFixed(2)} ${(-Math.cos(turn) * reach).toFixed(2)}`;
  };
  const large = angle > 180 ? 1 : 0;
  return `M0 0L${at(direction - angle / 2)}A${reach} ${reach} 0 ${large} 1 ${at(direction + angle / 2)}Z`;
}

export interface Spot {
  id: string;
  x: number;
  y: number;
}

export interface Group {
  ids: string[];
  /** Its middle, in the world's units. */
  x: number;
  y: number;
}

/**
 * Those that stand closer together on the screen than `room` pixels as one group each, at this zoom.
 * The first ones choose first, so give those that matter most first. Takes the time of a few
 * thousand steps for hundreds: only what is in the neighbouring squares is compared.
 */
export function groups(spots: readonly Spot[], k: number, room: number): Group[] {
  const size = room / k;
  const cells = new Map<string, Group[]>();
  const found: Group[] = [];
  for (const spot of spots) {
    const column = Math.floor(spot.x / size);
    const row = Math.floor(spot.y / size);
    let near: Group | undefined;
    let best = size * size;
    for (let i = column - 1; i <= column + 1; i++)
      for (let j = row - 1; j <= row + 1; j++)
        for (const group of cells.get(`${i} ${j}`) ?? []) {
          const distance = (group.x - spot.x) ** 2 + (group.y - spot.y) ** 2;
          if (distance < best) [near, best] = [group, distance];
        }
    if (near) near.ids.push(spot.id);
    else {
      const group = { ids: [spot.id], x: spot.x, y: spot.y };
      found.push(group);
      const key = `${column} ${row}`;
      cells.set(key, [...(cells.get(key) ?? []), group]);
    }
  }
  return found;
}

/** What holds all of these, grown to at least `least` units a side. */
export function around(spots: readonly { x: number; y: number }[], least: number): Extent | null {
  if (spots.length === 0) return null;
  const xs = spots.map((spot) => spot.x);
  const ys = spots.map((spot) => spot.y);
  const grown = (low: number, high: number): [number, number] => {
    const lack = Math.max(0, least - (high - low)) / 2;
    return [low - lack, high + lack];
  };
  const [x1, x2] = grown(Math.min(...xs), Math.max(...xs));
  const [y1, y2] = grown(Math.min(...ys), Math.max(...ys));
  return { x1, y1, x2, y2 };
}

/**
 * Which names can stand below their marks without lying over another name or mark; the first choose
 * first. Marks without a text are only in the way.
 */
export function labelled(marks: readonly { id: string; x: number; y: number; text: string }[], k: number): Set<string> {
  const taken = marks.map(({ x, y }): Box => [x * k - 10, y * k - 10, x * k + 10, y * k + 10]);
  const shown = new Set<string>();
  for (const mark of marks) {
    if (mark.text === "") continue;
    const half = Math.min(150, mark.text.length * 7 + 12) / 2;
    const [x, y] = [mark.x * k, mark.y * k];
    const box: Box = [x - half, y + 11, x + half, y + 30];
    if (taken.some(([a, b, c, d]) => box[0] < c && a < box[2] && box[1] < d && b < box[3])) continue;
    taken.push(box);
    shown.add(mark.id);
  }
  return shown;
}
