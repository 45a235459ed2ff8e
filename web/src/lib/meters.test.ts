import { expect, test } from "vitest";
import { broken, money, quantity, rowsOf, together, unitText, wanted, type Curve, type Readings, type WaitingFinding } from "./meters";

const HOUR = 3600;
const found = (kind: string, cause: string, unit: string, week: number, price: number | null): WaitingFinding => ({
  id: cause, cause, start: 0, detected: 1, end: null, size: 1, unit: "L/h", confidence: 0.9, evidence: "", alarm: null, state: "noted",
  meter: "", name: "", kind, household: false, opens: true,
  cost: unit ? { unit, week, so_far: 1, at_most: cause === "running_toilet", money: price, money_so_far: price } : null,
});
const FOUND = [
  found("water", "leak", "m3", 2, 8),
  found("water", "running_toilet", "m3", 1, 4),
  found("electricity", "load_step", "kWh", 300, null),
  found("electricity", "clock_shift", "", 0, null),
];

test("what all lose in a week is summed by unit, and in money only where all have a price", () => {
  expect(together(FOUND)).toEqual([
    { unit: "m3", week: 3, money: 12 },
    { unit: "kWh", week: 300, money: null },
  ]);
  expect(together([])).toEqual([]);
});

test.each([
  ["", "", 4],
  ["water", "", 2],
  ["", "load_step", 1],
  ["water", "load_step", 0],
])("of kind %s and cause %s there are %i", (kind, cause, n) => expect(wanted(FOUND, { kind, cause })).toHaveLength(n));

test("quantities and money are written for people", () => {
  expect(quantity(7.56, { unit: "m3", at_most: false })).toBe("7.56 m³");
  expect(quantity(7.56, { unit: "m3", at_most: true })).toBe("up to 7.56 m³");
  expect(unitText("m3/h")).toBe("m³/h");
  expect(money(30.24, "EUR")).toBe("€30.24");
  expect(money(1234.5, "EUR")).toBe("€1,235");
});

test("no line is drawn across a hole", () => {
  expect(broken([0, HOUR, 5 * HOUR], HOUR, [[1, 2, 3]])).toEqual({ time: [0, HOUR, 2 * HOUR, 5 * HOUR], columns: [[1, 2, null, 3]] });
  expect(broken([0, HOUR], HOUR, [[1, 2]])).toEqual({ time: [0, HOUR], columns: [[1, 2]] });
});

const readings = (n: number): Readings => {
  const time = Array.from({ length: n }, (_, i) => i * HOUR);
  const values = time.map((_, i) => (i % 7 === 3 ? null : i % 24));
  return { time, measured: values, expected: values, low: values.map(() => 1), high: values.map(() => null) };
};
const CURVE: Curve = { cause: "leak", time: [2 * HOUR, 4 * HOUR], statistic: [5, 9], limit: [8, 8] };

test("few readings are rows of their own, the newest first, with the evidence that stood then", () => {
  const { daily, rows } = rowsOf({ readings: readings(6), curves: [CURVE] }, { from: 0, to: 4 * HOUR });
  expect(daily).toBe(false);
  expect(rows.map((one) => one.time / HOUR)).toEqual([4, 3, 2, 1, 0]);
  expect(rows.map((one) => one.evidence)).toEqual([9, 9, 5, 5, null]);
  expect(rows.map((one) => one.measured)).toEqual([4, null, 2, 1, 0]);
  expect(rows[0]).toMatchObject({ low: 1, high: null, limit: 8 });
});

test("many are the means of days", () => {
  const whole = { readings: readings(24 * 20), curves: [] };
  const { daily, rows } = rowsOf(whole, null);
  expect(daily).toBe(true);
  expect(rows).toHaveLength(20);
  const first = whole.readings.measured.slice(0, 24).filter((one) => one !== null);
  expect(rows.at(-1)?.measured).toBeCloseTo(first.reduce((sum, one) => sum + one, 0) / first.length);
  expect(rows[0]?.evidence).toBeNull();
});
