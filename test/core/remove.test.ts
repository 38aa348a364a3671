import { expect, it } from "vitest";
import { remove } from "../../src/core/remove.ts";

it("takes one item out of a list and keeps the others in order", () => {
  const items = ["a", "b", "c", "b"];
  remove(items, "b");
  expect(items).toEqual(["a", "c", "b"]);
  remove(items, "b");
  expect(items).toEqual(["a", "c"]);
  expect(() => remove(items, "b")).toThrow("bug");
});
