/** Draws zones, lines and track tags over a picture. Canvas only, no HTML: many boxes stay cheap. */

import { CHIP, spots } from "./chips";
import type { SiteCamera, Track } from "./types";
import { WHOLE, type Zoom } from "./zoom";
import { kindWord, tagText } from "./words";

const KIND_COLOURS: Record<string, string> = {
  person: "#ffc46b",
  bicycle: "#8fe0a6",
  motorcycle: "#8fe0a6",
  car: "#7cc4ff",
  bus: "#c6a8ff",
  truck: "#c6a8ff",
};
const FONT = "600 12px ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif";

export interface Painted {
  context: CanvasRenderingContext2D;
  width: number; // CSS pixels of type of the usual size
  height: number;
  /** From a share of the picture, 0–1, to those. */
  x: (share: number) => number;
  y: (share: number) => number;
}

/** How much larger than usual the page's type is: see `html` in app.css. */
export const grown = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

/** Fit the canvas to its size on the screen (sharp on dense screens) and clear it. It is drawn on as if
 * the type had its usual size: lines and words grow with the page. */
export function prepare(canvas: HTMLCanvasElement, zoom: Zoom = WHOLE): Painted | null {
  const scale = grown();
  const dense = Math.min(3, devicePixelRatio || 1) * scale;
  const width = canvas.clientWidth / scale;
  const height = canvas.clientHeight / scale;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return null;
  const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  return {
    context,
    width,
    height,
    x: (share) => (share - zoom.x) * zoom.scale * width,
    y: (share) => (share - zoom.y) * zoom.scale * height,
  };
}

function chip(p: Painted, text: string, x: number, y: number, ink: string, back: string): void {
  const { context } = p;
  const w = context.measureText(text).width + 12;
  const left = Math.min(Math.max(2, x), Math.max(2, p.width - w - 2));
  const top = Math.min(Math.max(2, y), p.height - 20);
  context.fillStyle = back;
  context.beginPath();
  context.roundRect(left, top, w, CHIP, 5);
  context.fill();
  context.fillStyle = ink;
  context.fillText(text, left + 6, top + 9.5);
}

export function drawPlaces(p: Painted, camera: SiteCamera, alarmed: ReadonlySet<string>): void {
  const { context } = p;
  for (const zone of camera.zones) {
    const hot = alarmed.has(zone.name);
    context.beginPath();
    zone.points.forEach(([x, y], i) =>
      i ? context.lineTo(p.x(x), p.y(y)) : context.moveTo(p.x(x), p.y(y)),
    );
    context.closePath();
    context.fillStyle = hot ? "rgb(255 92 92 / 9%)" : "rgb(120 200 190 / 7%)";
    context.strokeStyle = hot ? "#ff7b72" : "rgb(120 214 200 / 75%)";
    context.lineWidth = 1.5;
    context.setLineDash([6, 4]);
    context.fill();
    context.stroke();
    context.setLineDash([]);
    const top = zone.points.reduce((best, point) => (point[1] < best[1] ? point : best), [0, 2]);
    const xs = zone.points.map(([x]) => p.x(x));
    const ys = zone.points.map(([, y]) => p.y(y));
    // A zone that is out of sight has no name at the edge.
    if (Math.max(...xs) > 0 && Math.min(...xs) < p.width && Math.max(...ys) > 0 && Math.min(...ys) < p.height)
      chip(p, zone.name, p.x(top[0]) - 20, p.y(top[1]) + 6, "#bdeee6", "rgb(10 24 24 / 72%)");
  }
  for (const { name, points } of camera.lines) {
    const [[ax, ay], [bx, by]] = points;
    const [x1, y1, x2, y2] = [p.x(ax), p.y(ay), p.x(bx), p.y(by)];
    const hot = alarmed.has(name);
    context.strokeStyle = hot ? "#ff7b72" : "rgb(255 214 140 / 85%)";
    context.lineWidth = 2.5;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    for (const [x, y] of [[x1, y1], [x2, y2]] as const) {
      context.fillStyle = context.strokeStyle;
      context.beginPath();
      context.arc(x, y, 3.5, 0, 7);
      context.fill();
    }
    const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
    if (mx > 0 && mx < p.width && my > 0 && my < p.height) chip(p, name, mx - 20, my + 8, "#ffe2ae", "rgb(28 20 6 / 72%)");
  }
}

/** `size` is the video's own size: boxes come in its pixels. */
export function drawTracks(p: Painted, tracks: readonly Track[], size: [number, number]): void {
  const { context } = p;
  const spot = ({ box: [x1, y1, x2, y2] }: Track) => {
    const [x, y] = [p.x(x1 / Math.max(1, size[0])), p.y(y1 / Math.max(1, size[1]))];
    return [x, y, p.x(x2 / Math.max(1, size[0])) - x, p.y(y2 / Math.max(1, size[1])) - y] as const;
  };
  const inSight = tracks.filter((track) => {
    const [x, y, w, h] = spot(track);
    return x < p.width && y < p.height && x + w > 0 && y + h > 0;
  });
  for (const track of inSight) {
    const colour = KIND_COLOURS[track.kind] ?? "#d7dbe2";
    const [x, y, w, h] = spot(track);
    context.globalAlpha = track.seen ? 1 : 0.5;
    context.strokeStyle = "rgb(0 0 0 / 55%)";
    context.lineWidth = 4;
    context.setLineDash(track.seen ? [] : [4, 4]);
    corners(context, x, y, w, h);
    context.strokeStyle = colour;
    context.lineWidth = 2;
    corners(context, x, y, w, h);
    context.setLineDash([]);
  }
  context.globalAlpha = 1;
  // Labels last, so that no box crosses a word; the nearest (tallest) things are named first.
  const order = [...inSight].sort((a, b) => b.box[3] - b.box[1] - (a.box[3] - a.box[1]));
  const wide = (text: string) => context.measureText(text).width + 12;
  const placed = spots(
    order.map((track) => {
      const [x, y, , h] = spot(track);
      return { x, y, bottom: y + h, full: wide(tagText(track)), short: wide(kindWord(track.kind)) };
    }),
    p.width,
    p.height,
  );
  order.forEach((track, i) => {
    const place = placed[i];
    if (!place) return;
    context.globalAlpha = track.seen ? 1 : 0.6;
    const ink = KIND_COLOURS[track.kind] ?? "#d7dbe2";
    chip(p, place.short ? kindWord(track.kind) : tagText(track), place.left, place.top, ink, "rgb(9 12 17 / 78%)");
  });
  context.globalAlpha = 1;
}

/** A box shown by its corners: what is inside stays visible. */
function corners(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  const arm = Math.min(14, w / 3, h / 3);
  c.beginPath();
  for (const [cx, cy, dx, dy] of [
    [x, y, 1, 1],
    [x + w, y, -1, 1],
    [x + w, y + h, -1, -1],
    [x, y + h, 1, -1],
  ] as const) {
    c.moveTo(cx + dx * arm, cy);
    c.lineTo(cx, cy);
    c.lineTo(cx, cy + dy * arm);
  }
  c.stroke();
}
