import { expect, test } from "vitest";
import { bytesOf, canPush } from "./notify";

test("a key of the desk becomes bytes", () => {
  expect([...bytesOf("BP-_AA")]).toEqual([4, 255, 191, 0]);
  expect(bytesOf("A".repeat(87))).toHaveLength(65);
});

test("nothing is offered where a browser cannot take messages", () => expect(canPush()).toBe(false));
