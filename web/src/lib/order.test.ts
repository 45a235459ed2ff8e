import { describe, expect, test } from "vitest";
import { Forward, LOST, rankOf, WELL } from "./order";

const SITE = ["a", "b", "c", "d", "e"];
const ranks = (change: Record<string, number> = {}) => new Map(SITE.map((id) => [id, change[id] ?? WELL]));
const all = (order: { front: readonly string[]; rest: readonly string[] }) => [...order.front, ...order.rest].join("");

test("alarms by severity, then lost cameras, then the site's order", () => {
  const wall = new Forward();
  wall.take(ranks(), 0);
  wall.take(ranks({ b: LOST, c: 2, d: 1, e: 0 }), 1);
  const order = wall.take(ranks({ b: LOST, c: 2, d: 1, e: 0 }), 10);
  expect(order.front).toEqual(["e", "d", "c", "b"]);
  expect(order.rest).toEqual(["a"]);
});

test("a wall that is opened shows what is lost in front at once", () => {
  expect(all(new Forward().take(ranks({ d: LOST }), 0))).toBe("dabce");
});

test("of two that are as urgent, the one that came first stays first", () => {
  const wall = new Forward();
  wall.take(ranks(), 0);
  wall.take(ranks({ d: 1 }), 1);
  expect(all(wall.take(ranks({ d: 1, a: 1 }), 2))).toBe("dabce");
});

describe("tiles do not dance", () => {
  test("a camera that is away for a moment never leaves its place", () => {
    const wall = new Forward();
    const first = wall.take(ranks(), 0);
    for (let now = 1; now < 60; now++) expect(wall.take(ranks({ c: now % 5 ? LOST : WELL }), now)).toBe(first);
  });

  test("one that comes and goes stays in front, in one place", () => {
    const wall = new Forward();
    wall.take(ranks(), 0);
    wall.take(ranks({ c: LOST }), 1);
    const order = wall.take(ranks({ c: LOST }), 7);
    expect(all(order)).toBe("cabde");
    for (let now = 8; now < 200; now++) expect(wall.take(ranks({ c: now % 15 ? WELL : LOST }), now)).toBe(order);
  });

  test("it goes back when all has been well for a while", () => {
    const wall = new Forward();
    wall.take(ranks({ c: 0 }), 0);
    wall.take(ranks(), 1);
    expect(all(wall.take(ranks(), 20))).toBe("cabde");
    expect(all(wall.take(ranks(), 22))).toBe("abcde");
  });

  test("nothing moves under a hand, and everything does after it", () => {
    const wall = new Forward();
    wall.take(ranks(), 0);
    expect(all(wall.take(ranks({ e: 0 }), 1, true))).toBe("abcde");
    expect(all(wall.take(ranks({ e: 0 }), 2))).toBe("eabcd");
  });

  test("a camera that is taken away is gone, also under a hand", () => {
    const wall = new Forward();
    wall.take(ranks(), 0);
    const fewer = new Map([...ranks()].filter(([id]) => id !== "b"));
    expect(all(wall.take(fewer, 1, true))).toBe("acde");
  });
});

test("an alarm counts for more than being lost", () => {
  expect([rankOf({ severity: "critical" }, true), rankOf({ severity: "info" }, false), rankOf(undefined, true), rankOf(undefined, false)]).toEqual([0, 2, LOST, WELL]);
});
