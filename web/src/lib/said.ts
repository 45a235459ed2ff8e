/**
 * What the desk says, in the page's language.
 *
 * The desk writes English: alarms, reasons, refusals. `tools/server_words.py` finds the sentences
 * in its sources and keeps them as templates with named holes in `locale/server.json`; a catalogue
 * `locale/<language>.server.json` translates each. Here a sentence is recognised by its template,
 * what stands in the holes is translated in the same way, and it is said anew. A template that
 * begins with a space or a comma is a clause that follows another. A sentence that is not known, or
 * has a part that is not, is shown in English as it came: never half. See design/words.md.
 */

import { comma, deskWords, tag, type Catalogue } from "./i18n";
import { many } from "./words";

interface Template {
  text: string;
  /** The names of the holes, in the order of the pattern's groups. */
  holes: string[];
  pattern: RegExp;
  lists: ReadonlySet<string>;
  /** These hold no names: what is not known in them makes the sentence unknown. */
  ours: ReadonlySet<string>;
  /** It has words of its own, and not only punctuation; or it quotes a name. */
  speaks: boolean;
  /** A word or none: too few to be known by. Whatever it joins must be known, names apart. */
  weak: boolean;
}

interface Known {
  exact: ReadonlySet<string>;
  whole: readonly Template[];
  clauses: readonly Template[];
  words: Record<string, string>;
  plural: Intl.PluralRules;
  done: Map<string, Said | null>;
}

/** A text said anew, and how many letters of it are not known: names, and what is foreign. */
interface Said {
  text: string;
  foreign: number;
}

const HOLE = /\{\{(\w+)\}\}/g;
const NUMBER = String.raw`[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|inf`;
const DEPTH = 6; // of sentences in sentences
/** Holes for what people or machines wrote. */
const NAMES = new Set(["name", "place", "camera", "camera_name", "site", "text", "where", "status"]);
const LABELLED = /^\p{Lu}\p{L}+( \p{L}+)?: \{\{\w+\}\}$/u; // "Done: {{step}}": known by what it begins with

let known: Known | null = null;
let of: Catalogue | null = null;

/** Whether it only follows another sentence. */
export function isClause(text: string): boolean {
  return /^[ ,;:]/.test(text);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function template(
  { text, numbers = [], lists = [], ours = [] }: Catalogue["templates"][number],
  parts: ReadonlyMap<string, string>,
): Template {
  const holes: string[] = [];
  let pattern = "";
  let at = 0;
  for (const hole of text.matchAll(HOLE)) {
    const name = hole[1] ?? "";
    pattern += escaped(text.slice(at, hole.index));
    at = hole.index + hole[0].length;
    pattern += numbers.includes(name) ? `(${NUMBER})` : `(${parts.get(name) ?? ".*?"})`;
    holes.push(name);
  }
  pattern += escaped(text.slice(at));
  return {
    text,
    holes,
    pattern: new RegExp(isClause(text) ? `^(.+?)${pattern}$` : `^${pattern}$`, "s"),
    lists: new Set(lists),
    ours: new Set(ours),
    speaks: isClause(text) || /\p{L}{2}|^“.*”$/u.test(text.replace(HOLE, "")),
    weak: !LABELLED.test(text) && (text.replace(HOLE, "").match(/\p{L}{2,}/gu)?.length ?? 0) < 2,
  };
}

function compile({ templates, words }: Catalogue): Known {
  // Words that stand in one hole only, such as "is" and "are", longest first.
  const parts = new Map<string, string>();
  for (const { text, part } of [...templates].sort((a, b) => b.text.length - a.text.length))
    if (part) parts.set(part, parts.has(part) ? `${parts.get(part)}|${escaped(text)}` : escaped(text));
  const made = templates.map((one) => template(one, parts));
  // Of two ways to understand a sentence that leave nothing foreign, the one with more words wins.
  const own = ({ text }: Template) => text.replace(HOLE, "").length;
  made.sort((a, b) => own(b) - own(a));
  return {
    exact: new Set(templates.map(({ text }) => text)),
    whole: made.filter(({ text, holes }) => holes.length > 0 && !isClause(text)),
    clauses: made.filter(({ text }) => isClause(text)),
    words,
    plural: new Intl.PluralRules(tag()),
    done: new Map(),
  };
}

/** A sentence of the desk in the page's language; as it is where it is not known. */
export function said(text: string): string {
  const catalogue = deskWords();
  if (catalogue !== of) {
    of = catalogue;
    known = catalogue && compile(catalogue);
  }
  if (!known || text === "") return text;
  return whole(known, text, 1, 0)?.text ?? text;
}

/** How a template is said of so many; null where the catalogue lacks it. */
function translated(all: Known, key: string, count: number): string | null {
  return all.words[`${key}_${all.plural.select(count)}`] ?? all.words[`${key}_other`] ?? all.words[key] ?? null;
}

function whole(all: Known, text: string, count: number, depth: number): Said | null {
  if (depth > DEPTH) return null;
  const key = `${count} ${text}`;
  const before = all.done.get(key);
  if (before !== undefined) return before;
  const found = find(all, text, count, depth);
  if (all.done.size > 2000) all.done.clear();
  all.done.set(key, found);
  return found;
}

/** Of all ways in which it can be understood the one that leaves the least of it foreign. */
function find(all: Known, text: string, count: number, depth: number): Said | null {
  if (all.exact.has(text)) {
    const exact = translated(all, text, count);
    return exact === null ? null : { text: exact, foreign: 0 };
  }
  const counted = things(text);
  if (counted) return { text: counted.said, foreign: 0 };
  if (text.startsWith(": ")) {
    const rest = whole(all, text.slice(2), count, depth + 1);
    return rest && { text: `: ${rest.text}`, foreign: rest.foreign };
  }
  let best: Said | null = null;
  const take = (made: Said | null) => {
    if (made && (!best || made.foreign < best.foreign)) best = made;
  };
  for (const one of all.whole) {
    const groups = one.pattern.exec(text);
    if (groups) take(filled(all, one, groups.slice(1), depth));
  }
  for (const one of all.clauses) {
    const groups = one.pattern.exec(text);
    if (!groups) continue;
    const first = whole(all, groups[1] ?? "", count, depth + 1);
    const then = first && filled(all, one, groups.slice(2), depth);
    if (then) take({ text: first.text + then.text, foreign: first.foreign + then.foreign });
  }
  return best;
}

/** The template said anew; null where it is not translated, or where nothing in it is known. */
function filled(all: Known, one: Template, found: readonly string[], depth: number): Said | null {
  const count = Math.max(1, ...found.map((text) => things(text)?.count ?? 0));
  const values: Record<string, string> = {};
  let knows = one.speaks;
  let fits = true;
  let foreign = 0;
  one.holes.forEach((name, i) => {
    const text = found[i] ?? "";
    const parts = one.lists.has(name) ? text.split(", ") : [text];
    values[name] = parts
      .map((part) => {
        const made = part === "" ? null : whole(all, part, count, depth + 1);
        if (made) knows = true;
        else if (letters(part) > 1 && (one.ours.has(name) || (one.weak && !NAMES.has(name)))) fits = false;
        foreign += made ? made.foreign : letters(part);
        return made ? made.text : local(part);
      })
      .join(", ");
  });
  const target = knows && fits ? translated(all, one.text, count) : null;
  return target === null ? null : { text: target.replace(HOLE, (hole, name: string) => values[name] ?? hole), foreign };
}

function letters(text: string): number {
  return text.match(/\p{L}/gu)?.length ?? 0;
}

/** Numbers with the language's comma; anything else is a name or foreign, and stays. */
function local(text: string): string {
  return /^[-+−]?[\d,]+(\.\d+)?( %)?$/.test(text) ? comma(text.replaceAll(",", "")) : text;
}

const THINGS = /^\d[\d,]* \p{L}+(, \d+ \p{L}+)*( and \d+ \p{L}+)?$/u;
const SINGULAR: Record<string, string> = {
  people: "person",
  bicycles: "bicycle",
  cars: "car",
  motorcycles: "motorcycle",
  buses: "bus",
  trucks: "truck",
  cameras: "camera",
  alarms: "alarm",
  rules: "rule",
};

/** "2 people and 1 car", as the rules count, and how many that are; null if it is something else. */
function things(text: string): { said: string; count: number } | null {
  if (!THINGS.test(text)) return null;
  let count = 0;
  const parts: string[] = [];
  for (const part of text.split(/, | and /)) {
    const [n = "", word = ""] = part.split(" ");
    const kind = SINGULAR[word] ?? word;
    if (!Object.values(SINGULAR).includes(kind)) return null;
    const number = Number(n.replaceAll(",", ""));
    count += number;
    parts.push(many(kind, number));
  }
  return { said: new Intl.ListFormat(tag(), { type: "conjunction" }).format(parts), count };
}
