/** Geometry of what is drawn on a picture: zones, lines, the ground. Pure, tested.
 *
 * Points are fractions of the picture (0–1 from the top left), as in the site file. What is about
 * the screen (how near is near?) takes `scale`: pixels a whole width and a whole height.
 */

import type { Point } from "./types";

export type Scale = readonly [number, number];
/** Three rows of three: from (x, y, 1) to (X·w, Y·w, w). */
export type Matrix = readonly (readonly [number, number, number])[];

const NEAR = 1e-9;

/** Into the picture, and rounded to what the eye can tell (a tenth of a pixel of 1000). */
export function kept([x, y]: Point): Point {
  const within = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [within(x), within(y)];
}

export function apart(a: Point, b: Point, [w, h]: Scale): number {
  return Math.hypot((a[0] - b[0]) * w, (a[1] - b[1]) * h);
}

/* --- what is under a pointer? ------------------------------------------------------------------- */

/** The corner nearest to a point, if it is within so many pixels. */
export function cornerAt(points: readonly Point[], at: Point, within: number, scale: Scale): number | null {
  let best: number | null = null;
  let least = within;
  points.forEach((point, i) => {
    const far = apart(point, at, scale);
    if (far <= least) [best, least] = [i, far];
  });
  return best;
}

/** The edge nearest to a point within so many pixels, as the number of its first corner. */
export function edgeAt(
  points: readonly Point[], at: Point, within: number, scale: Scale, closed: boolean,
): number | null {
  let best: number | null = null;
  let least = within;
  edges(points, closed).forEach(([a, b], i) => {
    const far = apart(footOn(a, b, at, scale), at, scale);
    if (far <= least) [best, least] = [i, far];
  });
  return best;
}

/** The middle of each edge, where a corner can be put in. */
export function middles(points: readonly Point[], closed: boolean): Point[] {
  return edges(points, closed).map(([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
}

function edges(points: readonly Point[], closed: boolean): [Point, Point][] {
  const made: [Point, Point][] = [];
  points.forEach((point, i) => {
    const next = points[i + 1] ?? (closed && points.length > 2 ? points[0] : undefined);
    if (next) made.push([point, next]);
  });
  return made;
}

function footOn(a: Point, b: Point, at: Point, [w, h]: Scale): Point {
  const [ex, ey] = [(b[0] - a[0]) * w, (b[1] - a[1]) * h];
  const long = ex * ex + ey * ey;
  const along = long > 0 ? ((at[0] - a[0]) * w * ex + (at[1] - a[1]) * h * ey) / long : 0;
  const share = Math.min(1, Math.max(0, along));
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

/** Whether a point is in a polygon (even-odd rule). */
export function inside(points: readonly Point[], [x, y]: Point): boolean {
  let odd = false;
  for (const [a, b] of edges(points, true)) {
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) odd = !odd;
  }
  return odd;
}

/* --- changing a shape --------------------------------------------------------------------------- */

export function withCorner(points: readonly Point[], at: number, to: Point): Point[] {
  return points.map((point, i) => (i === at ? kept(to) : point));
}

/** A corner put into the edge that begins at this one. */
export function inserted(points: readonly Point[], edge: number, point: Point): Point[] {
  return [...points.slice(0, edge + 1), kept(point), ...points.slice(edge + 1)];
}

/** Without a corner; null when too few would be left. */
export function without(points: readonly Point[], corner: number, least: number): Point[] | null {
  return points.length <= least ? null : points.filter((_, i) => i !== corner);
}

/** All of it moved, as far as the picture's edges allow. */
export function shifted(points: readonly Point[], by: Point): Point[] {
  const room = (axis: 0 | 1) => {
    const values = points.map((point) => point[axis]);
    return Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by[axis]));
  };
  const [dx, dy] = [room(0), room(1)];
  return points.map(([x, y]) => kept([x + dx, y + dy]));
}

/* --- is it a shape that a camera can use? ------------------------------------------------------- */

function cross(o: Point, a: Point, b: Point): number {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [s1, s2, s3, s4] = [cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)];
  if (s1 * s2 < -NEAR * NEAR && s3 * s4 < -NEAR * NEAR) return true;
  const on = (p: Point, q: Point, r: Point, turn: number) =>
    Math.abs(turn) < NEAR &&
    r[0] >= Math.min(p[0], q[0]) - NEAR && r[0] <= Math.max(p[0], q[0]) + NEAR &&
    r[1] >= Math.min(p[1], q[1]) - NEAR && r[1] <= Math.max(p[1], q[1]) + NEAR;
  return on(a, b, c, s1) || on(a, b, d, s2) || on(c, d, a, s3) || on(c, d, b, s4);
}

/** Two edges of a polygon that cross, by their first corners; null when none do. */
export function crossing(points: readonly Point[]): [number, number] | null {
  const all = edges(points, true);
  for (let i = 0; i < all.length; i++)
    for (let j = i + 2; j < all.length; j++) {
      if (i === 0 && j === all.length - 1) continue; // neighbours share a corner
      const [one, other] = [all[i], all[j]];
      if (one && other && meet(...one, ...other)) return [i, j];
    }
  return null;
}

/** A line's "in" on the screen: a unit vector from its left to its right, seen from its start. */
export function inward([a, b]: readonly [Point, Point], [w, h]: Scale): Point {
  const [ex, ey] = [(b[0] - a[0]) * w, (b[1] - a[1]) * h];
  const long = Math.hypot(ex, ey) || 1;
  return [-ey / long, ex / long];
}

/* --- the ground --------------------------------------------------------------------------------- */

/** The map that takes four points of the picture to four on the ground; null: impossible. */
export function planeOf(corners: readonly Point[], sides: readonly [number, number]): Matrix | null {
  const [a, b] = sides;
  if (corners.length !== 4 || !(a > 0) || !(b > 0)) return null;
  const there: Point[] = [[0, 0], [a, 0], [a, b], [0, b]];
  const rows: number[][] = [];
  corners.forEach(([x, y], i) => {
    const [u, v] = there[i] ?? [0, 0];
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  });
  const found = solve(rows);
  if (!found) return null;
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0] = found;
  const depths = corners.map(([x, y]) => m6 * x + m7 * y + 1);
  const sign = Math.sign(depths[0] ?? 0);
  if (sign === 0 || depths.some((depth) => Math.sign(depth) !== sign)) return null; // some in the sky
  return [[m0 * sign, m1 * sign, m2 * sign], [m3 * sign, m4 * sign, m5 * sign], [m6 * sign, m7 * sign, sign]];
}

/** Solves a square system given as rows with their right side last (Gauss, with pivots). */
function solve(rows: number[][]): number[] | null {
  const n = rows.length;
  const m = rows.map((row) => [...row]);
  for (let c = 0; c < n; c++) {
    let best = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(m[r]?.[c] ?? 0) > Math.abs(m[best]?.[c] ?? 0)) best = r;
    const pivot = m[best];
    const other = m[c];
    if (!pivot || !other || Math.abs(pivot[c] ?? 0) < 1e-12) return null;
    [m[c], m[best]] = [pivot, other];
    for (let r = 0; r < n; r++) {
      const row = m[r];
      if (r === c || !row) continue;
      const factor = (row[c] ?? 0) / (pivot[c] ?? 1);
      for (let k = c; k <= n; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return m.map((row, i) => (row[n] ?? 0) / (row[i] ?? 1));
}

export function inverse(m: Matrix): Matrix | null {
  const [[a, b, c], [d, e, f], [g, h, i]] = m as [Row, Row, Row];
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (!Number.isFinite(1 / det)) return null;
  return [
    [(e * i - f * h) / det, (c * h - b * i) / det, (b * f - c * e) / det],
    [(f * g - d * i) / det, (a * i - c * g) / det, (c * d - a * f) / det],
    [(d * h - e * g) / det, (b * g - a * h) / det, (a * e - b * d) / det],
  ];
}
type Row = readonly [number, number, number];

/** A point taken by a map; null for what lies at the horizon or behind the camera. */
export function mapped(m: Matrix, [x, y]: Point): Point | null {
  const [[a, b, c], [d, e, f], [g, h, i]] = m as [Row, Row, Row];
  const w = g * x + h * y + i;
  return w > NEAR ? [(a * x + b * y + c) / w, (d * x + e * y + f) / w] : null;
}

export interface Grid {
  /** Metres between two lines. */
  step: number;
  /** Each a row of points of the picture. */
  lines: Point[][];
}

const STEPS = [0.5, 1, 2, 5, 10, 20, 50, 100];
const MOST_LINES = 24; // in each direction
const SAMPLES = 48;

/** Lines on the ground, so many metres apart, around these points of the picture. */
export function grid(plane: Matrix, around: readonly Point[]): Grid {
  const back = inverse(plane);
  const here = around.map((point) => mapped(plane, point)).filter((point) => point !== null);
  if (!back || here.length === 0) return { step: 1, lines: [] };
  const spans = ([0, 1] as const).map((axis) => {
    const values = here.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const more = Math.max(1.5 * (high - low), 3);
    return [low - more, high + more] as const;
  });
  const widest = Math.max(...spans.map(([low, high]) => high - low));
  const step = STEPS.find((one) => widest / one <= MOST_LINES) ?? widest / MOST_LINES;
  const lines: Point[][] = [];
  for (const axis of [0, 1] as const) {
    const [low, high] = spans[axis] ?? [0, 0];
    const [from, to] = spans[1 - axis] ?? [0, 0];
    for (let at = Math.ceil(low / step) * step; at <= high; at += step)
      lines.push(...seen(back, (share) => {
        const other = from + share * (to - from);
        return axis === 0 ? [at, other] : [other, at];
      }));
  }
  return { step, lines };
}

/** The stretches of a line on the ground that are in the picture. */
function seen(back: Matrix, at: (share: number) => Point): Point[][] {
  const rows: Point[][] = [];
  let row: Point[] = [];
  for (let i = 0; i <= SAMPLES; i++) {
    const point = mapped(back, at(i / SAMPLES));
    if (point && point.every((value) => value > -0.2 && value < 1.2)) row.push(point);
    else {
      if (row.length > 1) rows.push(row);
      row = [];
    }
  }
  if (row.length > 1) rows.push(row);
  return rows;
}

/* --- taking steps back -------------------------------------------------------------------------- */

const MOST_STEPS = 200;

/** Steps that can be taken back and again. Values are never changed, only replaced. */
export class Steps<T> {
  constructor(
    readonly now: T,
    private readonly past: readonly T[] = [],
    private readonly future: readonly T[] = [],
  ) {}

  get canUndo(): boolean {
    return this.past.length > 0;
  }
  get canRedo(): boolean {
    return this.future.length > 0;
  }
  /** One step further; what was taken back before is gone. */
  to(next: T): Steps<T> {
    return new Steps(next, [...this.past, this.now].slice(-MOST_STEPS));
  }
  /** Shown, but no step of its own: while a corner is dragged. */
  meanwhile(next: T): Steps<T> {
    return new Steps(next, this.past, this.future);
  }
  undo(): Steps<T> {
    const before = this.past.at(-1);
    return before === undefined ? this : new Steps(before, this.past.slice(0, -1), [this.now, ...this.future]);
  }
  redo(): Steps<T> {
    const [next, ...rest] = this.future;
    return next === undefined ? this : new Steps(next, [...this.past, this.now], rest);
  }
}
