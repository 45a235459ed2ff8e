/** Entries that somebody noted and the desk does not have yet. Tested.
 *
 * Each is kept in the browser under a key of its own from before it is first sent until the desk
 * says that it has it, so nothing is lost when the network, the page or the phone goes. The desk
 * takes an entry once for its key, however often it is sent.
 */

import type { Kind } from "./stores";

export interface Draft {
  kind: Kind;
  /** When it happened, POSIX seconds. */
  at: number;
  quantity: number;
  unit: string;
  instrument: string;
  ref: string;
  note: string;
  corrects: number | null;
  confirmed: boolean;
}

export interface Waiting {
  key: string;
  store: string;
  storeName: string;
  /** Who noted it: it is sent under nobody else's name. */
  who: string;
  made: number;
  draft: Draft;
  /** Why the desk would not have it; "" while it only waits. */
  refused: string;
}

/** What came of sending one: taken, refused with a reason, or nobody could be asked. */
export type Sent = "taken" | "away" | { refused: string };
export type Send = (one: Waiting) => Promise<Sent>;
export type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const PREFIX = "streetlamp.entry.";

export class Outbox {
  private sending: Promise<number> | null = null;

  constructor(
    private readonly keep: Keep,
    private readonly send: Send,
    private readonly changed: () => void = () => undefined,
  ) {}

  /** All that wait, oldest first; what cannot be read is left where it is. */
  all(): Waiting[] {
    const found: Waiting[] = [];
    for (let i = 0; i < this.keep.length; i += 1) {
      const name = this.keep.key(i);
      const one = name?.startsWith(PREFIX) ? read(this.keep.getItem(name)) : null;
      if (one) found.push(one);
    }
    return found.sort((a, b) => a.made - b.made || (a.key < b.key ? -1 : 1));
  }

  /** Keeps it before anything is sent. Throws where the browser keeps nothing. */
  put(one: Waiting): void {
    this.keep.setItem(PREFIX + one.key, JSON.stringify(one));
    this.changed();
  }

  drop(key: string): void {
    this.keep.removeItem(PREFIX + key);
    this.changed();
  }

  /** The person says that it is so, however odd. */
  confirm(key: string): void {
    const one = read(this.keep.getItem(PREFIX + key));
    if (one) this.put({ ...one, refused: "", draft: { ...one.draft, confirmed: true } });
  }

  /** Sends what this person noted, oldest first, until the desk is away; how many it took. */
  flush(who: string): Promise<number> {
    this.sending ??= this.run(who).finally(() => (this.sending = null));
    return this.sending;
  }

  private async run(who: string): Promise<number> {
    let taken = 0;
    for (const one of this.all()) {
      if (one.who !== who || one.refused !== "") continue;
      const sent = await this.send(one);
      if (sent === "away") break;
      if (sent === "taken") {
        this.drop(one.key);
        taken += 1;
      } else if (this.keep.getItem(PREFIX + one.key) !== null) this.put({ ...one, refused: sent.refused });
    }
    return taken;
  }
}

function read(text: string | null): Waiting | null {
  try {
    const one = JSON.parse(text ?? "null") as Partial<Waiting> | null;
    return one?.key && one.store && one.draft && typeof one.draft.at === "number" ? (one as Waiting) : null;
  } catch {
    return null;
  }
}

/** A key that nobody else makes: 128 random bits. Works where a page has no secure context, too. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}
