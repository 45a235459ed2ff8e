import { describe, expect, it } from "vitest";
import { modeName, modeReason } from "./mode";
import type { Mode } from "./types";

const MODE: Mode = {
  mode: "armed_away", modes: ["day", "armed_away"], scheduled: "day",
  chosen_by: "", since: null, until: null, timed: true,
};
const when = (time: number) => `at ${time}`;

describe("the mode in words", () => {
  it("is written as people write", () => {
    expect(modeName("armed_away")).toBe("Armed away");
    expect(modeName("Nacht")).toBe("Nacht");
  });
  it.each([
    [{}, "As scheduled"],
    [{ timed: false }, ""],
    [{ until: 5 }, "As scheduled, until at 5"],
    [{ chosen_by: "ada", until: 5 }, "Chosen by ada, until at 5"],
    [{ chosen_by: "ada", timed: false }, "Chosen by ada, until somebody changes it"],
  ])("says why it holds: %j", (change, said) => {
    expect(modeReason({ ...MODE, ...change }, when)).toBe(said);
  });
});
