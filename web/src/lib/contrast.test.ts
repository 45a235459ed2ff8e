/** The theme's colours against WCAG 2.2 AA: 4.5 to 1 for text, 3 to 1 for signs and focus rings. */

import { describe, expect, test } from "vitest";
import theme from "../app.css?raw";

type Rgb = [number, number, number];
const sources = import.meta.glob<string>("../**/*.svelte", { query: "?raw", import: "default", eager: true });

function hex(text: string): Rgb {
  const digits = text.length === 4 ? [...text.slice(1)].map((d) => d + d).join("") : text.slice(1);
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16)) as Rgb;
}
const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];
/** Every colour of the theme: where the two themes share it, both have it. */
const tokens = Object.fromEntries(
  [...theme.matchAll(/--([a-z-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g)].map(
    ([, name, light, dark, both]) => [name!, { light: hex(light ?? both!), dark: hex(dark ?? both!) }],
  ),
);
function colour(name: string, which: Theme): Rgb {
  if (name.startsWith("#")) return hex(name);
  const found = tokens[name];
  if (!found) throw new Error(`the theme has no --${name}`);
  return found[which];
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

describe.each(THEMES)("text, %s", (which) => {
  const grounds = ["ground", "panel", "raised", "field", "float", "picked"];
  const inks = ["ink", "soft", "faint", "good", "warn", "bad", "info", "lamp", "chart-out-ink"];
  test.each(grounds.flatMap((ground) => inks.map((ink) => [ink, ground] as const)))("%s on %s", (ink, ground) => {
    expect(contrast(colour(ink, which), colour(ground, which))).toBeGreaterThanOrEqual(4.5);
  });
  test.each([
    ["a pressed button", "lamp-ink", "lamp-deep"],
    ["a pressed button under the pointer", "lamp-ink", "lamp-deeper"],
    ["the main button", "button-ink", "button"],
    ["the main button under the pointer", "button-ink", "button-hover"],
    ["its key", "button-key", "button"],
    ["a count of alarms", "count-ink", "critical"],
    ["needs you", "bad-ink", "bad-deep"],
    ["somebody is on it", "lamp-ink", "lamp-deep"],
    ["many cameras of a plan, one needs a visit", "ink", "bad-deep"],
    ["a critical banner", "soft", "banner-critical"],
    ["a high banner", "soft", "banner-high"],
    ["a warning banner", "soft", "banner-warning"],
    ["a warning's own words", "warn", "banner-warning"],
    ["an info banner", "soft", "banner-info"],
    ["the timeline's clock", "axis", "panel"],
    ["a map's degrees", "faint", "map"],
  ])("%s", (_, ink, ground) => {
    expect(contrast(colour(ink, which), colour(ground, which))).toBeGreaterThanOrEqual(4.5);
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
    expect(contrast(colour(ink, "dark"), over([r!, g!, b!], share! / 100, white))).toBeGreaterThanOrEqual(4.5);
  });
  test.each(["parts/Picture", "parts/Sketch", "parts/Tile", "parts/HeatPicture", "parts/AlarmDetail"])("%s is dark in both themes", (file) => {
    expect(sources[`../${file}.svelte`]).toContain("color-scheme: dark;");
  });
});

describe.each(THEMES)("what is not text, %s", (which) => {
  test.each([
    ["focus ring on the page", "lamp", "ground"],
    ["focus ring on a card", "lamp", "panel"],
    ["focus ring on a button", "lamp", "raised"],
    ["edge of a field on a card", "edge", "panel"],
    ["edge of a field on the page", "edge", "ground"],
    ["a critical alarm's sign", "critical", "panel"],
    ["what stands in it", "sign", "critical"],
    ["a high alarm's sign", "high", "panel"],
    ["what stands in that", "sign", "high"],
    ["a warning's sign", "warn", "panel"],
    ["what stands in that one", "button-ink", "warn-fill"],
    ["an information's sign", "info", "panel"],
    ["what stands in the last", "sign", "info"],
    ["recorded on the timeline", "kept-edge", "well"],
    ["in, on the chart", "chart-in", "panel"],
    ["out, on the chart", "chart-out", "panel"],
    ["how many are there, on the chart", "chart-there", "panel"],
    ["what is usual, on the chart", "chart-usual", "panel"],
    ["a camera's mark on a map", "good", "map"],
    ["one to visit", "bad", "map"],
  ])("%s", (_, ink, ground) => {
    expect(contrast(colour(ink, which), colour(ground, which))).toBeGreaterThanOrEqual(3);
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

/** Only what lies on a picture has colours of its own: a picture is as bright in both themes. */
const ON_PICTURES = ["Picture", "Sketch", "SketchHandles", "SketchShapes", "Tile", "PlaceList"];
test.each(Object.entries(sources).filter(([name]) => !ON_PICTURES.some((one) => name.endsWith(`/${one}.svelte`))))(
  "%s takes its colours from the theme",
  (_, text) => {
    expect(text.slice(text.indexOf("<style")).match(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/g) ?? []).toEqual([]);
  },
);
