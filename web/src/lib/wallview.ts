/** How somebody wants a large wall shown, and which of its cameras. */

import { t } from "./i18n";
import { fitted, gapOf, grid, type Grid, type Section } from "./grid";
import { arrange } from "./tiles";
import type { Order } from "./order";
import type { SiteCamera } from "./types";

/** How wide tiles are, CSS pixels; "all": so that every one fits the screen. */
export type Size = "all" | number;

export const SIZES: readonly { size: Size; short: string; name: string }[] = [
  { size: "all", short: t("All"), name: t("All on one screen") },
  { size: 112, short: "S", name: t("Small tiles") },
  { size: 176, short: "M", name: t("Medium tiles") },
  { size: 280, short: "L", name: t("Large tiles") },
  { size: 420, short: "XL", name: t("Very large tiles") },
];

/** More cameras than this are shown in cells of one size, with those in trouble first. */
export const MANY = 12;

/** What was chosen before; else all of them, where they can still be seen well. */
export function usualSize(text: string | null, cameras: number, screen: number): Size {
  const found = SIZES.find(({ size }) => String(size) === text);
  return found?.size ?? (cameras <= 60 && screen > 900 ? "all" : 176);
}

/** The size beside this one, larger or smaller. */
export function step(size: Size, by: number): Size {
  const i = SIZES.findIndex((one) => one.size === size);
  return SIZES[Math.min(SIZES.length - 1, Math.max(0, i + by))]!.size;
}

/** Whether a camera is one that is looked for: every word is in its name, area or id. */
export function matches(camera: SiteCamera, query: string): boolean {
  const text = `${camera.name} ${camera.area} ${camera.id}`.toLocaleLowerCase();
  return query.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export interface Group {
  title: string;
  cameras: SiteCamera[];
}

/** The wall's sections: those in front, then the areas in the site's order. */
export function groups(cameras: readonly SiteCamera[], order: Order): Group[] {
  const by = new Map(cameras.map((camera) => [camera.id, camera]));
  const front = order.front.flatMap((id) => by.get(id) ?? []);
  const ahead = new Set(order.front);
  const rest = cameras.filter((camera) => !ahead.has(camera.id));
  const out: Group[] = front.length ? [{ title: t("Look here"), cameras: front }] : [];
  const areas = new Map<string, SiteCamera[]>();
  for (const camera of rest) {
    const area = areas.get(camera.area);
    if (area) area.push(camera);
    else areas.set(camera.area, [camera]);
  }
  if (areas.size === 1 && front.length === 0) return [{ title: "", cameras: rest }];
  for (const [area, members] of areas)
    out.push({ title: area || (areas.size === 1 ? t("All others") : t("Without an area")), cameras: members });
  return out;
}

/** Where everything stands. `ratios` are the pictures' shapes in the order of the groups. */
export function layOut(
  groups: readonly Group[],
  ratios: readonly number[],
  room: { width: number; height: number },
  size: Size,
  many: boolean,
): Grid & { gap: number } {
  if (!many) {
    const gap = room.width < 900 || ratios.length > 6 ? 10 : 16;
    const caption = 46;
    const places = arrange(ratios, { ...room, gap, caption });
    const height = Math.max(0, ...places.map((place) => place.y + place.h));
    const wide = Math.max(0, ...places.map((place) => place.w));
    return { places, heads: groups.map(() => null), height, wide, caption, gap };
  }
  const sections: Section[] = groups.map(({ title, cameras }) => ({ title, many: cameras.length }));
  const shapes = [...ratios].sort((a, b) => a - b);
  const ratio = Math.min(1.9, Math.max(1, shapes[Math.floor(shapes.length / 2)] ?? 16 / 9));
  const made =
    size === "all"
      ? fitted(sections, room.width, room.height, ratio)
      : grid(sections, room.width, size, ratio);
  return { ...made, gap: gapOf(made.wide) };
}

