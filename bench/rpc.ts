/** What a server bears, and what its clients feel: section by section in one run, with the steps of its scheduler timed throughout. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BroadcastChannel } from "node:worker_threads";
import { productVersion } from "../src/cli/product-version.ts";
import { type Serving, startServing } from "../src/cli/serving.ts";
import type { ConsoleSession } from "../src/engine/session.ts";
import { openSession } from "../src/engine/session-holder.ts";
import { loadMix } from "../src/presets/index.ts";
import type { MixConfig } from "../src/presets/mix.ts";
import { formatAddress } from "../src/rpc/address.ts";
import { STEPS } from "./rpc/steps.ts";
import { quantile } from "./statistics.ts";

/** Runs beside everything: what its steps take is compared. */
const MIX = "two-tenants";
const QUIET_MS = 5_000;
const SEQUENTIAL = 2_000;
const CLIENTS = 64;
/**
 * For so many clients at once: a policy under which a request is few steps, and a GPU that is fast enough, so that it is the server that is
 * measured. (62 networks side by side keep the simulation busy for seconds a simulated second.)
 */
const LOAD_POLICY = "temporal";
const LOAD_SPEED = 50;
const CONSOLES = 200;
const CYCLES = 10_000;
/** Before anything is counted: until then heaps grow. */
const WARM_CYCLES = 1_000;
/** Wall ms in which the last connections end. */
const SETTLE_MS = 500;

interface Bench {
  readonly session: ConsoleSession;
  readonly serving: Serving;
  readonly steps: BroadcastChannel;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const sorted = (values: Iterable<number>): Float64Array => Float64Array.from(values).sort();

const quantiles = (values: Iterable<number>, unit: string): string => {
  const ordered = sorted(values);
  return `p50 ${quantile(ordered, 0.5).toFixed(3)} ${unit}, p99 ${quantile(ordered, 0.99).toFixed(3)} ${unit}`;
};

/** The scheduler's steps since this was last asked. */
function takeSteps({ steps }: Bench): Promise<Float32Array> {
  return new Promise((resolve) => {
    steps.onmessage = ({ data }: { data: Float32Array }) => resolve(data);
    steps.postMessage(null);
  });
}

async function sayServer(bench: Bench, beganMs: number, cpu: NodeJS.CpuUsage): Promise<void> {
  const durations = await takeSteps(bench);
  const seconds = (performance.now() - beganMs) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  const busy = ((user + system) / 1e6 / seconds) * 100;
  const perS = Math.round(durations.length / seconds);
  console.log(
    `  steps: ${perS}/s, ${quantiles(durations, "us")}; server's CPU ${busy.toFixed(0)} % of a core`,
  );
}

/** Runs one section, and says what the scheduler's steps took meanwhile. */
async function section(bench: Bench, title: string, work: () => Promise<string>): Promise<void> {
  await takeSteps(bench);
  const beganMs = performance.now();
  const cpu = process.cpuUsage();
  console.log(`${title}: ${await work()}`);
  await sayServer(bench, beganMs, cpu);
}

async function load<Seen>(bench: Bench, mode: string, count: number): Promise<Seen> {
  const script = fileURLToPath(new URL("./rpc/load.js", import.meta.url));
  const words = [script, mode, formatAddress(bench.serving.address), String(count), productVersion()];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Seen;
}

/** Of the tenants that clients bring: simulated ms of each request, in the order of their ends. */
async function simulatedMs({ session }: Bench, sinceNs: number): Promise<number[]> {
  const { tenancies, tenancy, latencyNs } = await session.requests(sinceNs);
  const own = new Set(loadMix(MIX).tenants.map(({ name }) => name));
  const ms: number[] = [];
  for (let row = 0; row < latencyNs.length; row++)
    if (!own.has(tenancies[tenancy[row]!]!.name)) ms.push(latencyNs[row]! / 1e6);
  return ms;
}

async function sequential(bench: Bench): Promise<string> {
  const sinceNs = bench.session.view().snapshot.atNs;
  const { ms } = await load<{ ms: number[] }>(bench, "sequential", SEQUENTIAL);
  const simulated = await simulatedMs(bench, sinceNs);
  const beyond = ms.map((wall, index) => wall - simulated[index]!);
  // The first ones are run by the interpreter.
  return `${SEQUENTIAL} inferences one after another, beyond the simulated latency ${quantiles(beyond.slice(200), "ms")}`;
}

async function closedLoops(bench: Bench): Promise<string> {
  const { ms, perS } = await load<{ ms: number[]; perS: number }>(bench, "closedLoops", CLIENTS);
  const gpu = `GPU at ${LOAD_SPEED}x, ${LOAD_POLICY}`;
  return `${CLIENTS} clients (${gpu}): ${Math.round(perS)} requests/s, ${quantiles(ms, "ms")}`;
}

async function attached(bench: Bench): Promise<string> {
  const seen = await load<{ viewsPerS: number; kBPerS: number }>(bench, "attached", CONSOLES);
  const { viewsPerS, kBPerS } = seen;
  return `${CONSOLES} attached consoles: ${Math.round(viewsPerS)} views/s, ${Math.round(kBPerS)} kB/s in all`;
}

/** What could be left of clients that have gone. */
function left({ session }: Bench): string {
  global.gc?.();
  const files = readdirSync("/proc/self/fd").length;
  const shared = readdirSync("/dev/shm").filter((name) => name.includes("_data")).length;
  const mib = Math.round(process.memoryUsage().rss / 2 ** 20);
  return `${files} files, ${shared} shared, ${session.view().snapshot.tenants.length} tenants, ${mib} MiB`;
}

async function cycles(bench: Bench): Promise<string> {
  await load(bench, "cycles", WARM_CYCLES);
  await pause(SETTLE_MS);
  const before = left(bench);
  const { perS, broken } = await load<{ perS: number; broken: number }>(bench, "cycles", CYCLES);
  await pause(SETTLE_MS);
  const counts = `${CYCLES} connect-disconnect cycles: ${Math.round(perS)}/s, ${broken} broken`;
  return `${counts}\n  before: ${before}\n  after:  ${left(bench)}`;
}

/** Serves a run while `work` lasts. */
async function served(mix: MixConfig, speed: number, work: (bench: Bench) => Promise<void>): Promise<void> {
  const worker = new URL("./rpc/observed-worker.js", import.meta.url);
  const session = await openSession(mix, { speed }, worker);
  const address = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
  const serving = await startServing({ session, address });
  const steps = new BroadcastChannel(STEPS);
  try {
    await work({ session, serving, steps });
  } finally {
    steps.close();
    await serving.stop();
    await session.close();
  }
}

export async function rpc(): Promise<void> {
  const mix = loadMix(MIX);
  await served(mix, 1, async (bench) => {
    const quiet = async (): Promise<string> => {
      await pause(QUIET_MS);
      return `${QUIET_MS / 1e3} s of ${MIX} alone`;
    };
    await section(bench, "quiet", quiet);
    await section(bench, "consoles", () => attached(bench));
    await section(bench, "overhead", () => sequential(bench));
    await section(bench, "cycles", () => cycles(bench));
    await section(bench, "quiet again", quiet);
  });
  await served({ ...mix, policy: LOAD_POLICY, tenants: [] }, LOAD_SPEED, (bench) =>
    section(bench, "load", () => closedLoops(bench)),
  );
}
