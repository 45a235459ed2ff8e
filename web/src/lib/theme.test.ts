import { expect, test } from "vitest";
import { rems } from "../../rem";
import first from "../../public/theme.js?raw";
import { known, KEPT, THEMES } from "./theme.svelte";

test.each([
  ["light", "light"],
  ["dark", "dark"],
  ["auto", "auto"],
  ["sepia", "auto"],
  [null, "auto"],
] as const)("%s kept is %s", (kept, choice) => expect(known(kept)).toBe(choice));

test("what is set before the first paint is what the page keeps", () => {
  expect(first).toContain(`"${KEPT}"`);
  for (const choice of THEMES.filter((one) => one !== "auto")) expect(first).toContain(`"${choice}"`);
});

test.each([
  ["15px/1.5 var(--font)", "0.9375rem/1.5 var(--font)"],
  ["calc(100vw - 24px)", "calc(100vw - 1.5rem)"],
  ["-8px 0 0 4px", "-0.5rem 0 0 0.25rem"],
  ["1px solid var(--line)", "1px solid var(--line)"],
  ["inset 3px 0 0 var(--lamp)", "inset 3px 0 0 var(--lamp)"],
  ["44PX", "44PX"],
  ['url("/12px.svg")', 'url("/12px.svg")'],
])("%s is built as %s", (written, built) => expect(rems(written)).toBe(built));
