/** What the page and the wall's worker, and the worker and the desk, say to each other. */

/** Camera (its place in the desk's list), time of the picture, and where it is in the sheet. */
export type Cell = [camera: number, time: number, x: number, y: number, w: number, h: number];

export type WallMessage =
  | { type: "wall"; cameras: string[]; tile: [number, number] }
  | { type: "sheet"; cells: Cell[] };

/** Where a camera's picture stands on the wall, CSS pixels. */
export interface Spot {
  x: number;
  y: number;
  w: number;
  h: number;
  /** Of the upper corners; 0: none is round. */
  radius: number;
  /** The lower corners are round as well. */
  all: boolean;
}

export type ToWorker =
  | { kind: "open"; url: string }
  | { kind: "band"; key: number; canvas: OffscreenCanvas; top: number; width: number; height: number; scale: number }
  | { kind: "drop"; key: number }
  | { kind: "places"; places: Record<string, Spot> }
  | { kind: "old"; cameras: string[] }
  | { kind: "show"; cameras: string[] }
  | { kind: "close" };

/** No connection; a picture that cannot be decoded; no pictures for some seconds. */
export type Trouble = "lost" | "broken" | "quiet";

export type ToPage =
  | { kind: "drawn"; times: [camera: string, time: number][]; bytes: number }
  | { kind: "tile"; width: number }
  /** Why no pictures come; "" while they do. */
  | { kind: "news"; what: Trouble | ""; seconds: number };
