/** The search over events: its address and what it asks the desk. Pure but for `eventsApi`; tested. */

import { query, request } from "./api";
import { dateOf, midnightOf } from "./calendar";
import type { AlarmState, Severity } from "./types";
import { addDays, midnight } from "./week";

export const FACETS = ["camera", "kind", "place", "rule", "severity", "state"] as const;
export type Facet = (typeof FACETS)[number];

export interface Found {
  id: string;
  camera: string;
  rule: string;
  kind: string;
  place: string;
  start: number;
  end: number | null;
  message: string;
  severity: Severity;
  alarm: string | null;
  state: AlarmState | null;
  has_clip: boolean;
}

export type Facets = { total: number } & Record<Facet, { value: string; n: number }[]>;

/** What is asked for; dates are the site's days, "" for the default. */
export interface Filter {
  q: string;
  from: string;
  to: string;
  chosen: Record<Facet, string[]>;
}

export const DAYS = 7; // shown when no dates are given

export function nothing(): Filter {
  return { q: "", from: "", to: "", chosen: { camera: [], kind: [], place: [], rule: [], severity: [], state: [] } };
}

/** The filter that an address says. */
export function read(search: string): Filter {
  const said = new URLSearchParams(search);
  const filter = nothing();
  filter.q = (said.get("q") ?? "").slice(0, 200);
  filter.from = said.get("from") ?? "";
  filter.to = said.get("to") ?? "";
  for (const facet of FACETS) filter.chosen[facet] = [...new Set(said.getAll(facet))].slice(0, 50);
  return filter;
}

/** The address that says a filter. */
export function write(filter: Filter): string {
  const said = new URLSearchParams();
  if (filter.q.trim()) said.set("q", filter.q.trim());
  if (filter.from) said.set("from", filter.from);
  if (filter.to) said.set("to", filter.to);
  for (const facet of FACETS) for (const value of filter.chosen[facet]) said.append(facet, value);
  const text = said.toString();
  return text ? `/events?${text}` : "/events";
}

/** From when to when, POSIX seconds: whole days at the site. */
export function range(filter: Filter, now: number, zone: string): [start: number, end: number] {
  const last = midnightOf(filter.to, zone) ?? midnight(now, zone);
  const end = addDays(last, 1, zone);
  const start = midnightOf(filter.from, zone) ?? addDays(end, -DAYS, zone);
  return [Math.min(start, last), end];
}

/** Dates for the last so many days. */
export function lastDays(days: number, now: number, zone: string): { from: string; to: string } {
  const today = midnight(now, zone);
  return { from: dateOf(addDays(today, 1 - days, zone) + 43200, zone), to: dateOf(today + 43200, zone) };
}

/** Chooses a value, or takes it back. */
export function toggled(filter: Filter, facet: Facet, value: string): Filter {
  const had = filter.chosen[facet];
  const chosen = had.includes(value) ? had.filter((one) => one !== value) : [...had, value];
  return { ...filter, chosen: { ...filter.chosen, [facet]: chosen } };
}

function asked(filter: Filter, now: number, zone: string, more: Record<string, string | number | undefined> = {}): string {
  const [start, end] = range(filter, now, zone);
  const plain = query({ start, end, q: filter.q.trim(), ...more });
  const chosen = FACETS.flatMap((facet) => filter.chosen[facet].map((value) => `&${facet}=${encodeURIComponent(value)}`));
  return plain + chosen.join("");
}

export const eventsApi = {
  page: (filter: Filter, now: number, zone: string, after?: string) =>
    request<{ events: Found[]; next: string | null }>("GET", `/api/events${asked(filter, now, zone, { after })}`),
  facets: (filter: Filter, now: number, zone: string) =>
    request<Facets>("GET", `/api/events/facets${asked(filter, now, zone)}`),
  tableUrl: (filter: Filter, now: number, zone: string) => `/api/events.csv${asked(filter, now, zone)}`,
};
