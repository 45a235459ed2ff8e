/** Tanks and stores: what the desk says of them, what may be noted, and what is odd. Tested. */

import { query, request } from "./api";
import { comma, fixed, t } from "./i18n";

export type Kind =
  | "receipt" | "issue" | "transfer_in" | "transfer_out" | "stock_take" | "recount" | "level" | "water_level"
  | "meter_total" | "temperature" | "withdrawal";

export interface Limits {
  capacity: number | null;
  top: number | null;
  totals: Readonly<Record<string, number>>;
  /** Issues are noted, and no meter's total. */
  issues: boolean;
}

export interface StoreLine {
  id: string;
  name: string;
  form: "tank" | "bulk";
  product: string;
  unit: string;
  trouble: string;
  closed: number | null;
  measured: number | null;
  capacity: number | null;
  muf: number | null;
  usual: number | null;
  abrupt: number | null;
  lasting: number | null;
  found: number;
}

export interface Balances {
  time: number[];
  measured: number[];
  book: number[];
  muf: number[];
  expected: number[];
  sigma: number[];
  sitmuf: number[];
  page: number[];
  page_limit: number;
  abrupt_limit: number;
  entries: number[][];
}

export interface Least {
  abrupt: number;
  lasting: number;
  days: number;
  advice: { words: string; part: string; abrupt: number; lasting: number }[];
}

export interface StoreFinding {
  id: string;
  cause: string;
  start: number;
  detected: number;
  size: number | null;
  unit: string;
  confidence: number;
  evidence: string;
  entries: number[];
}

export interface Store {
  id: string;
  name: string;
  form: "tank" | "bulk";
  product: string;
  unit: string;
  dated: boolean;
  limits: Limits;
  meters: string[];
  methods: string[];
  trouble: string;
  balances: Balances | null;
  least: Least | null;
  findings: StoreFinding[];
  reckoned: number | null;
  waiting: boolean;
}

export interface Entry {
  seq: number;
  kind: Kind;
  at: number;
  quantity: number;
  unit: string;
  instrument: string;
  ref: string;
  author: string;
  note: string;
  corrects: number | null;
  noted: number;
}

export interface Noted {
  entry: Entry;
  new: boolean;
}

const at = (id: string) => `/api/stores/${encodeURIComponent(id)}`;

export const storesApi = {
  list: () => request<{ stores: StoreLine[]; reckoned: number | null }>("GET", "/api/stores"),
  store: (id: string) => request<Store>("GET", at(id)),
  entries: (id: string, limit: number, before?: number) =>
    request<{ entries: Entry[] }>("GET", `${at(id)}/entries${query({ limit, before })}`).then((got) => got.entries),
};

const AMOUNTS = { tank: ["L", "m3", "gal", "impgal"], bulk: ["t", "kg", "lb"] } as const;
const HEIGHTS = ["mm", "cm", "in"] as const;

/** What an entry of a kind is called. */
export const KIND_WORDS: Record<Kind, string> = {
  receipt: t("Delivery"),
  issue: t("Issue"),
  level: t("Dip"),
  water_level: t("Water"),
  temperature: t("Temperature"),
  stock_take: t("Stock-take"),
  recount: t("Recount"),
  meter_total: t("Meter total"),
  transfer_in: t("Transfer in"),
  transfer_out: t("Transfer out"),
  withdrawal: t("Withdrawal"),
};

const TANK: readonly Kind[] = ["level", "receipt", "water_level", "temperature", "meter_total", "issue", "stock_take", "recount", "transfer_in", "transfer_out"];
const BULK: readonly Kind[] = ["receipt", "issue", "stock_take", "recount", "transfer_in", "transfer_out", "meter_total"];

/** The kinds of entry that a store takes, the usual ones first. */
export function kindsOf(form: "tank" | "bulk"): readonly Kind[] {
  return form === "tank" ? TANK : BULK;
}

/** The units a kind may be in, the usual one first. */
export function unitsOf(kind: Kind, form: "tank" | "bulk"): readonly string[] {
  if (kind === "level" || kind === "water_level") return HEIGHTS;
  if (kind === "temperature") return ["°C", "°F"];
  return AMOUNTS[form];
}

/** What a unit is called where it stands alone. */
export function unitName(unit: string): string {
  if (unit === "m3") return "m³";
  if (unit === "gal") return t("US gal");
  if (unit === "impgal") return t("imp. gal");
  return unit;
}

/** What it is measured with, the usual one first; none: the meter's name is asked for. */
export function instrumentsOf(kind: Kind, store: Pick<Store, "form" | "methods">): readonly string[] {
  const weighed = store.form === "bulk" ? "weighbridge" : "";
  switch (kind) {
    case "level":
      return ["stick", "gauge"];
    case "water_level":
      return ["stick", "gauge"];
    case "temperature":
      return ["thermometer"];
    case "receipt":
    case "transfer_in":
      return [weighed || "delivery document"];
    case "issue":
    case "transfer_out":
      return [weighed || "dispenser"];
    case "stock_take":
    case "recount": {
      const usual = store.form === "bulk" ? ["survey", "count of 600 kg bags"] : ["volume", "gauge"];
      return [...new Set([...store.methods.filter((one) => one !== "opening"), ...usual])];
    }
    default:
      return [];
  }
}

const CAUSES: Record<string, string> = {
  leak: t("Leak"),
  theft: t("Gone at once"),
  meter_drift: t("Meter drift"),
  delivery_short: t("Short delivery"),
  water_in: t("Water coming in"),
  count_error: t("Count again"),
  one_off: t("Gone at once"),
  protracted: t("A little every day"),
};

/** What a cause is called. */
export function causeName(cause: string): string {
  return CAUSES[cause] ?? cause.replaceAll("_", " ");
}

/** An instrument's name in the page's language, where it is one of the usual ones. */
export function instrumentName(name: string): string {
  const words: Record<string, string> = {
    stick: t("Stick"),
    gauge: t("Gauge (ATG)"),
    thermometer: t("Thermometer"),
    dispenser: t("Dispenser"),
    "delivery document": t("Delivery document"),
    weighbridge: t("Weighbridge"),
    survey: t("Survey"),
    volume: t("Volume noted"),
  };
  const bags = /^count of ([\d.,]+) kg bags$/.exec(name)?.[1];
  return words[name] ?? (bags ? t("Count of {{kg}} kg bags", { kg: bags }) : name);
}

const FACTORS: Record<string, [number, number?]> = {
  L: [1], m3: [1000], gal: [3.785411784], impgal: [4.54609], t: [1], kg: [0.001], lb: [0.00045359237],
  mm: [1], cm: [10], in: [25.4], "°C": [1], "°F": [5 / 9, -160 / 9],
};

/** A quantity in L, t, mm or °C. */
export function inBase(quantity: number, unit: string): number {
  const [factor, offset = 0] = FACTORS[unit] ?? [1];
  return factor * quantity + offset;
}

/** What somebody typed as a number, with a point or a comma; null where it is none. */
export function amount(text: string): number | null {
  let plain = text.replace(/[\s\u2009\u202f']/g, "").replace("−", "-");
  const last = Math.max(plain.lastIndexOf("."), plain.lastIndexOf(","));
  if (plain.includes(".") && plain.includes(","))
    plain = plain.slice(0, last).replace(/[.,]/g, "") + plain.slice(last);
  plain = plain.replace(",", ".");
  return /^-?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}

const AHEAD = 300;
const OLD = 366 * 86400;

/** What is odd about an entry, as the desk would say; the person may say that it is so. */
export function oddities(
  one: { kind: Kind; at: number; quantity: number; unit: string; instrument: string; corrects: number | null },
  limits: Limits,
  now: number,
): string[] {
  if (one.kind === "withdrawal") return [];
  const odd: string[] = [];
  if (one.at > now + AHEAD) odd.push(t("The time lies in the future."));
  else if (one.at < now - OLD) odd.push(t("The time is more than a year ago."));
  const base = inBase(one.quantity, one.unit);
  if (one.kind === "level" || one.kind === "water_level") {
    if (limits.top !== null && base > limits.top) odd.push(t("The tank's chart ends at {{mm}} mm.", { mm: Math.round(limits.top) }));
    else if (base < 0) odd.push(t("A height is not below zero."));
  } else if (one.kind === "temperature") {
    if (base < -40 || base > 60) odd.push(t("{{degrees}} °C is no temperature of a store.", { degrees: Math.round(base) }));
  } else if (one.kind === "meter_total") {
    const last = limits.totals[one.instrument];
    if (limits.issues) odd.push(t("Issues of this store are noted: with a meter's totals they would count twice."));
    else if (last !== undefined && base < last && one.corrects === null)
      odd.push(
        t("The last total of this meter was {{last}} {{unit}}, and this is less.", {
          last: fixed(last / inBase(1, one.unit), 1),
          unit: unitName(one.unit),
        }),
      );
  } else if (limits.capacity !== null && base > limits.capacity)
    odd.push(t("The tank holds {{litres}} L.", { litres: Math.round(limits.capacity) }));
  return odd;
}

/** What cannot be noted at all, in a sentence; "" for what can. */
export function impossible(kind: Kind, quantity: number | null, instrument: string): string {
  if (quantity === null) return t("Type a number.");
  const height = kind === "level" || kind === "water_level";
  if (quantity < 0 && !height && kind !== "temperature") return t("It cannot be below zero. Note what came back as a delivery.");
  if (kind === "meter_total" && instrument.trim() === "") return t("Which meter is it?");
  return "";
}

export interface Range {
  from: number;
  to: number;
}

/** The part of a store's time that is shown: the last so many days, or all of it. */
export function lastDays(balances: { time: readonly number[] }, days: number | null): Range | null {
  const first = balances.time[0];
  const to = balances.time.at(-1);
  if (first === undefined || to === undefined) return null;
  const from = days === null ? first : Math.max(first, to - days * 86400);
  const room = Math.max(to - from, 86400) * 0.02;
  return { from: from - room, to: to + room };
}

/** Times and columns for a chart; `columns` are as long as `time`. */
export function limitsOf(balances: Balances): { low: number[]; high: number[] } {
  const low = balances.expected.map((one, i) => one - 3 * (balances.sigma[i] ?? 0));
  const high = balances.expected.map((one, i) => one + 3 * (balances.sigma[i] ?? 0));
  return { low, high };
}

/** A quantity as a person writes it: three figures that matter, thousands whole. */
export function much(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A quantity as it was noted, with thousands apart: nothing is rounded away. */
export function exact(value: number): string {
  const [whole = "", rest = ""] = String(Number(value.toPrecision(12))).split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, "\u202f")}${rest ? comma(`.${rest}`) : ""}`;
}

/** Which entry stands for which: by the corrected one's number. */
export function correctedBy(entries: readonly Entry[]): ReadonlyMap<number, Entry> {
  return new Map(entries.flatMap((one) => (one.corrects === null ? [] : [[one.corrects, one] as const])));
}
