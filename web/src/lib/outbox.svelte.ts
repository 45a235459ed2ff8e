/** The one outbox of this page: sends when the network is back, when the page opens, and now and then. */

import { ApiError, request } from "./api";
import { desk } from "./desk.svelte";
import { Outbox, type Sent, type Waiting } from "./outbox";
import type { Noted } from "./stores";

const AGAIN_MS = 10_000;
/** What says nothing of the entry itself: it is sent again later. */
const LATER = new Set([0, 401, 408, 429, 502, 503, 504]);

class Page {
  waiting = $state.raw<readonly Waiting[]>([]);
  /** Grows with each entry that the desk has taken. */
  taken = $state(0);
  private readonly box = new Outbox(localStorage, send, () => this.look());

  constructor() {
    this.look();
    addEventListener("online", () => void this.flush());
    addEventListener("storage", () => this.look()); // another tab
    setInterval(() => void this.flush(), AGAIN_MS);
  }

  private look(): void {
    this.waiting = this.box.all();
  }

  /** Keeps an entry and tries to send it. Throws where the browser keeps nothing. */
  put(one: Waiting): Promise<void> {
    this.box.put(one);
    return this.flush();
  }

  drop(key: string): void {
    this.box.drop(key);
  }

  confirm(key: string): Promise<void> {
    this.box.confirm(key);
    return this.flush();
  }

  async flush(): Promise<void> {
    const who = desk.session?.user?.name;
    if (who && this.waiting.length > 0) this.taken += await this.box.flush(who);
  }
}

async function send(one: Waiting): Promise<Sent> {
  try {
    await request<Noted>("POST", `/api/stores/${encodeURIComponent(one.store)}/entries`, { key: one.key, ...one.draft });
    return "taken";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return LATER.has(error.status) || error.status >= 500 ? "away" : { refused: error.message };
  }
}

export const outbox = new Page();
