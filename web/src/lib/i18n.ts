/** What the page says, in the reader's language.
 *
 * English stands in the sources and is the key: `t("Acknowledge")`, `t("{{n}} cameras", { n })`.
 * Where a number decides between forms, pass it as `count` and give the English forms too:
 * `t("{{count}} alarm", { count, other: "{{count}} alarms" })`. A catalogue in `locale/` holds the
 * other languages; what it lacks is shown in English. A change of language loads the page anew, so
 * that nothing has to follow it: the page is loaded only after `speak`, and texts made when a
 * module is loaded are right too. A test reads all keys from the sources: they are plain literals.
 *
 * What the desk says in English goes through `said` (see `said.ts`), numbers through `fixed`.
 */

import i18next, { type TOptions } from "i18next";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = "streetlamp.language";
const CATALOGUES: Record<Exclude<Language, "en">, () => Promise<[Record<string, string>, Catalogue]>> = {
  de: () => load(import("../locale/de.json"), import("../locale/de.server.json")),
};
/** As Intl knows it: British English, as it has 24 hours and the day before the month. */
const TAGS: Record<Language, string> = { en: "en-GB", de: "de-DE" };

/** The desk's own sentences, as `tools/server_words.py` finds them, and what they are in a language. */
export interface Catalogue {
  templates: { text: string; numbers?: string[]; lists?: string[]; ours?: string[]; part?: string }[];
  words: Record<string, string>;
}

const page = i18next.createInstance();
let desk: Catalogue | null = null;

/** The words of the page, and those of the desk with their templates. */
async function load(
  words: Promise<{ default: Record<string, string> }>,
  desk: Promise<{ default: Record<string, string> }>,
): Promise<[Record<string, string>, Catalogue]> {
  const templates = (await import("../locale/server.json")).default;
  return [(await words).default, { templates, words: (await desk).default }];
}

function known(tag: string | null | undefined): Language | undefined {
  const short = tag?.slice(0, 2).toLowerCase() ?? "";
  return short in LANGUAGES ? (short as Language) : undefined;
}

/** What was chosen here before, else the first of the browser's languages that there is. */
export function preferred(kept: string | null, browser: readonly string[]): Language {
  return known(kept) ?? browser.map(known).find((one) => one !== undefined) ?? "en";
}

/** Loads the catalogue; call it once, before anything is shown. */
export async function speak(language: Language): Promise<void> {
  const [words, said] = language === "en" ? [{}, null] : await CATALOGUES[language]();
  desk = said;
  await page.init({
    lng: language,
    resources: { [language]: { translation: words } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false }, // Svelte escapes what it shows
    returnEmptyString: false,
  });
  if (typeof document !== "undefined") document.documentElement.lang = language;
}

export function language(): Language {
  return known(page.language) ?? "en";
}

/** The language for Intl: dates, times, order of names. */
export function tag(): string {
  return TAGS[language()];
}

/** What the desk says, in the page's language; null where that is English. */
export function deskWords(): Catalogue | null {
  return desk;
}

export function choose(language: Language): void {
  localStorage.setItem(KEPT, language);
  location.reload();
}

export function kept(): string | null {
  return localStorage.getItem(KEPT);
}

type Values = Record<string, string | number> & { count?: number; other?: string };

/** The text in the page's language, with its values put in. */
export function t(text: string, values: Values = {}): string {
  const { other, ...rest } = values;
  const english = values.count !== undefined && values.count !== 1 && other ? other : text;
  if (!page.isInitialized) return fill(english, rest);
  return page.t(text, { ...rest, defaultValue: english } as TOptions);
}

/** For tests and what runs before the catalogue is there: English, filled in. */
function fill(text: string, values: Record<string, string | number | undefined>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => String(values[name] ?? whole));
}

const commas = new Map<string, string>();

/** A number with so many digits behind the language's comma; as it is without `digits`. */
export function fixed(value: number, digits?: number): string {
  return comma(digits === undefined ? String(value) : value.toFixed(digits));
}

/** A number that is written with a point, with the language's comma. */
export function comma(text: string): string {
  const speaks = tag();
  let sign = commas.get(speaks);
  if (sign === undefined) {
    sign = new Intl.NumberFormat(speaks).formatToParts(0.5).find((part) => part.type === "decimal")?.value ?? ".";
    commas.set(speaks, sign);
  }
  return text.replace(".", sign);
}
