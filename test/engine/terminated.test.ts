/** A thread that is ended in the midst of a simulation, as a shadow run is that nobody wants any more: the process goes on. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "./fixtures.ts";

const folder = scratch();
const built = (path: string): string => pathToFileURL(join(packageRoot, "dist", "src", path)).href;

const SIMULATION = `
import { parentPort } from "node:worker_threads";
import { runHeadless } from ${JSON.stringify(built("engine/headless.js"))};
import { loadMix } from ${JSON.stringify(built("presets/index.js"))};
parentPort.postMessage("begins");
runHeadless(loadMix("be-heavy"), 1e6);
`;

/** Where in the simulation a thread is ended is chance: fifteen times are enough, the first to throw to nobody ends the process. */
const PROGRAM = `
import { once } from "node:events";
import { Worker } from "node:worker_threads";
for (let i = 0; i < 15; i++) {
  const worker = new Worker(new URL("simulation.mjs", import.meta.url));
  await once(worker, "message");
  await new Promise((resolve) => setTimeout(resolve, 100 + 4 * i));
  await worker.terminate();
}
console.log("goes on");
`;

it("leaves the process as it was", () => {
  writeFileSync(join(folder, "simulation.mjs"), SIMULATION);
  const program = join(folder, "program.mjs");
  writeFileSync(program, PROGRAM);
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toBe("goes on\n");
});
