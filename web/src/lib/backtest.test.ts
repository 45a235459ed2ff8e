import { describe, expect, it } from "vitest";
import { precise, rush, said, stretch, type RuleAnswer } from "./backtest";

function answer(hours: Record<number, number>, rest: Partial<RuleAnswer> = {}): RuleAnswer {
  const all = Array.from({ length: 24 }, (_, hour) => hours[hour] ?? 0);
  return {
    name: "night", kind: "intrusion", place: "yard", alarm: true, tried: true, n: all.reduce((a, b) => a + b, 0), sentence: "",
    hours: all, days: [], passed: [], examples: [], incidents: [], ...rest,
  };
}

describe("what a rule would have raised", () => {
  it("names the hour in which most of it happens", () => {
    expect(said(answer({ 17: 38, 3: 3 }), 7 * 86400)).toBe(
      "would have raised 41 alarms in 7 days, 38 of them between 17 and 18 h",
    );
  });
  it("says so where it cannot be tried", () => {
    expect(said(answer({}, { tried: false }), 86400)).toContain("cannot be tried");
  });
  it("names no hour where there is none", () => {
    expect(said(answer({ 1: 2, 5: 2, 9: 2 }), 86400)).toBe("would have raised 6 alarms in 1 day");
    expect(rush(answer({ 4: 1 }))).toBeNull();
    expect(said(answer({ 4: 2 }), 600)).toBe("would have raised 2 alarms in 10 min");
  });
  it("says what a line counted", () => {
    const passed = [{ kind: "car", direction: "in", n: 4 }, { kind: "person", direction: "in", n: 1 }];
    expect(said(answer({}, { passed, alarm: false }), 86400)).toBe(
      "would have noted 0 events in 1 day; 5 went in, 0 out",
    );
  });
  it("says a stretch as a person does", () => {
    expect(stretch(1.5 * 86400)).toBe("1.5 days");
  });
});

describe("how right a rule was", () => {
  const row = { camera: "c", rule: "r", kind: "k", raised: 9, true: 5, false: 1, unanswered: 3, low: 0.4365, high: 0.97 };
  it("gives the interval", () => {
    expect(precise({ ...row, precision: 5 / 6 })).toBe("83 % (44 – 97 %)");
  });
  it("says nothing where nobody has answered", () => {
    expect(precise({ ...row, precision: null })).toBe("–");
  });
});
