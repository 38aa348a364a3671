import { Command } from "commander";
import { expect, it } from "vitest";
import { controlActions } from "../../src/actions/index.ts";
import { defineCtl } from "../../src/cli/commands/ctl.ts";
import { parseWords } from "../../src/cli/ctl-words.ts";

it("tells tenants from arguments", () => {
  expect(parseWords(["camera", "--value", "5", "lidar", "--how=drain=now"])).toEqual({
    tenants: ["camera", "lidar"],
    arguments: { value: "5", how: "drain=now" },
  });
});

it("takes a value that looks like a flag", () => {
  expect(parseWords(["--value", "-5"])).toEqual({ tenants: [], arguments: { value: "-5" } });
});

it("leaves every argument of an action to the action", () => {
  const command = new Command();
  defineCtl(command);
  const own = command.options.flatMap(({ long }) => (long === null || long === undefined ? [] : [long]));
  const names = controlActions.flatMap((action) => action.arguments.map(({ name }) => `--${name}`));
  expect(names.filter((name) => own.includes(name))).toEqual([]);
});

it.each([
  ["without a value", ["--value"]],
  ["with one dash", ["-v", "5"]],
  ["given twice", ["--value", "5", "--value=6"]],
])("refuses an argument %s", (_, words) => {
  expect(() => parseWords(words)).toThrow(expect.objectContaining({ code: "badArgument" }));
});
