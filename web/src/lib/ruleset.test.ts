import { describe, expect, it } from "vitest";
import {
  arrowFields, controlOf, freeName, plainSchema, pointsOf, removed, renamed, shapesOf, watchers, withPoints, wrongAt, type RuleKind, type RuleSet,
} from "./ruleset";

const SET: RuleSet = {
  zones: { yard: [[0, 0], [1, 0], [1, 1]], lawn: [[0, 0], [1, 0], [0, 1]] },
  lines: { door: [[0, 0.5], [1, 0.5]] },
  ground: { rectangle: [[0, 0], [1, 0], [1, 1], [0, 1]], sides_m: [2, 3] },
  rules: [
    { rule: "intrusion", name: "a", zone: "yard" },
    { rule: "line_crossing", name: "b", line: "door" },
    { rule: "wrong_way", name: "c", zone: "yard", arrow: [[0.1, 0.1], [0.9, 0.9]] },
  ],
};
const arrows = (kind: string) => (kind === "wrong_way" ? ["arrow"] : []);

describe("shapes of a set", () => {
  it("are all that is drawn", () => {
    const shapes = shapesOf(SET, arrows);
    expect(shapes.map((shape) => shape.kind)).toEqual(["zone", "zone", "line", "ground", "arrow"]);
    for (const shape of shapes) {
      const points = pointsOf(SET, shape);
      expect(points.length).toBeGreaterThan(1);
      expect(pointsOf(withPoints(SET, shape, points.slice(0, 1)), shape)).toHaveLength(1);
    }
  });
  it("keep their place when they are called otherwise, and rules follow", () => {
    const other = renamed(SET, { kind: "zone", name: "yard" }, "court");
    expect(Object.keys(other.zones)).toEqual(["court", "lawn"]);
    expect(other.rules.map((rule) => rule.zone)).toEqual(["court", undefined, "court"]);
    expect(renamed(SET, { kind: "line", name: "door" }, "gate").rules[1]?.line).toBe("gate");
  });
  it("are taken away; rules stay", () => {
    const left = removed(SET, { kind: "zone", name: "yard" });
    expect(Object.keys(left.zones)).toEqual(["lawn"]);
    expect(left.rules).toHaveLength(3);
    expect(removed(SET, { kind: "ground" }).ground).toBeNull();
    expect(removed(SET, { kind: "arrow", rule: 2, field: "arrow" }).rules[2]).not.toHaveProperty("arrow");
    expect(watchers(SET, { kind: "zone", name: "yard" })).toBe(2);
  });
  it("get a name of their own", () => {
    expect(freeName(SET, "zone")).toBe("zone");
    expect(freeName(SET, "door")).toBe("door 2");
  });
});

describe("forms", () => {
  const defs = { Severity: { enum: ["info", "warning"], title: "Severity" }, Window: { type: "object", properties: {} } };
  const point = { type: "array", prefixItems: [{ type: "number" }, { type: "number" }] };
  it("follow what the schema says", () => {
    expect(controlOf({ type: "boolean" })).toBe("switch");
    expect(controlOf({ $ref: "#/$defs/Severity" }, defs)).toBe("choice");
    expect(controlOf({ type: "array", items: { enum: ["car"] } })).toBe("choices");
    expect(controlOf({ type: "array", items: { $ref: "#/$defs/Window" } }, defs)).toBe("list");
    expect(controlOf({ type: "array", prefixItems: [point, point] })).toBe("arrow");
    expect(controlOf({ type: "array", items: { type: "number" } })).toBe("json");
    expect(controlOf({ anyOf: [{ type: "number", minimum: 3 }, { type: "null" }], title: "Perhaps" })).toBe("number");
    expect(plainSchema({ $ref: "#/$defs/Severity", title: "How" }, defs).title).toBe("How");
  });
  it("know which fields are drawn", () => {
    const form = { properties: { arrow: { type: "array", prefixItems: [point, point] }, name: { type: "string" } } };
    expect(arrowFields({ form } as unknown as RuleKind)).toEqual(["arrow"]);
    expect(arrowFields(undefined)).toEqual([]);
  });
  it("show what is wrong where it is", () => {
    const mistakes = [{ path: ["rules", 0, "name"], text: "missing" }, { path: ["zones", "a"], text: "crosses" }];
    expect(wrongAt(mistakes, ["rules", 0, "name"])).toBe("missing");
    expect(wrongAt(mistakes, ["rules", 0])).toBe("");
    expect(wrongAt(mistakes, ["rules", 0], true)).toBe("missing");
    expect(wrongAt(mistakes, ["rules", 1], true)).toBe("");
  });
});
