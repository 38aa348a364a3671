import { expect, it } from "vitest";
import { withoutColours } from "../../src/wallboard/output.ts";

it.each([
  ["\x1b[31mred\x1b[39m", "red"],
  ["\x1b[1;38;5;208;4mloud\x1b[m", "\x1b[1;4mloud\x1b[0m"],
  ["\x1b[38;2;1;2;3;7mx", "\x1b[7mx"],
  ["\x1b[97;100mx\x1b[0m", "x\x1b[0m"],
  ["\x1b[5;6H\x1b[2J\x1b[?25l", "\x1b[5;6H\x1b[2J\x1b[?25l"],
])("%j has no colours as %j", (bytes, plain) => {
  expect(withoutColours(bytes)).toBe(plain);
});
