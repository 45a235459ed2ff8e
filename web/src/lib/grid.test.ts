import { describe, expect, test } from "vitest";
import { fitted, grid, ranges, within, type Section } from "./grid";
import { groups, layOut, matches, step, usualSize } from "./wallview";
import type { SiteCamera } from "./types";

const areas: Section[] = [{ title: "Look here", many: 3 }, { title: "North", many: 140 }, { title: "South", many: 157 }];
const one: Section[] = [{ title: "", many: 300 }];
const rooms = { laptop: [1396, 700], monitor: [2516, 1300], phone: [366, 600] } as const;

describe.each(Object.entries(rooms))("on a %s", (_, [width, height]) => {
  test.each([["areas", areas], ["one", one]])("no tile is outside, none over another: %s", (_, sections) => {
    for (const made of [112, 176, 280, 420].map((wide) => grid(sections, width, wide, 16 / 9)).concat(fitted(sections, width, height, 16 / 9))) {
      const boxes = [...made.places, ...made.heads.flatMap((head) => head ?? [])];
      expect(made.places).toHaveLength(300);
      const outside = boxes.filter((p) => p.x < 0 || p.x + p.w > width || p.y + p.h > made.height);
      const over = boxes.filter((p, i) =>
        boxes.some((q, j) => j > i && p.x + p.w > q.x && q.x + q.w > p.x && p.y + p.h > q.y && q.y + q.h > p.y),
      );
      expect([outside, over]).toEqual([[], []]);
    }
  });
});

test("300 fit a laptop's and a monitor's screen, and scroll on a phone", () => {
  expect(fitted(areas, 1396, 700, 16 / 9).height).toBeLessThanOrEqual(700);
  expect(fitted(areas, 2516, 1300, 16 / 9).height).toBeLessThanOrEqual(1300);
  expect(fitted(areas, 2516, 1300, 16 / 9).wide).toBeGreaterThan(100);
  expect(fitted(areas, 366, 600, 16 / 9).height).toBeGreaterThan(600);
});

test("what is in sight", () => {
  const { places } = grid(one, 1396, 176, 16 / 9);
  const seen = within(places, 0, 600);
  expect(seen[0]).toBe(0);
  expect(seen.length).toBeLessThan(60);
  expect(within(places, -500, -1)).toEqual([]);
});

describe("ranges", () => {
  test.each([
    [[], []],
    [[4], [[4, 4]]],
    [[4, 5, 6, 9], [[4, 6], [9, 9]]],
    [[9, 3, 4], [[9, 9], [3, 4]]],
  ])("%j", (numbers, wanted) => expect(ranges(numbers)).toEqual(wanted));

  test("too many are joined over the smallest holes, and none is left out", () => {
    const numbers = Array.from({ length: 300 }, (_, i) => i * 3 + (i > 150 ? 40 : 0));
    const found = ranges(numbers, 10);
    expect(found.length).toBeLessThanOrEqual(10);
    for (const n of numbers) expect(found.filter(([a, b]) => n >= a && n <= b)).toHaveLength(1);
    expect(found).toContainEqual([expect.any(Number), 450]); // the widest hole stays
  });
});

const camera = (id: string, name: string, area: string): SiteCamera => ({ id, name, area, width: 0, height: 0, zones: [], lines: [], rules: [] });
const site = [camera("a", "Main gate", "North"), camera("b", "Dock", "South"), camera("c", "Yard", "North"), camera("d", "Mast", "")];

describe("sections", () => {
  test("those in front, then the areas in the site's order", () => {
    const found = groups(site, { front: ["c"], rest: ["a", "b", "d"] });
    expect(found.map(({ title, cameras }) => `${title}: ${cameras.map(({ id }) => id).join("")}`)).toEqual([
      "Look here: c",
      "North: a",
      "South: b",
      "Without an area: d",
    ]);
  });
  test("one area needs no heading", () => {
    expect(groups(site.slice(0, 1), { front: [], rest: ["a"] }).map(({ title }) => title)).toEqual([""]);
  });
  test("a camera that nobody has ordered yet is there all the same", () => {
    expect(groups(site, { front: [], rest: [] }).flatMap(({ cameras }) => cameras)).toHaveLength(4);
  });
});

test("a camera is found by any part of its name, area or id", () => {
  expect(matches(site[0]!, "gate")).toBe(true);
  expect(matches(site[0]!, "north MAIN")).toBe(true);
  expect(matches(site[0]!, "south gate")).toBe(false);
});

test("sizes", () => {
  expect(usualSize(null, 300, 1440)).toBe(176);
  expect(usualSize(null, 30, 1440)).toBe("all");
  expect(usualSize(null, 30, 390)).toBe(176);
  expect([usualSize("all", 300, 1440), usualSize("280", 30, 1440), usualSize("7", 300, 1440)]).toEqual(["all", 280, 176]);
  expect([step("all", -1), step("all", 1), step(420, 1)]).toEqual(["all", 112, 420]);
});

test("a wall of few keeps the shapes of its pictures", () => {
  const { places } = layOut([{ title: "", cameras: site }], [4 / 3, 4 / 3, 16 / 9, 1], { width: 1396, height: 700 }, 176, false);
  expect(new Set(places.map(({ w }) => w)).size).toBeGreaterThan(1);
});
