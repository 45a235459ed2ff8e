import { beforeEach, expect, test, vi } from "vitest";
import { newKey, Outbox, type Keep, type Sent, type Waiting } from "./outbox";

/** A browser's storage, as it is after the page was closed and opened again. */
class Shelf implements Keep {
  readonly kept = new Map<string, string>();
  full = false;
  get length() {
    return this.kept.size;
  }
  key = (i: number) => [...this.kept.keys()][i] ?? null;
  getItem = (name: string) => this.kept.get(name) ?? null;
  removeItem = (name: string) => void this.kept.delete(name);
  setItem = (name: string, text: string) => {
    if (this.full) throw new Error("QuotaExceededError");
    this.kept.set(name, text);
  };
}

function waiting(key: string, made = 1, who = "Anna"): Waiting {
  const draft = { kind: "level", at: made, quantity: 900, unit: "mm", instrument: "stick", ref: "", note: "", corrects: null, confirmed: false } as const;
  return { key, store: "north", storeName: "North", who, made, draft, refused: "" };
}

let shelf: Shelf;
let desk: Map<string, Waiting>;
beforeEach(() => {
  shelf = new Shelf();
  desk = new Map();
});
const take = (one: Waiting): Promise<Sent> => {
  desk.set(one.key, one);
  return Promise.resolve("taken");
};
const keys = (box: Outbox) => box.all().map((one) => one.key);

test("what is put waits, oldest first, and outlives the page", () => {
  const box = new Outbox(shelf, take);
  box.put(waiting("b", 2));
  box.put(waiting("a", 1));
  expect(keys(box)).toEqual(["a", "b"]);
  expect(keys(new Outbox(shelf, take))).toEqual(["a", "b"]);
});

test("it is kept before it is sent, and gone when the desk has it", async () => {
  const box = new Outbox(shelf, (one) => {
    expect(shelf.kept.size).toBe(1);
    return take(one);
  });
  box.put(waiting("a"));
  expect(await box.flush("Anna")).toBe(1);
  expect([shelf.kept.size, desk.size]).toEqual([0, 1]);
});

test("while the desk is away nothing is lost and the order stays", async () => {
  let away = true;
  const tried: string[] = [];
  const box = new Outbox(shelf, (one) => {
    tried.push(one.key);
    return away ? Promise.resolve("away") : take(one);
  });
  box.put(waiting("a", 1));
  box.put(waiting("b", 2));
  expect(await box.flush("Anna")).toBe(0);
  expect(tried).toEqual(["a"]);
  away = false;
  expect(await box.flush("Anna")).toBe(2);
  expect([...desk.keys()]).toEqual(["a", "b"]);
});

test("a page that is closed between the desk's taking and its answer sends again, under the same key", async () => {
  const closed = new Outbox(shelf, (one) => {
    desk.set(one.key, one);
    return new Promise(() => undefined); // the answer never comes
  });
  closed.put(waiting("a"));
  void closed.flush("Anna");
  await Promise.resolve();
  expect(desk.size).toBe(1);
  const opened = new Outbox(shelf, take);
  expect(await opened.flush("Anna")).toBe(1);
  expect([desk.size, shelf.kept.size]).toEqual([1, 0]);
});

test("what the desk refuses stays, with the reason, and holds up no other", async () => {
  const box = new Outbox(shelf, (one) => (one.key === "a" && !one.draft.confirmed ? Promise.resolve({ refused: "odd" }) : take(one)));
  box.put(waiting("a", 1));
  box.put(waiting("b", 2));
  expect(await box.flush("Anna")).toBe(1);
  expect(box.all()).toMatchObject([{ key: "a", refused: "odd" }]);
  expect(await box.flush("Anna")).toBe(0);
  box.confirm("a");
  expect(await box.flush("Anna")).toBe(1);
  expect(desk.get("a")?.draft.confirmed).toBe(true);
});

test("nobody sends what somebody else noted", async () => {
  const box = new Outbox(shelf, take);
  box.put(waiting("a", 1, "Anna"));
  expect(await box.flush("Ben")).toBe(0);
  expect([desk.size, keys(box).length]).toEqual([0, 1]);
});

test("two flushes at once send each entry once", async () => {
  const send = vi.fn(take);
  const box = new Outbox(shelf, send);
  box.put(waiting("a"));
  await Promise.all([box.flush("Anna"), box.flush("Anna")]);
  expect(send).toHaveBeenCalledTimes(1);
});

test("what was thrown away while it was on its way does not come back", async () => {
  const box: Outbox = new Outbox(shelf, (one) => {
    box.drop(one.key);
    return Promise.resolve({ refused: "no" });
  });
  box.put(waiting("a"));
  await box.flush("Anna");
  expect(box.all()).toEqual([]);
});

test("a browser that keeps nothing says so, and foreign things stay as they are", () => {
  shelf.kept.set("streetlamp.theme", "dark");
  shelf.kept.set("streetlamp.entry.x", "{broken");
  const box = new Outbox(shelf, take);
  expect(box.all()).toEqual([]);
  shelf.full = true;
  expect(() => box.put(waiting("a"))).toThrow();
  expect(shelf.kept.get("streetlamp.theme")).toBe("dark");
});

test("keys fit what the desk takes, and differ", () => {
  const made = new Set(Array.from({ length: 200 }, newKey));
  expect(made.size).toBe(200);
  for (const key of made) expect(key).toMatch(/^[A-Za-z0-9-]{16,50}$/);
});
