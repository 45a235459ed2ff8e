import { expect, test } from "vitest";
import { lastDays, nothing, range, read, toggled, write } from "./events";

const BERLIN = "Europe/Berlin";
const at = (iso: string) => Date.parse(iso) / 1000;
const NOW = at("2026-10-28T14:37:00+01:00");

test("an address says the whole filter, there and back", () => {
  const filter = { ...nothing(), q: "west gate", from: "2026-10-01", to: "2026-10-02" };
  filter.chosen.camera = ["gate", "a&b=c"];
  filter.chosen.state = ["none"];
  expect(write(filter)).toBe("/events?q=west+gate&from=2026-10-01&to=2026-10-02&camera=gate&camera=a%26b%3Dc&state=none");
  expect(read(write(filter).slice(7))).toEqual(filter);
  expect(write(nothing())).toBe("/events");
  expect(read("?q=x&colour=red&camera=a&camera=a").chosen.camera).toEqual(["a"]);
});

test("without dates the last seven days are asked, today with them", () => {
  expect(range(nothing(), NOW, BERLIN)).toEqual([at("2026-10-22T00:00:00+02:00"), at("2026-10-29T00:00:00+01:00")]);
  const day = { ...nothing(), from: "2026-10-25", to: "2026-10-25" };
  expect(range(day, NOW, BERLIN)).toEqual([at("2026-10-25T00:00:00+02:00"), at("2026-10-26T00:00:00+01:00")]);
  const turned = { ...nothing(), from: "2026-10-27", to: "2026-10-25" };
  const [start, end] = range(turned, NOW, BERLIN);
  expect(start).toBeLessThan(end);
  expect(lastDays(1, NOW, BERLIN)).toEqual({ from: "2026-10-28", to: "2026-10-28" });
});

test("a value is chosen and taken back", () => {
  const once = toggled(nothing(), "kind", "dwell");
  expect(once.chosen.kind).toEqual(["dwell"]);
  expect(toggled(once, "kind", "dwell").chosen.kind).toEqual([]);
});
