import { describe, expect, test } from "vitest";
import { LANGUAGES } from "../lib/i18n";
import { isClause } from "../lib/said";
import { loose, raw, tree, uses, type Use } from "./scan";
import desk from "./server.json";

const sources = import.meta.glob<string>(["../**/*.svelte", "../**/*.ts", "!../**/*.test.ts", "!./*"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const catalogues = import.meta.glob<Record<string, string>>("./*.json", { import: "default", eager: true });
const trees = Object.entries(sources).map(([name, source]) => [name.replace("../", ""), tree(name, source)] as const);
const used = trees.flatMap(([name, root]) => uses(name, root));

/** The same in every language: names; and what no reader sees: selectors, programmers' errors. */
const NAMES = new Set([
  "Streetlamp", "CSV", "XL", "button, a, summary, video", "button, a", "the page has no place to be drawn", "not of this desk: ",
  "PNG", "SITMUF", "delivery document", "count of 600 kg bags", "input, select", "[aria-invalid=true], li.bad button",
]);

const holes = (text: string) => [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((one) => one[1]!))].sort();
const PLURAL = /_(zero|one|two|few|many|other)$/;
const others = Object.keys(LANGUAGES).filter((one) => one !== "en");

test("what t is given is a plain text, and its plural has the same holes", () => {
  const odd = used.filter((one) => one.key === "" || (one.other !== undefined && !one.values.includes("count") && !one.values.includes("*")));
  expect(odd).toEqual([]);
  for (const one of used) {
    if (one.other !== undefined) expect(holes(one.other), one.key).toEqual(holes(one.key));
    if (!one.values.includes("*")) expect([...new Set(one.values)].sort(), `${one.where}: ${one.key}`).toEqual(holes(one.key));
    if (one.values.includes("count")) expect(one.other, `${one.where}: ${one.key} needs a plural`).toBeDefined();
  }
});

describe.each(trees)("%s", (_, root) => {
  test("says nothing without t", () => {
    expect([...raw(root), ...loose(root)].filter((text) => !NAMES.has(text))).toEqual([]);
  });
});

describe.each(others)("%s", (code) => {
  const page = catalogues[`./${code}.json`] ?? {};
  const server = catalogues[`./${code}.server.json`] ?? {};
  const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories.filter((one) => code !== "de" || one !== "many");
  const keysOf = ({ key, other }: Use) => (other === undefined ? [key] : forms.map((form) => `${key}_${form}`));
  const wanted = new Set(used.flatMap(keysOf));

  test("every text of the page is there, in every form", () => {
    expect([...wanted].filter((key) => !page[key])).toEqual([]);
  });
  test("and none that no page uses", () => {
    expect(Object.keys(page).filter((key) => !wanted.has(key))).toEqual([]);
  });
  test("with the same holes", () => {
    expect(Object.entries(page).filter(([key, text]) => String(holes(key)) !== String(holes(text)))).toEqual([]);
  });
  test("and the same marks", () => {
    const marks = (text: string) => (text.match(/<\/?code>/g) ?? []).length;
    expect(Object.entries(page).filter(([key, text]) => marks(key) !== marks(text))).toEqual([]);
  });
  test("every sentence of the desk is there", () => {
    const lacks = desk.filter(({ text }) => !server[text] && !forms.every((form) => server[`${text}_${form}`]));
    expect(lacks.map((one) => `${one.text} (${one.in.join(", ")})`)).toEqual([]);
  });
  test("and none that the desk does not say", () => {
    const said = new Set(desk.map((one) => one.text));
    expect(Object.keys(server).filter((key) => !said.has(key) && !said.has(key.replace(PLURAL, "")))).toEqual([]);
  });
  test("with the same holes, and clauses that follow as they do in English", () => {
    for (const [key, text] of Object.entries(server)) {
      expect(holes(text), key).toEqual(holes(key));
      expect(isClause(text), key).toBe(isClause(key));
    }
  });
});
