/** The built console in a pseudo terminal, over the real engine. Wants `npm run build` first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { expect, it, vi } from "vitest";
import { replay } from "../../src/engine/replay.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";

const main = join(packageRoot, "dist", "src", "cli", "main.js");

/** The reaction to each text, once it has appeared after the one before. */
type Script = readonly (readonly [text: string, react: (console: ReturnType<typeof spawn>) => void])[];

/** Starts the console and plays the script; resolves to the exit code. */
function play(args: readonly string[], script: Script): Promise<number> {
  const console = spawn(process.execPath, [main, ...args], { cols: 120, rows: 36 });
  const steps = [...script];
  let fresh = "";
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      console.kill("SIGKILL");
      reject(new Error(`still waits for "${steps[0]?.[0]}" in:\n${fresh}`));
    }, 100_000);
    console.onData((bytes) => {
      fresh += bytes;
      const step = steps[0];
      if (step === undefined || !fresh.includes(step[0])) return;
      steps.shift();
      fresh = "";
      step[1](console);
    });
    console.onExit(({ exitCode }) => {
      clearTimeout(deadline);
      resolve(exitCode);
    });
  });
}

it.each([
  ["q", 0, (console: ReturnType<typeof spawn>) => console.write("q")],
  ["SIGTERM", 143, (console: ReturnType<typeof spawn>) => console.kill("SIGTERM")],
  ["SIGINT", 130, (console: ReturnType<typeof spawn>) => console.kill("SIGINT")],
] as const)(
  "leaves a complete journal of what was done, ended by %s",
  async (_, code, end) => {
    const journal = join(scratch(), "console.journal");
    const exitCode = await play(
      ["--mix", "two-tenants", "--speed", "8", "--journal", journal],
      [
        ["SMs by who ran", (console) => console.write("]")],
        ["nice of", (console) => console.write("+")],
        ["cfsPeriod:", (console) => console.write("Pj\r")],
        ["policy:", end],
      ],
    );
    expect(exitCode).toBe(code);
    expect(replay(journal)).toMatchObject({ difference: null, missingAtEnd: 0 });
    const text = readFileSync(journal, "utf8");
    expect(text.endsWith("\n")).toBe(true);
    for (const act of ["tenantChanged", "tunableSet", "policyChosen"]) expect(text).toContain(`\n${act} `);
  },
  40_000,
);

it("ends without a word when its terminal goes away", async () => {
  const folder = scratch();
  const [errors, code, journal] = ["errors", "code", "run.journal"].map((name) => join(folder, name));
  // In a session of its own no signal tells it: it finds that out. The shell says how it has ended.
  const run = `"${process.execPath}" "${main}" --mix two-tenants --journal "${journal}" 2> "${errors}"`;
  const command = `exec 3<&0; setsid sh -c '${run}; echo $? > "${code}"' <&3 & wait`;
  const console = spawn("/bin/sh", ["-c", command], { cols: 120, rows: 36 });
  const shown = new Promise<void>((resolve) => {
    console.onData((bytes) => {
      if (bytes.includes("SMs by who ran")) resolve();
    });
  });
  await shown;
  (console as unknown as { destroy(): void }).destroy();
  await vi.waitFor(() => expect(readFileSync(code!, "utf8")).toBe("129\n"), {
    timeout: 30_000,
    interval: 50,
  });
  expect(readFileSync(errors!, "utf8").replace("Hangup\n", "")).toBe("");
  expect(replay(journal!)).toMatchObject({ difference: null, missingAtEnd: 0 });
}, 60_000);
