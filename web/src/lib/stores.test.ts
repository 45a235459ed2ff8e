import { expect, test } from "vitest";
import { amount, correctedBy, exact, impossible, inBase, instrumentsOf, kindsOf, lastDays, limitsOf, much, oddities, unitsOf, type Balances, type Entry, type Kind } from "./stores";

test.each([
  ["1234", 1234],
  ["12,5", 12.5],
  ["12.5", 12.5],
  ["1.234,5", 1234.5],
  ["1,234.5", 1234.5],
  ["1 234", 1234],
  ["1\u202f234,5", 1234.5],
  [" 7 ", 7],
  ["−3", -3],
  [".5", 0.5],
  ["", null],
  ["12 mm", null],
  ["1e5", null],
  ["--1", null],
  ["1.2.3", null],
])("%s is read as %s", (text, number) => expect(amount(text)).toBe(number));

const LIMITS = { capacity: 20000, top: 2000, totals: { p1: 2000 }, issues: false };
const NOW = 1_700_000_000;
const entry = (kind: Kind, quantity: number, unit: string, more: object = {}) => ({
  kind, quantity, unit, at: NOW, instrument: "", corrects: null, ...more,
});

test.each([
  [entry("level", 900, "mm"), []],
  [entry("level", 2001, "mm"), ["The tank's chart ends at 2000 mm."]],
  [entry("level", 79, "in"), ["The tank's chart ends at 2000 mm."]],
  [entry("level", -1, "mm"), ["A height is not below zero."]],
  [entry("receipt", 5283, "gal"), []],
  [entry("receipt", 5284, "gal"), ["The tank holds 20000 L."]],
  [entry("receipt", 20.1, "m3", { at: NOW + 400 }), ["The time lies in the future.", "The tank holds 20000 L."]],
  [entry("level", 900, "mm", { at: NOW + 299 }), []],
  [entry("level", 900, "mm", { at: NOW - 367 * 86400 }), ["The time is more than a year ago."]],
  [entry("temperature", 150, "°F"), ["66 °C is no temperature of a store."]],
  [entry("temperature", 59, "°F"), []],
  [entry("meter_total", 1.9, "m3", { instrument: "p1" }), ["The last total of this meter was 2.0 m³, and this is less."]],
  [entry("meter_total", 1.9, "m3", { instrument: "p1", corrects: 7 }), []],
  [entry("meter_total", 1, "L", { instrument: "p2" }), []],
  [entry("withdrawal", 0, "L", { at: 1 }), []],
])("what is odd: %o", (one, odd) => expect(oddities(one, LIMITS, NOW)).toEqual(odd));

test("without a chart nothing is too much", () => {
  expect(oddities(entry("receipt", 1e6, "t"), { capacity: null, top: null, totals: {}, issues: false }, NOW)).toEqual([]);
});

test("issues that are noted, and a meter's totals, would count twice", () => {
  expect(oddities(entry("meter_total", 5, "L", { instrument: "p1" }), { ...LIMITS, totals: {}, issues: true }, NOW)).toHaveLength(1);
});

test("what cannot be noted", () => {
  expect(impossible("level", null, "stick")).toBe("Type a number.");
  expect(impossible("receipt", -1, "")).toMatch("below zero");
  expect(impossible("temperature", -5, "")).toBe("");
  expect(impossible("meter_total", 5, " ")).toBe("Which meter is it?");
  expect(impossible("meter_total", 5, "p1")).toBe("");
});

test("every kind of a store has a unit that can be brought to its base, and an instrument or a meter", () => {
  for (const form of ["tank", "bulk"] as const)
    for (const kind of kindsOf(form)) {
      for (const unit of unitsOf(kind, form)) expect(Number.isFinite(inBase(1, unit))).toBe(true);
      expect(instrumentsOf(kind, { form, methods: [] }).length > 0 || kind === "meter_total").toBe(true);
    }
  expect(inBase(59, "°F")).toBeCloseTo(15);
  expect(instrumentsOf("stock_take", { form: "bulk", methods: ["opening", "count of 25 kg bags"] })[0]).toBe("count of 25 kg bags");
});

const b: Balances = {
  time: [0, 10, 20].map((day) => day * 86400),
  measured: [1, 2, 3], book: [1, 2, 3], muf: [0, 1, 2], expected: [0, 0, 1], sigma: [1, 2, 3], sitmuf: [0, 0, 0], page: [0, 0, 0],
  page_limit: 4, abrupt_limit: 3, entries: [[], [], []],
};

test("the last days, with a little room at both ends", () => {
  const all = lastDays(b, null)!;
  expect(all.from).toBeLessThan(0);
  expect(all.to).toBeGreaterThan(20 * 86400);
  expect(lastDays(b, 10)!.from).toBeCloseTo(10 * 86400 - 0.2 * 86400);
  expect(lastDays(b, 999)!.from).toBe(all.from);
  expect(lastDays({ time: [] }, 10)).toBe(null);
  const one = lastDays({ time: [5] }, null)!;
  expect(one.to).toBeGreaterThan(one.from);
});

test("control limits are three sigma about what was expected", () => {
  expect(limitsOf(b)).toEqual({ low: [-3, -6, -8], high: [3, 6, 10] });
});

test("quantities", () => {
  expect([12345.6, -1234567, 123.4, 12.34, 1.234, 0].map(much)).toEqual(["12\u202f346", "-1\u202f234\u202f567", "123", "12.3", "1.23", "0.00"]);
});

test("what was noted is shown as it was noted", () => {
  expect([1234.5, 852.7312, -1234567, 0.1 + 0.2, 20].map(exact)).toEqual(["1\u202f234.5", "852.7312", "-1\u202f234\u202f567", "0.3", "20"]);
});

test("which entry stands for which", () => {
  const made = (seq: number, corrects: number | null) => ({ seq, corrects }) as Entry;
  expect([...correctedBy([made(3, 1), made(2, null), made(1, null)])].map(([old, one]) => [old, one.seq])).toEqual([[1, 3]]);
});
