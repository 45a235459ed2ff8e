import { expect, test } from "vitest";
import { preferred, speak, t } from "./i18n";

test("before a catalogue is there, English is shown with its values", () => {
  expect(t("Acknowledge")).toBe("Acknowledge");
  expect(t("{{n}} of {{m}}", { n: 2, m: 3 })).toBe("2 of 3");
});

test("English forms follow the number", async () => {
  await speak("en");
  const alarms = (count: number) => t("{{count}} alarm", { count, other: "{{count}} alarms" });
  expect([alarms(0), alarms(1), alarms(2)]).toEqual(["0 alarms", "1 alarm", "2 alarms"]);
});

test("what a catalogue lacks is shown in English", async () => {
  await speak("de");
  expect(t("No catalogue has this: {{why}}", { why: "a test" })).toBe("No catalogue has this: a test");
});

test("the language is the one chosen, else the browser's, else English", () => {
  expect(preferred("de", ["en-GB"])).toBe("de");
  expect(preferred("xx", ["fr", "de-AT", "en"])).toBe("de");
  expect(preferred(null, ["fr"])).toBe("en");
});
