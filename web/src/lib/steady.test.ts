import { expect, test } from "vitest";
import { Steady } from "./steady";
import type { Track } from "./types";

const frame = (t: number, seen: boolean, id = 7) => ({ t, media_t: t, tracks: [{ id, seen } as Track] });

test("a track does not flicker between looks, fades when it is lost, and comes back at once", () => {
  const steady = new Steady();
  const shown = (t: number, seen: boolean) => steady.take(frame(t, seen))[0]?.seen;
  expect(shown(0, true)).toBe(true);
  expect(shown(0.3, false)).toBe(true);
  expect(shown(0.7, false)).toBe(true);
  expect(shown(1.0, false)).toBe(false);
  expect(shown(1.1, true)).toBe(true);
});

test("a track never seen is faded, and one that left is forgotten", () => {
  const steady = new Steady();
  expect(steady.take(frame(0, false))[0]?.seen).toBe(false);
  steady.take(frame(0.1, true));
  steady.take(frame(0.2, true, 8));
  expect(steady.take(frame(0.3, false))[0]?.seen).toBe(false);
});
