/** All cameras at once: one picture of many tiles comes over a WebSocket and is cut up here. */

import { hangUp, socketUrl } from "./api";
import type { WallLayout } from "./types";

export interface WallHooks {
  /** A new picture; tiles say where each camera is in it. Closed afterwards. */
  picture(picture: ImageBitmap, layout: WallLayout): void;
  /** Whether pictures come; `note` says why not. */
  news(alive: boolean, note: string): void;
}

const QUIET_S = 6;

export class WallFeed {
  private socket: WebSocket | null = null;
  private layout: WallLayout | null = null;
  private decoding = false;
  private waiting: Blob | null = null;
  private last = performance.now();
  private tries = 0;
  private stopped = false;
  private again: ReturnType<typeof setTimeout> | undefined;
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(
    private readonly width: number,
    private readonly hooks: WallHooks,
  ) {
    this.watch = setInterval(() => this.tend(), 1000);
    this.join();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.watch);
    clearTimeout(this.again);
    hangUp(this.socket);
    this.socket = null;
  }

  private join(): void {
    if (this.stopped) return;
    const socket = new WebSocket(socketUrl(`/api/live/wall?width=${Math.round(this.width)}`));
    socket.binaryType = "blob";
    socket.onmessage = (message: MessageEvent<string | Blob>) => {
      if (typeof message.data === "string") this.layout = JSON.parse(message.data) as WallLayout;
      else this.show(message.data);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.hooks.news(false, "The connection to the desk was lost; joining again …");
      this.again = setTimeout(() => this.join(), Math.min(10_000, 500 * 2 ** this.tries++));
    };
    this.last = performance.now();
    this.socket = socket;
  }

  /** Decode one picture at a time; when decoding is late, only the newest one waits. */
  private show(jpeg: Blob): void {
    this.last = performance.now();
    this.tries = 0;
    this.hooks.news(true, "");
    if (this.decoding) {
      this.waiting = jpeg;
      return;
    }
    void this.decode(jpeg);
  }

  private async decode(jpeg: Blob): Promise<void> {
    this.decoding = true;
    let next: Blob | null = jpeg;
    while (next && !this.stopped) {
      const blob: Blob = next;
      try {
        const picture = await createImageBitmap(new Blob([blob], { type: "image/jpeg" }));
        if (this.layout && !this.stopped) this.hooks.picture(picture, this.layout);
        picture.close();
      } catch {
        this.hooks.news(false, "A picture came broken; waiting for the next one.");
      }
      next = this.waiting;
      this.waiting = null;
    }
    this.decoding = false;
  }

  private tend(): void {
    if (document.hidden) {
      this.last = performance.now();
      return;
    }
    const quiet = (performance.now() - this.last) / 1000;
    if (quiet > QUIET_S && this.socket?.readyState === WebSocket.OPEN)
      this.hooks.news(false, `No new pictures for ${Math.round(quiet)} s.`);
  }
}
