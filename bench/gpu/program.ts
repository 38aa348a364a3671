/** missile-console itself, in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

export interface Program {
  /** What it printed, once it has ended; throws what it complained of if it failed. */
  output(): Promise<string>;
  /** Ends it at once, as the kernel would. */
  kill(): Promise<void>;
}

/** Its output goes to a file: nobody need read it while this thread polls a GPU. */
export function startProgram(args: readonly string[]): Program {
  const folder = mkdtempSync(join(tmpdir(), "missile-program-"));
  const [out, err] = [join(folder, "out"), join(folder, "err")];
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", openSync(out, "w"), openSync(err, "w")],
  });
  const ended = once(child, "exit") as Promise<[number | null]>;
  return {
    async output() {
      const [status] = await ended;
      const text = readFileSync(out, "utf8");
      const complaint = readFileSync(err, "utf8");
      rmSync(folder, { recursive: true });
      if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${complaint}`);
      return text;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
