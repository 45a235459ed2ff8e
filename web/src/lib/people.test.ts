import { expect, test } from "vitest";
import { patterns } from "./people";

test.each([
  ["", ["*"]],
  [" , ", ["*"]],
  ["gate", ["gate"]],
  ["north-*,  area:South side ,north-*", ["north-*", "area:South side"]],
])("cameras from “%s”", (text, found) => expect(patterns(text)).toEqual(found));
