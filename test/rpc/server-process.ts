/** `missile_server` as a process of its own. Wants `npm run build` first. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/presets/paths.ts";
import { FIRST_PORT } from "../../src/rpc/address.ts";

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** All that it has written to stderr so far. */
  err(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** File descriptors that it has open. */
  openFiles(): number;
  rssMiB(): number;
}

/** Indices to choose from, and how many tries it takes to pass ports that others have: any connection of this machine may. */
const INDICES = 500;
const ATTEMPTS = 10;

/** Test processes that run beside one another begin at different ones. */
let next = process.pid * 37;

/** Resolves once it says that it listens. For tests that are about the index; others call startServer. */
export async function startAt(
  index: number,
  scheduler = "missiletemporal",
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const script = join(packageRoot, "dist", "src", "cli", "missile-server.js");
  const child = spawn(process.execPath, [script, scheduler, "512", String(index), ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      text += chunk;
      if (text.includes("listening on")) resolve();
    });
    void ended.then(() => reject(new Error(`it did not start: ${text}`)));
  });
  return {
    child,
    port: FIRST_PORT + index,
    err: () => text,
    ended,
    openFiles: () => readdirSync(`/proc/${child.pid}/fd`).length,
    rssMiB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "latin1"))?.[1]) / 1024,
  };
}

/** A server on a port that nobody has. */
export async function startServer(
  scheduler = "missiletemporal",
  ...flags: readonly string[]
): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startAt(next++ % INDICES, scheduler, flags);
    } catch (cause) {
      if (attempt === ATTEMPTS || !/is taken/.test(String(cause))) throw cause;
    }
  }
}

/** As an operator would end it. */
export function stopServer({ child, ended }: ServerProcess): Promise<number | string> {
  child.kill("SIGTERM");
  return ended;
}
