/** The wall's canvases and the newest picture of every camera on them. Runs in the wall's worker. */

import type { Spot } from "./wallwords";

/** A slice of the wall, CSS pixels; `scale` device pixels each. */
export interface Band {
  canvas: OffscreenCanvas;
  top: number;
  width: number;
  height: number;
  scale: number;
}

interface Drawn extends Band {
  context: OffscreenCanvasRenderingContext2D;
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

const GREY = "hsl(0 0% 50%)";
const EMPTY = "#05070a"; // beside a picture of another shape than its place
const SHADE = "rgb(6 8 11 / 45%)";

/** The largest box of the shape of `w` × `h` in the middle of `spot`. */
export function inside(w: number, h: number, spot: Box): Box {
  const factor = Math.min(spot.w / w, spot.h / h);
  const [wide, high] = [w * factor, h * factor];
  // A picture that all but fills its place fills it: no hairlines.
  const full = spot.w - wide < 2.5 && spot.h - high < 2.5;
  if (full) return { x: spot.x, y: spot.y, w: spot.w, h: spot.h };
  return { x: spot.x + (spot.w - wide) / 2, y: spot.y + (spot.h - high) / 2, w: wide, h: high };
}

export class Board {
  private readonly bands = new Map<number, Drawn>();
  private readonly pictures = new Map<string, OffscreenCanvas>();
  private spots: Record<string, Spot> = {};
  private old = new Set<string>();

  add(key: number, band: Band): void {
    const { canvas, top, width, height, scale } = band;
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { alpha: true });
    if (!context) return;
    const drawn = { canvas, top, width, height, scale, context };
    this.bands.set(key, drawn);
    for (const camera of this.pictures.keys()) this.draw(camera, drawn);
  }

  drop(key: number): void {
    this.bands.delete(key);
  }

  /** The tiles stand elsewhere, or are larger. */
  arrange(spots: Record<string, Spot>): void {
    this.spots = spots;
    for (const band of this.bands.values()) {
      band.context.setTransform(1, 0, 0, 1, 0, 0);
      band.context.clearRect(0, 0, band.canvas.width, band.canvas.height);
      for (const camera of this.pictures.keys()) this.draw(camera, band);
    }
  }

  /** A camera's newest picture: a part of a sheet. It is copied. */
  take(camera: string, sheet: ImageBitmap, part: Box): void {
    let picture = this.pictures.get(camera);
    if (!picture || picture.width !== part.w || picture.height !== part.h) {
      picture = new OffscreenCanvas(part.w, part.h);
      this.pictures.set(camera, picture);
    }
    const context = picture.getContext("2d", { alpha: false, willReadFrequently: true });
    context?.drawImage(sheet, part.x, part.y, part.w, part.h, 0, 0, part.w, part.h);
    this.redraw(camera);
  }

  /** Those whose picture is not what they see now are grey and dark. */
  fade(cameras: readonly string[]): void {
    const before = this.old;
    this.old = new Set(cameras);
    for (const camera of cameras) if (!before.has(camera)) this.redraw(camera);
    for (const camera of before) if (!this.old.has(camera)) this.redraw(camera);
  }

  /** Only these are in sight: the others' pictures are let go. */
  keep(cameras: readonly string[]): void {
    const kept = new Set(cameras);
    for (const camera of this.pictures.keys()) if (!kept.has(camera)) this.pictures.delete(camera);
  }

  private redraw(camera: string): void {
    for (const band of this.bands.values()) this.draw(camera, band);
  }

  private draw(camera: string, band: Drawn): void {
    const spot = this.spots[camera];
    const picture = this.pictures.get(camera);
    if (!spot || !picture || spot.y >= band.top + band.height || spot.y + spot.h <= band.top) return;
    const { context, scale } = band;
    const { x, y, w, h } = inside(picture.width, picture.height, spot);
    context.setTransform(scale, 0, 0, scale, 0, -band.top * scale);
    context.save();
    context.beginPath();
    const r = spot.radius;
    context.roundRect(spot.x, spot.y, spot.w, spot.h, spot.all ? r : [r, r, 0, 0]);
    context.clip();
    if (w < spot.w || h < spot.h) {
      context.fillStyle = EMPTY;
      context.fillRect(spot.x, spot.y, spot.w, spot.h);
    }
    context.drawImage(picture, x, y, w, h);
    if (this.old.has(camera)) {
      context.globalCompositeOperation = "saturation";
      context.fillStyle = GREY;
      context.fillRect(x, y, w, h);
      context.globalCompositeOperation = "source-over";
      context.fillStyle = SHADE;
      context.fillRect(x, y, w, h);
    }
    context.restore();
  }
}
