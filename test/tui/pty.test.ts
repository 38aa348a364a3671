/** The console in a real pseudo terminal: that it starts, and that every way out leaves the terminal as it was. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawn } from "@lydell/node-pty";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEAVE } from "../../src/tui/terminal.ts";

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "missile-console-"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  await build({
    configFile: false,
    logLevel: "error",
    build: { ssr: resolve("test/tui/fixture-console.tsx"), outDir: join(folder, "out"), emptyOutDir: true },
  });
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly exitCode: number;
  readonly signal: number | undefined;
  readonly screen: string;
}

/** Starts the fixture, waits for its first screen, does something, and waits for the end. */
function run(fault: string, onFirstScreen: (console: ReturnType<typeof spawn>) => void): Promise<Outcome> {
  const env = { PATH: process.env.PATH, TERM: "xterm-256color", CI: "true", FIXTURE_FAULT: fault };
  const console = spawn(process.execPath, [join(folder, "out", "fixture-console.js")], {
    cols: 80,
    rows: 24,
    cwd: folder,
    env,
  });
  let screen = "";
  let begun = false;
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      console.kill("SIGKILL");
      reject(new Error(`still running; it wrote:\n${screen}`));
    }, 100_000);
    console.onData((bytes) => {
      screen += bytes;
      if (begun || !screen.includes("SMs by who ran")) return;
      begun = true;
      onFirstScreen(console);
    });
    console.onExit(({ exitCode, signal }) => {
      clearTimeout(deadline);
      resolve({ exitCode, signal, screen });
    });
  });
}

/** What follows the last frame: the restore sequence, then what was said. */
const afterLeaving = (outcome: Outcome): string => {
  const at = outcome.screen.lastIndexOf(LEAVE);
  expect(at).toBeGreaterThan(0);
  return outcome.screen.slice(at + LEAVE.length);
};

describe("in a pseudo terminal", () => {
  it("q ends it with 0 and says nothing", async () => {
    const outcome = await run("", (console) => console.write("q"));
    expect(outcome.exitCode).toBe(0);
    expect(afterLeaving(outcome)).toBe("");
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ] as const)("%s ends it with %i", async (signal, code) => {
    const outcome = await run("", (console) => console.kill(signal));
    expect(outcome.exitCode).toBe(code);
    expect(afterLeaving(outcome)).toBe("");
  });

  it("SIGHUP ends it by that signal", async () => {
    const outcome = await run("", (console) => console.kill("SIGHUP"));
    expect(outcome.signal).toBe(constants.signals.SIGHUP);
    expect(afterLeaving(outcome)).toBe("");
  });

  it.each([
    ["throw", /^missile-console stopped: a bug on purpose \(\S+:\d+\)\r\n$/],
    ["reject", /^missile-console stopped: a rejection on purpose \(\S+:\d+\)\r\n$/],
    ["die", /^missile-console stopped: the engine is gone\r\n$/],
  ])("%s ends it with 1 and one line", async (fault, line) => {
    const outcome = await run(fault, () => undefined);
    expect(outcome.exitCode).toBe(1);
    expect(afterLeaving(outcome)).toMatch(line);
  });
});
