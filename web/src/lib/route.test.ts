import { expect, test } from "vitest";
import { backPath, parse } from "./route";

test.each([
  ["/", "", { view: "wall" }],
  ["/anything/else", "", { view: "wall" }],
  ["/camera/north%20gate", "", { view: "camera", id: "north gate", at: null }],
  ["/camera/gate", "?at=1700000000", { view: "camera", id: "gate", at: 1700000000 }],
  ["/camera/gate", "?at=yesterday", { view: "camera", id: "gate", at: null }],
  ["/camera/north%20gate/rules", "", { view: "rules", id: "north gate" }],
  ["/camera", "", { view: "wall" }],
  ["/alarms", "", { view: "alarms", id: null }],
  ["/alarms/a1", "", { view: "alarms", id: "a1" }],
  ["/alarms/group/g%201", "", { view: "alarms", id: null, group: "g 1" }],
  ["/handover", "", { view: "handover" }],
  ["/report", "", { view: "report", period: "month" }],
  ["/report/2026-10", "", { view: "report", period: "2026-10" }],
  ["/fleet", "", { view: "fleet", plan: null }],
  ["/fleet/ground", "", { view: "fleet", plan: "ground" }],
  ["/events", "?q=gate", { view: "events" }],
  ["/setup", "", { view: "setup" }],
  ["/add", "", { view: "add" }],
  ["/users", "", { view: "users" }],
  ["/invite", "", { view: "invite" }],
  ["/notify", "", { view: "notify" }],
  ["/meters", "", { view: "meters" }],
  ["/meter", "", { view: "meters" }],
  ["/meter/water--1a2b", "", { view: "meter", id: "water--1a2b" }],
  ["/stores", "", { view: "stores" }],
  ["/store", "", { view: "stores" }],
  ["/store/store.1a2b", "", { view: "store", id: "store.1a2b" }],
  ["/store/north/entry", "", { view: "entry", id: "north", corrects: null }],
  ["/store/north/entry", "?corrects=12", { view: "entry", id: "north", corrects: 12 }],
  ["/store/north/entry", "?corrects=all", { view: "entry", id: "north", corrects: null }],
])("%s%s", (path, search, route) => expect(parse(path, search)).toEqual(route));

test.each([
  ["?back=%2Fcounts", "/counts"],
  ["?back=%2Fcamera%2Fgate%3Fat%3D5", "/camera/gate?at=5"],
  ["", "/"],
  ["?back=https%3A%2F%2Fevil.example", "/"],
  ["?back=%2F%2Fevil.example", "/"],
  ["?back=%2F%5Cevil.example", "/"],
])("a login never leads to another site: %s", (search, path) => expect(backPath(search)).toBe(path));
