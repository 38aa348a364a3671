/** The console in a real pseudo terminal: that it starts, and that every way out leaves the terminal as it was. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { spawn } from "@lydell/node-pty";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEAVE } from "../../src/tui/terminal.ts";
import { TerminalModel } from "./terminal-model.ts";

let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "missile-console-"));
  for (const name of ["node_modules", "package.json", "presets"])
    symlinkSync(resolve(name), join(folder, name));
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
function run(
  fault: string,
  onFirstScreen: (console: ReturnType<typeof spawn>, bytesSoFar: string) => void,
): Promise<Outcome> {
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
      onFirstScreen(console, screen);
    });
    console.onExit(({ exitCode, signal }) => {
      clearTimeout(deadline);
      resolve({ exitCode, signal, screen });
    });
  });
}

/** Keys, and what the screen must show before the next ones are pressed. */
type Step = readonly [keys: string, shows: string | RegExp];

/** Does the steps in a console that has begun, one once the screen shows what came of the one before. */
function drive(steps: readonly Step[]): Parameters<typeof run>[1] {
  return (console, bytesSoFar) => {
    const model = new TerminalModel(80, 24);
    const left = [...steps];
    let shows: Step[1] = "";
    const look = (): void => {
      const text = model.text();
      if (typeof shows === "string" ? !text.includes(shows) : !shows.test(text)) return;
      const next = left.shift();
      if (next === undefined) return;
      shows = next[1];
      console.write(next[0]);
    };
    console.onData((bytes) => void model.write(bytes).then(look));
    void model.write(bytesSoFar).then(look);
  };
}

/** What follows the last frame: the restore sequence, then what was said. */
const afterLeaving = (outcome: Outcome): string => {
  const at = outcome.screen.lastIndexOf(LEAVE);
  expect(at).toBeGreaterThan(0);
  return outcome.screen.slice(at + LEAVE.length);
};

describe("in a pseudo terminal", () => {
  it("an operator adds a tenant, steers, freezes, goes back, undoes and quits", async () => {
    const steps: readonly Step[] = [
      ["a", "add a tenant"],
      ["\t\t検出器\r", "added 検出器 (LS"],
      ["]", "nice of camera: 200,000 → 250,000"],
      ["+", "cfsPeriod: 512 → 1,024"],
      ["P", "choose the policy"],
      ["j", "! launches of all 7 tenants stop"],
      ["\r", "policy: missiletemporal → orion"],
      ["f", "FROZEN"],
      ["\x1b[D", /FROZEN.*back/],
      ["f", /^(?!.*FROZEN)/s],
      ["z", "undone: policy: missiletemporal → orion"],
      ["zz", "undone: nice of camera"],
      ["z", "undone: added 検出器"],
      ["Z", "done again: added 検出器"],
      ["q", "never: it has left"],
    ];
    const outcome = await run("", drive(steps));
    expect(outcome.exitCode).toBe(0);
    expect(afterLeaving(outcome)).toBe("");
  });

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
