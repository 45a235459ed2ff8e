/** Looking closer at a picture: which part of it fills the frame. Pure; lengths are CSS pixels. */

export interface Zoom {
  /** 1: all of the picture fills the frame. */
  scale: number;
  /** Where the frame's top left is, as a share of the picture, 0–1. */
  x: number;
  y: number;
}

/** A point of the frame, as a share of it, 0–1. */
export interface Point {
  x: number;
  y: number;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
/** A pixel of the picture is shown no larger than so many of the screen's. */
const COARSEST = 6;
const LEAST_MOST = 4; // however small a picture is
const WHEEL = 0.0022; // of the scale's logarithm for a pixel of scrolling
export const KEY = 1.5; // one press of + or −
export const TAP = 2.5; // a double click

/** The largest scale for a picture of `width` pixels in a frame as wide as this. */
export function largest(width: number, frame: number): number {
  return Math.max(LEAST_MOST, (COARSEST * width) / Math.max(1, frame));
}

/** Closer or farther by a factor; what is under `at` stays there, as far as the edges allow. */
export function closer(zoom: Zoom, factor: number, at: Point, most: number): Zoom {
  const scale = Math.min(most, Math.max(1, zoom.scale * factor));
  const px = zoom.x + at.x / zoom.scale;
  const py = zoom.y + at.y / zoom.scale;
  return clamp({ scale, x: px - at.x / scale, y: py - at.y / scale });
}

/** Moved by a share of the frame: what was under a finger stays under it. */
export function moved(zoom: Zoom, by: Point): Zoom {
  return clamp({ ...zoom, x: zoom.x - by.x / zoom.scale, y: zoom.y - by.y / zoom.scale });
}

/** From two fingers to where they are now: what was under each stays there. */
export function pinched(zoom: Zoom, from: readonly [Point, Point], to: readonly [Point, Point], most: number): Zoom {
  const before = apart(from);
  const middle = between(from);
  const now = between(to);
  const near = closer(zoom, before > 0 ? apart(to) / before : 1, middle, most);
  return moved(near, { x: now.x - middle.x, y: now.y - middle.y });
}

/** How much a turn of the wheel changes the scale. Lines and pages are turned to pixels. */
export function turn(delta: number, mode: number, pinch: boolean): number {
  const pixels = mode === 1 ? delta * 16 : mode === 2 ? delta * 400 : delta;
  // A pinch on a touchpad comes as a wheel with small steps.
  return Math.exp(-Math.max(-300, Math.min(300, pixels)) * WHEEL * (pinch ? 4 : 1));
}

/** A double click: closer at that point, or back to all of it. */
export function tapped(zoom: Zoom, at: Point, most: number): Zoom {
  return zoom.scale > 1.01 ? WHOLE : closer(zoom, TAP, at, most);
}

export const isWhole = (zoom: Zoom): boolean => zoom.scale <= 1.001;

function clamp({ scale, x, y }: Zoom): Zoom {
  if (scale <= 1.001) return WHOLE;
  const most = 1 - 1 / scale;
  return { scale, x: Math.min(most, Math.max(0, x)), y: Math.min(most, Math.max(0, y)) };
}

function apart([a, b]: readonly [Point, Point]): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function between([a, b]: readonly [Point, Point]): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
