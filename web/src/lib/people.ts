/** The desk's people and the tokens of programs, over its API. Times are POSIX seconds. */

import { request } from "./api";
import type { Right } from "./may";

export type Role = "operator" | "supervisor" | "privacy_officer" | "admin";

export interface Person {
  name: string;
  roles: Role[];
  /** Ids, patterns such as north-*, or area:North; * is all. */
  cameras: string[];
  enabled: boolean;
  /** Has not chosen a password yet. */
  invited: boolean;
  changed: number;
}

export interface Token {
  id: string;
  name: string;
  maker: string;
  rights: string[];
  cameras: string[];
  created: number;
  expires: number;
  used: number | null;
}

export interface Rights {
  rights: { name: Right; words: string; for_tokens: boolean }[];
  roles: { name: Role; label: string; words: string; rights: Right[] }[];
}

const id = encodeURIComponent;
const user = (name: string) => `/api/users/${id(name)}`;

export const people = {
  rights: () => request<Rights>("GET", "/api/rights"),
  all: () => request<{ people: Person[] }>("GET", "/api/users").then((got) => got.people),
  invite: (name: string, roles: Role[], cameras: string[]) =>
    request<{ person: Person; link: string }>("POST", "/api/users", { name, roles, cameras }),
  grant: (name: string, roles: Role[], cameras: string[], enabled: boolean) =>
    request<Person>("PUT", user(name), { roles, cameras, enabled }),
  link: (name: string) => request<{ person: Person; link: string }>("POST", `${user(name)}/link`),
  remove: (name: string) => request<unknown>("DELETE", user(name)),
  accept: (token: string, password: string) => request<unknown>("POST", "/api/invite", { token, password }),
  password: (old: string, fresh: string) => request<unknown>("POST", "/api/password", { old, new: fresh }),
  tokens: () => request<{ tokens: Token[] }>("GET", "/api/tokens").then((got) => got.tokens),
  make: (ask: { name: string; rights: string[]; cameras: string[]; days: number }) =>
    request<{ token: Token; text: string }>("POST", "/api/tokens", ask),
  revoke: (token: string) => request<unknown>("DELETE", `/api/tokens/${id(token)}`),
};

/** What somebody typed into a field for cameras: by commas; nothing is all. */
export function patterns(text: string): string[] {
  const found = text.split(",").map((one) => one.trim()).filter((one) => one !== "");
  return found.length === 0 ? ["*"] : [...new Set(found)];
}
