/** A camera's set of places and rules, as it travels: in the very form of the site file. Pure. */

import { request } from "./api";
import { said } from "./said";
import type { Matrix } from "./shape";
import type { Point } from "./types";

export type Line = [Point, Point];
export type Rule = { rule: string; name?: string; zone?: string; line?: string } & Record<string, unknown>;
export type Ground = { rectangle?: Point[]; sides_m?: [number, number]; picture?: [number, number] } & Record<string, unknown>;

export interface RuleSet {
  zones: Record<string, Point[]>;
  lines: Record<string, Line>;
  ground: Ground | null;
  rules: Rule[];
}
export interface Version {
  version: number;
  origin: "file" | "desk";
  author: string;
  time: number;
  note: string;
}
export interface CameraRules {
  camera: string;
  origin: "file" | "desk";
  version: number;
  set: RuleSet;
  file: RuleSet;
  file_changed: boolean;
  problem: string;
  versions: Version[];
  plane: Matrix | null;
}
export interface Mistake {
  path: (string | number)[];
  text: string;
}
export interface Change {
  what: "zone" | "line" | "ground" | "rule";
  name: string;
  change: "added" | "changed" | "removed";
}
export interface Checked {
  mistakes: Mistake[];
  changes: Change[];
  plane: Matrix | null;
}
/** JSON schema, as far as options use it. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: (string | number)[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}
export interface RuleKind {
  kind: string;
  summary: string;
  about: string;
  watches: "zone" | "line";
  needs_ground: boolean;
  first: string[];
  form: Schema;
}

const at = (camera: string) => `/api/cameras/${encodeURIComponent(camera)}/rules`;
export const rulesApi = {
  kinds: () => request<{ kinds: RuleKind[] }>("GET", "/api/rules/kinds").then((got) => got.kinds),
  get: (camera: string) => request<CameraRules>("GET", at(camera)),
  check: (camera: string, set: RuleSet) => request<Checked>("POST", `${at(camera)}/check`, { set }),
  save: (camera: string, set: RuleSet, based_on: number, note: string) =>
    request<CameraRules>("PUT", at(camera), { set, based_on, note }),
  revert: (camera: string, version: number, based_on: number) =>
    request<CameraRules>("POST", `${at(camera)}/revert`, { version, based_on }),
  yaml: (camera: string) => request<{ text: string }>("GET", `${at(camera)}/yaml`).then((got) => got.text),
};

/* --- shapes of a set ---------------------------------------------------------------------------- */

/** Something in a set that is drawn on the picture. An arrow belongs to a rule, by its place. */
export type Shape =
  | { kind: "zone" | "line"; name: string }
  | { kind: "ground" }
  | { kind: "arrow"; rule: number; field: string };

export function sameShape(a: Shape | null, b: Shape | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function pointsOf(set: RuleSet, shape: Shape): Point[] {
  switch (shape.kind) {
    case "zone":
      return set.zones[shape.name] ?? [];
    case "line":
      return set.lines[shape.name] ?? [];
    case "ground":
      return set.ground?.rectangle ?? [];
    case "arrow": {
      const drawn = set.rules[shape.rule]?.[shape.field];
      return Array.isArray(drawn) ? (drawn as Point[]) : [];
    }
  }
}

export function withPoints(set: RuleSet, shape: Shape, points: Point[]): RuleSet {
  switch (shape.kind) {
    case "zone":
      return { ...set, zones: { ...set.zones, [shape.name]: points } };
    case "line":
      return { ...set, lines: { ...set.lines, [shape.name]: points as Line } };
    case "ground":
      return { ...set, ground: { ...set.ground, rectangle: points } };
    case "arrow":
      return {
        ...set,
        rules: set.rules.map((rule, i) => (i === shape.rule ? { ...rule, [shape.field]: points } : rule)),
      };
  }
}

/** So few corners it has at least; a line, an arrow and the ground have just so many. */
export const LEAST = { zone: 3, line: 2, arrow: 2, ground: 4 } as const;
export const isClosed = (shape: Shape): boolean => shape.kind === "zone" || shape.kind === "ground";

/** All shapes of a set; the arrow of a rule only where `arrows` says which fields are arrows. */
export function shapesOf(set: RuleSet, arrows: (kind: string) => string[]): Shape[] {
  return [
    ...Object.keys(set.zones).map((name): Shape => ({ kind: "zone", name })),
    ...Object.keys(set.lines).map((name): Shape => ({ kind: "line", name })),
    ...(set.ground?.rectangle ? [{ kind: "ground" } as const] : []),
    ...set.rules.flatMap((rule, i) =>
      arrows(rule.rule)
        .filter((field) => Array.isArray(rule[field]))
        .map((field): Shape => ({ kind: "arrow", rule: i, field })),
    ),
  ];
}

/** A name that no zone and no line has yet: "zone", "zone 2", … */
export function freeName(set: RuleSet, base: string): string {
  const taken = new Set([...Object.keys(set.zones), ...Object.keys(set.lines)]);
  return numbered(base, (name) => taken.has(name));
}

export function freeRuleName(set: RuleSet, base: string): string {
  const taken = new Set(set.rules.map((rule) => rule.name));
  return numbered(base, (name) => taken.has(name));
}

function numbered(base: string, taken: (name: string) => boolean): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base} ${n}`;
    if (!taken(name)) return name;
  }
}

/** A zone or line called otherwise, in its place in the order; the rules that watch it follow. */
export function renamed(set: RuleSet, shape: { kind: "zone" | "line"; name: string }, name: string): RuleSet {
  const swap = <T>(places: Record<string, T>) =>
    Object.fromEntries(Object.entries(places).map(([key, value]) => [key === shape.name ? name : key, value]));
  const rules = set.rules.map((rule) => (rule[shape.kind] === shape.name ? { ...rule, [shape.kind]: name } : rule));
  return shape.kind === "zone" ? { ...set, zones: swap(set.zones), rules } : { ...set, lines: swap(set.lines), rules };
}

/** Without a shape. Rules that watched it stay, and the desk says what they lack. */
export function removed(set: RuleSet, shape: Shape): RuleSet {
  const left = <T>(places: Record<string, T>, name: string) =>
    Object.fromEntries(Object.entries(places).filter(([key]) => key !== name));
  switch (shape.kind) {
    case "zone":
      return { ...set, zones: left(set.zones, shape.name) };
    case "line":
      return { ...set, lines: left(set.lines, shape.name) };
    case "ground":
      return { ...set, ground: null };
    case "arrow":
      return { ...set, rules: set.rules.map((rule, i) => (i === shape.rule ? dropped(rule, shape.field) : rule)) };
  }
}

export function dropped(rule: Rule, field: string): Rule {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => key !== field)) as Rule;
}

/** How many rules watch a place. */
export function watchers(set: RuleSet, shape: Shape): number {
  if (shape.kind !== "zone" && shape.kind !== "line") return 0;
  return set.rules.filter((rule) => rule[shape.kind] === shape.name).length;
}

/* --- forms -------------------------------------------------------------------------------------- */

export type Control = "switch" | "choice" | "choices" | "number" | "text" | "list" | "arrow" | "json";

/** A field's own schema: references followed, "or nothing" left away. */
export function plainSchema(field: Schema, defs: Record<string, Schema> = {}): Schema {
  const name = field.$ref?.split("/").at(-1);
  if (name) {
    const { $ref: _, ...own } = field;
    return plainSchema({ ...defs[name], ...own }, defs);
  }
  const { anyOf, ...own } = field;
  const some = anyOf?.find((one) => one.type !== "null");
  return some ? plainSchema({ ...some, ...own }, defs) : field;
}

const isPoint = (schema: Schema | undefined) => schema?.prefixItems?.length === 2 && schema.prefixItems.every((one) => one.type === "number");

/** What a field is filled in with. */
export function controlOf(field: Schema, defs: Record<string, Schema> = {}): Control {
  const plain = plainSchema(field, defs);
  if (plain.type === "boolean") return "switch";
  if (plain.enum) return "choice";
  if (plain.type === "number" || plain.type === "integer") return "number";
  if (plain.type === "string") return "text";
  if (plain.type === "array") {
    const item = plain.items && plainSchema(plain.items, defs);
    if (item?.enum) return "choices";
    if (item?.type === "object") return "list";
    if (plain.prefixItems?.length === 2 && plain.prefixItems.every(isPoint)) return "arrow";
  }
  return "json";
}

/** The fields of a kind of rule that are drawn. */
export function arrowFields(kind: RuleKind | undefined): string[] {
  return Object.entries(kind?.form.properties ?? {})
    .filter(([, field]) => controlOf(field, kind?.form.$defs) === "arrow")
    .map(([name]) => name);
}

/** What is wrong with the thing at a path, in words; `below` also with what stands in it. */
export function wrongAt(mistakes: readonly Mistake[], path: readonly (string | number)[], below = false): string {
  const fits = (mistake: Mistake) =>
    path.every((step, i) => mistake.path[i] === step) && (below || mistake.path.length === path.length);
  return mistakes.filter(fits).map((mistake) => said(mistake.text)).join("; ");
}
