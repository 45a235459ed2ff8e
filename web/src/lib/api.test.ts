/** What the page says when the desk's answer is none. */

import { afterEach, expect, test, vi } from "vitest";

import { ApiError, request } from "./api";

afterEach(() => vi.unstubAllGlobals());

test("a page instead of an answer is said so", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("<!doctype html>", { status: 200 })));
  const asked = request("GET", "/api/site");
  await expect(asked).rejects.toBeInstanceOf(ApiError);
  await expect(asked).rejects.toThrow("no answer of the desk");
});

test("an answer without a body is none to read", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
  expect(await request("POST", "/api/logout")).toBeUndefined();
});

test("a desk that is away is said so", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  await expect(request("GET", "/api/site")).rejects.toThrow("Is Streetlamp running?");
});
