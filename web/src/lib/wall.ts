/** All cameras at once: the page's end of the wall's worker, which fetches and draws the pictures. */

import { socketUrl } from "./api";
import { t } from "./i18n";
import type { Spot, ToPage, ToWorker, Trouble } from "./wallwords";

export interface WallHooks {
  /** New pictures are on the screen: of which camera, and their times (POSIX seconds). */
  drawn(times: [camera: string, time: number][]): void;
  /** Why no pictures come; "" while they do. */
  news(note: string): void;
}

const WIDEST = 3840; // pixels the desk may be asked for
const SHARP = 1.25; // a tile may be drawn so much larger than its pictures are
const WASTE = 0.45; // and pictures fetched that are larger than 1 / this

function told(what: Trouble | "", seconds: number): string {
  switch (what) {
    case "lost":
      return t("The connection to the desk was lost; joining again …");
    case "broken":
      return t("A picture came broken; waiting for the next one.");
    case "quiet":
      return t("No new pictures for {{seconds}} s.", { seconds });
    case "":
      return "";
  }
}

export class WallFeed {
  private readonly worker: Worker;
  private width = 0; // asked for
  private told = 0; // what the desk made of it

  constructor(private readonly hooks: WallHooks) {
    this.worker = new Worker(new URL("./wall.worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<ToPage>) => this.heard(data);
    this.worker.onerror = () => hooks.news(t("This browser cannot show the wall. A newer one can."));
  }

  stop(): void {
    // The worker ends itself, so that its socket is closed in good order.
    this.worker.onmessage = null;
    this.say({ kind: "close" });
  }

  /** How wide a tile is, device pixels. The desk has a few sizes; it is asked again if another fits. */
  size(width: number): void {
    const wanted = Math.min(WIDEST, Math.max(32, Math.round(width)));
    const fits = this.told > 0 && wanted <= this.told * SHARP && wanted >= this.told * WASTE;
    if (fits || wanted === this.width) return;
    this.width = wanted;
    this.told = 0;
    this.say({ kind: "open", url: socketUrl(`/api/live/wall?tile=${wanted}`) });
  }

  /** A canvas under the tiles, from `top` down; CSS pixels and how many device pixels each has. */
  band(key: number, element: HTMLCanvasElement, top: number, width: number, height: number, scale: number): void {
    const canvas = element.transferControlToOffscreen();
    const message: ToWorker = { kind: "band", key, canvas, top, width, height, scale };
    this.worker.postMessage(message, [canvas]);
  }

  drop(key: number): void {
    this.say({ kind: "drop", key });
  }

  arrange(places: Record<string, Spot>): void {
    this.say({ kind: "places", places });
  }

  fade(cameras: string[]): void {
    this.say({ kind: "old", cameras });
  }

  /** What is in sight, most important first. Nothing else is fetched. */
  show(cameras: string[]): void {
    this.say({ kind: "show", cameras });
  }

  private say(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private heard(message: ToPage): void {
    if (message.kind === "drawn") this.hooks.drawn(message.times);
    else if (message.kind === "news") this.hooks.news(told(message.what, message.seconds));
    else this.told = message.width;
  }
}
