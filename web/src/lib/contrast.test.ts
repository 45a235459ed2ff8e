/** The theme's colours against WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for signs and focus rings. */

import { describe, expect, test } from "vitest";
import theme from "../app.css?raw";

type Rgb = [number, number, number];
const sources = import.meta.glob<string>("../**/*.svelte", { query: "?raw", import: "default", eager: true });

function hex(text: string): Rgb {
  const digits = text.length === 4 ? [...text.slice(1)].map((d) => d + d).join("") : text.slice(1);
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16)) as Rgb;
}
const tokens = Object.fromEntries(
  [...theme.matchAll(/--([a-z-]+): (#[0-9a-f]{3,6});/g)].map(([, name, value]) => [name!, hex(value!)]),
);
function colour(name: string): Rgb {
  if (name.startsWith("#")) return hex(name);
  const found = tokens[name];
  if (!found) throw new Error(`the theme has no --${name}`);
  return found;
}
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => {
    const share = v / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
/** `top` with a share of `alpha` over `below`. */
function over(top: Rgb, alpha: number, below: Rgb): Rgb {
  return top.map((v, i) => v * alpha + below[i]! * (1 - alpha)) as Rgb;
}

test("the measure itself: black on white, and a known grey", () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(contrast(hex("#767676"), hex("#fff"))).toBeCloseTo(4.54, 2);
});

describe("text", () => {
  const grounds = ["ground", "panel", "raised", "#0f141b", "#232b38"];
  const inks = ["ink", "soft", "faint", "good", "warn", "bad", "info", "lamp"];
  test.each(grounds.flatMap((ground) => inks.map((ink) => [ink, ground] as const)))("%s on %s", (ink, ground) => {
    expect(contrast(colour(ink), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });
  test.each([
    ["a pressed button", "#ffd79a", "lamp-deep"],
    ["a pressed button under the pointer", "#ffd79a", "#463415"],
    ["the main button", "#221503", "lamp"],
    ["its key", "#4a3208", "lamp"],
    ["a count of alarms", "#2a0705", "#ff7b72"],
    ["needs you", "#ffb3ac", "bad-deep"],
    ["somebody is on it", "#ffd79a", "lamp-deep"],
    ["a critical banner", "soft", "#2c1315"],
    ["a warning banner", "soft", "#2a2010"],
    ["an info banner", "soft", "#12202d"],
    ["the timeline's clock", "#98a3b4", "panel"],
  ])("%s", (_, ink, ground) => {
    expect(contrast(colour(ink), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });
});

describe("words over a picture, whatever it shows", () => {
  const white: Rgb = [255, 255, 255];
  // The grounds stand in the components; here they are found there, so that they cannot drift apart.
  test.each([
    ["live", "#a9efc6", "parts/Picture", /\.truth,[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
    ["recording", "#ffd79a", "parts/Picture", /\.truth,[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
    ["all hidden", "warn", "parts/Picture", /\.why \{[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
    ["joining", "soft", "parts/Picture", /\.cover \{[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
    ["an alarm on a tile", "ink", "parts/Tile", /\.flag \{[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
    ["why a camera is lost", "bad", "parts/Tile", /\.chip \{[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
    ["how old a picture is", "ink", "parts/Tile", /\.chip \{[^}]*background: rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)/],
  ])("%s", (_, ink, file, rule) => {
    const [r, g, b, share] = (rule.exec(sources[`../${file}.svelte`] ?? "") ?? []).slice(1).map(Number);
    expect(share).toBeGreaterThan(0);
    expect(contrast(colour(ink), over([r!, g!, b!], share! / 100, white))).toBeGreaterThanOrEqual(4.5);
  });
});

describe("what is not text", () => {
  test.each([
    ["focus ring on the page", "lamp", "ground"],
    ["focus ring on a card", "lamp", "panel"],
    ["focus ring on a button", "lamp", "raised"],
    ["a critical alarm's sign", "#ff7b72", "panel"],
    ["recorded on the timeline", "#4f7ca5", "#0a0e13"],
  ])("%s", (_, ink, ground) => {
    expect(contrast(colour(ink), colour(ground))).toBeGreaterThanOrEqual(3);
  });
});

describe("focus and motion", () => {
  const all = { ...sources, "../app.css": theme };
  test("every source is read", () => expect(Object.keys(all).length).toBeGreaterThan(15));
  test.each(Object.entries(all))("%s takes no focus ring away", (_, text) => {
    expect(text).not.toMatch(/outline(-style|-width)?:\s*(none|0)\b/);
  });
  test("less motion, where it is wished for, holds for every animation and transition", () => {
    const block = theme.slice(theme.indexOf("@media (prefers-reduced-motion: reduce)"));
    for (const what of ["animation-duration", "animation-iteration-count", "transition-duration"])
      expect(block).toMatch(new RegExp(`${what}: [^;]+ !important`));
    for (const text of Object.values(sources)) expect(text).not.toMatch(/(animation|transition)[^;]*!important/);
  });
});
