/** `--metrics` of a run without a screen, as a process. Wants `npm run build` first. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";
import { parseOpenMetrics } from "./parse.ts";

const main = join(packageRoot, "dist", "src", "cli", "main.js");
const socket = `unix:${join(scratch(), "run.sock")}`;

let server: ChildProcess | null = null;

afterEach(() => {
  server?.kill("SIGKILL");
  server = null;
});

/** Starts a run, and resolves with what its line on stderr says where its figures are. */
function served(): Promise<string> {
  const child = spawn(process.execPath, [
    main,
    "serve",
    "--mix",
    "two-tenants",
    "--listen",
    socket,
    "--metrics",
    "0",
  ]);
  server = child;
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (bytes) => {
      said += bytes;
      const url = /figures for Prometheus at (http\S+)\n/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once("exit", () => reject(new Error(said)));
  });
}

it("serves the run's figures as it goes on, and ends with it", async () => {
  const url = await served();
  const headers = { accept: "application/openmetrics-text;version=1.0.0" };
  const clock = async (): Promise<number> => {
    const families = parseOpenMetrics(await (await fetch(url, { headers })).text());
    expect(families.get("missile_run_info")?.samples[0]?.labels).toMatchObject({ mix: "two-tenants" });
    return families.get("missile_clock_seconds")!.samples[0]!.value;
  };
  const before = await clock();
  while ((await clock()) <= before) await new Promise((resolve) => setTimeout(resolve, 50));
  const ended = new Promise((resolve) => server?.once("exit", resolve));
  server?.kill("SIGTERM");
  expect(await ended).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});

it("says in one line that its port is taken, and leaves nothing running", async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, "127.0.0.1", () => resolve((other.address() as { port: number }).port)),
  );
  // The port is this process's: it cannot wait for itself.
  const run = spawn(process.execPath, [main, "serve", "--listen", socket, "--metrics", String(port)]);
  let said = "";
  run.stderr.on("data", (bytes) => {
    said += bytes;
  });
  const code = await new Promise((resolve) => run.once("exit", resolve));
  other.close();
  expect(said).toBe(
    `missile-console: --metrics 127.0.0.1:${port}: something listens there already; choose another port\n`,
  );
  expect(code).toBe(2);
});

it.each(["somewhere", "127.0.0.1:99999"])("refuses the address %s in one line", (address) => {
  const args = [main, "serve", "--listen", socket, "--metrics", address];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toMatch(/^missile-console: [^\n]*\n$/);
  expect(status).toBe(2);
});
