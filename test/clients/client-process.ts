/** The built clients as processes. Wants `npm run build` first. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../src/presets/paths.ts";

export type ClientName = "trace" | "cont" | "poisson";

export interface Outcome {
  /** null: a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface ClientProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
}

export function startClient(name: ClientName, words: readonly (string | number)[]): ClientProcess {
  const script = join(packageRoot, "dist", "src", "clients", `${name}.js`);
  const child = spawn(process.execPath, [script, ...words.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    text.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    text.err += chunk;
  });
  const ended = new Promise<Outcome>((resolve) => child.on("close", (code) => resolve({ code, ...text })));
  return { child, ended };
}
