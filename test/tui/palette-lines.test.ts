import { afterEach, expect, it } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { type ConsoleOptions, runConsole } from "../../src/tui/console.ts";
import { LinesOfThisRun } from "../../src/tui/palette-lines.ts";
import { FakeSession } from "./fake-session.ts";
import { FakeTerminal } from "./fake-terminal.ts";

let leave: () => Promise<void> = async () => {};
afterEach(() => leave());

async function open(options: Partial<ConsoleOptions>): Promise<FakeTerminal> {
  const terminal = new FakeTerminal(100, 30);
  const quitted = runConsole(new FakeSession(), { ...terminal.options(), ...options });
  leave = async () => {
    terminal.press("\x03");
    await quitted;
  };
  await terminal.until((text) => text.includes("tenants"), "the first screen");
  return terminal;
}

const UP = "\x1b[A";

it("what the palette was told in runs before comes back with up, after what it is told in this one", async () => {
  const paletteLines = new LinesOfThisRun();
  for (const line of ["cfs-period 64", "policy orion"]) paletteLines.add(line);
  const terminal = await open({ paletteLines });
  terminal.press(":theme\r");
  await terminal.until((text) => !text.includes("─ palette ─"), "the palette closed");
  terminal.press(`:${UP}${UP}`);
  await terminal.until((text) => text.includes(": policy orion"), "the line before");
  terminal.press(UP);
  await terminal.until((text) => text.includes(": cfs-period 64"), "the first line");
  expect(paletteLines.all()).toEqual(["cfs-period 64", "policy orion", "theme"]);
});

it("a line that cannot be kept is done all the same, and the operator is told", async () => {
  const add = (): void => {
    throw new MissileError("/state/history: the line was not kept (no space left)", "historyNotWritten");
  };
  const terminal = await open({ paletteLines: { all: () => [], add } });
  terminal.press(":zoom\r");
  await terminal.until((text) => text.includes("the line was not kept (no space left)"), "the complaint");
  await terminal.until((text) => !text.includes("SMs by who ran"), "the pane alone");
});

it("what was wrong at the start is said on the first screen", async () => {
  const terminal = await open({ complaint: "/state/history is left alone" });
  await terminal.until((text) => text.includes("✗ /state/history is left alone"), "the complaint");
});
