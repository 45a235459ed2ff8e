/** Heat maps: hours added up, the scale of colours, amounts in words. Pure, tested. */

import { query, request } from "./api";
import { fixed, t } from "./i18n";

export type What = "presence" | "waiting" | "passing";
export type Kind = "person" | "vehicle";

export interface HeatAsk {
  start: number;
  end: number;
  kind: Kind;
  what: What;
  weekdays: string;
  first_hour?: number;
  last_hour?: number;
}

export interface Heat {
  columns: number;
  rows: number;
  hours: number;
  /** 24 lists of cells, by rows from the top left; an empty one is all zero. */
  by_hour: number[][];
  rest: number[];
  least: number;
  next: number;
  colours: string[];
}

const path = (camera: string) => `/api/cameras/${encodeURIComponent(camera)}/heat`;

export const heatApi = {
  map: (camera: string, ask: HeatAsk) => request<Heat>("GET", path(camera) + query({ ...ask })),
  url: (camera: string, kind: "png" | "csv", ask: HeatAsk) => `${path(camera)}.${kind}${query({ ...ask })}`,
};

/** The cells of the hours from `first` to the one before `end` (0–24) together; what was kept for its
 * day alone is in it only if all hours are. */
export function added(heat: Heat, first: number, end: number): number[] {
  const sums = new Array<number>(heat.columns * heat.rows).fill(0);
  const parts = heat.by_hour.slice(first, end);
  if (first === 0 && end === 24) parts.push(heat.rest);
  for (const part of parts) part.forEach((n, i) => (sums[i] = (sums[i] ?? 0) + n));
  return sums;
}

/** Where the scale ends: a round number of seconds, minutes, hours (or of things) that 19 of 20 cells
 * do not reach. */
export function topOf(values: readonly number[], what: What): number {
  const some = values.filter((n) => n > 0).sort((a, b) => a - b);
  if (some.length === 0) return 1;
  const at = 0.95 * (some.length - 1);
  const [low, high] = [some[Math.floor(at)] ?? 0, some[Math.ceil(at)] ?? 0];
  const most = low + (at - Math.floor(at)) * (high - low);
  if (what !== "passing") {
    const found = [1, 60].flatMap((unit) => [1, 2, 3, 5, 10, 20, 30].map((n) => n * unit)).find((n) => n >= most);
    if (found) return found;
  }
  const unit = what === "passing" ? 1 : 3600;
  const ten = unit * 10 ** Math.max(0, Math.floor(Math.log10(most / unit)));
  return [1, 2, 3, 5, 10].map((n) => n * ten).find((n) => n >= most) ?? most;
}

const LEAST = 0.35; // opacity where hardly anything was …
const MOST = 0.85; // … and where most was

/** RGBA of each cell, for a picture of `columns` × `rows`. */
export function pixels(values: readonly number[], top: number, colours: readonly string[]): Uint8ClampedArray<ArrayBuffer> {
  const made = new Uint8ClampedArray(values.length * 4);
  values.forEach((n, i) => {
    if (n <= 0) return;
    const share = Math.min(1, n / top);
    const colour = colours[Math.round(share * (colours.length - 1))] ?? "#000000";
    for (let part = 0; part < 3; part++) made[4 * i + part] = parseInt(colour.slice(1 + 2 * part, 3 + 2 * part), 16);
    made[4 * i + 3] = Math.round(255 * (LEAST + (MOST - LEAST) * share));
  });
  return made;
}

/** What a cell says: "4 min of all together", "12 passed". */
export function amount(n: number, what: What): string {
  if (what === "passing") return t("{{n}} passed", { n });
  if (n < 120) return t("{{n}} s", { n });
  return n < 7200 ? t("{{n}} min", { n: short(n / 60) }) : t("{{n}} h", { n: short(n / 3600) });
}

function short(n: number): string {
  return n < 10 ? fixed(Number(n.toFixed(1))) : n.toFixed(0);
}

export interface Spot {
  n: number;
  /** Middle of the cell, fractions of the picture. */
  x: number;
  y: number;
}

/** The cell with the most, or null. */
export function most(values: readonly number[], columns: number, rows: number): Spot | null {
  let best = -1;
  values.forEach((n, i) => {
    if (n > 0 && (best < 0 || n > (values[best] ?? 0))) best = i;
  });
  if (best < 0) return null;
  return { n: values[best] ?? 0, x: ((best % columns) + 0.5) / columns, y: (Math.floor(best / columns) + 0.5) / rows };
}

/** Where in the picture that is, in words. */
export function region({ x, y }: Spot): string {
  const column = x < 1 / 3 ? 0 : x < 2 / 3 ? 1 : 2;
  const row = y < 1 / 3 ? 0 : y < 2 / 3 ? 1 : 2;
  return [
    [t("at the top left"), t("at the top"), t("at the top right")],
    [t("at the left"), t("in the middle"), t("at the right")],
    [t("at the bottom left"), t("at the bottom"), t("at the bottom right")],
  ][row]?.[column] ?? "";
}
