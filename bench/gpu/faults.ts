/** What goes wrong, and what is left of it: device memory before and after each. */
import { setTimeout as sleep } from "node:timers/promises";
import { asTenantId } from "../../src/core/ids.ts";
import type { TenantSnapshot } from "../../src/core/snapshot.ts";
import { Engine } from "../../src/engine/engine.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { type CudaGpu, surveyGpus } from "../../src/native/index.ts";
import { loadMix } from "../../src/presets/index.ts";
import { plainKernel } from "../gpu-rig.ts";
import { type BenchGpu, openCuda } from "./bench-gpu.ts";
import { startProgram } from "./program.ts";

export const faultsTitle = `h200-micro and a tenant that is too large, a removal in mid-launch, a kernel that faults, a SIGKILL of the GPU host, of the console`;

/** The GPU is as empty as it was once its memory is back, which a process that was killed gives back a little later. */
const SETTLED_MS = 5_000;
const LOOK_MS = 50;

interface Row {
  readonly what: string;
  readonly outcome: string;
  readonly beforeMiB: number;
  readonly duringMiB: number;
  readonly afterMiB: number;
}

const columns: readonly Column<Row>[] = [
  { title: "", of: ({ what }) => what },
  { title: "MiB before", of: ({ beforeMiB }) => beforeMiB },
  { title: "during", of: ({ duringMiB }) => duringMiB },
  { title: "after", of: ({ afterMiB }) => afterMiB },
  { title: "outcome", of: ({ outcome }) => outcome },
];

/** Of the whole device, by NVML. */
function usedMiB({ backend }: BenchGpu): number {
  const nvml = surveyGpus().gpus[backend.ordinal]?.nvml;
  return nvml === undefined || typeof nvml === "string" ? Number.NaN : nvml.usedBytes / 2 ** 20;
}

/** Waits until no more is in use than before; returns what is in use then. */
async function settledMiB(bench: BenchGpu, beforeMiB: number): Promise<number> {
  const untilMs = performance.now() + SETTLED_MS;
  while (usedMiB(bench) > beforeMiB && performance.now() < untilMs) await sleep(LOOK_MS);
  return usedMiB(bench);
}

/** Does one thing that goes wrong; `during` tells what was in use at its height. */
async function row(
  bench: BenchGpu,
  what: string,
  wrong: (during: () => void) => string | Promise<string>,
): Promise<Row> {
  const beforeMiB = usedMiB(bench);
  let duringMiB = Number.NaN;
  const outcome = await wrong(() => {
    duringMiB = usedMiB(bench);
  });
  return { what, outcome, beforeMiB, duringMiB, afterMiB: await settledMiB(bench, beforeMiB) };
}

/** The mix on a GPU of its own, uncoloured: what a fault does to a GPU it does to all that is on it. */
function openRun({ backend, mix }: BenchGpu): { engine: Engine; gpu: CudaGpu } {
  const uncoloured = { ...backend, poolMiB: 0 };
  const gpu = openCuda(uncoloured);
  return { gpu, engine: new Engine(loadMix(mix), { backend: uncoloured, openDevice: () => gpu }) };
}

const completed = (engine: Engine): number =>
  engine.snapshot().tenants.reduce((sum, { requests }) => sum + requests.completed, 0);

/** Requests completed from now on; those that came while nobody polled are among them. */
function advance(engine: Engine, ns: number): number {
  const before = completed(engine);
  const untilNs = engine.presentNs() + ns;
  while (!engine.deviceHasFailed && !engine.advance(untilNs, 64));
  return completed(engine) - before;
}

function busiest(engine: Engine): TenantSnapshot {
  const { tenants } = engine.snapshot();
  return tenants.reduce((best, one) => (one.requests.completed > best.requests.completed ? one : best));
}

function faultyKernel(bench: BenchGpu, during: () => void): string {
  const { engine, gpu } = openRun(bench);
  const ns = bench.by({ full: 1e9, quick: 5e8, tiny: 5e8 });
  advance(engine, ns);
  during();
  const victim = busiest(engine);
  gpu.misdirect(asTenantId(victim.id));
  advance(engine, 10 * ns);
  const { failure } = engine.snapshot();
  if (failure === null) {
    engine.close();
    return "nothing failed";
  }
  const blamed = failure.tenant === null ? "nobody" : failure.tenant;
  const told = `${failure.code} by ${victim.name}, ${blamed} blamed; ${rebuilt(engine, ns)}`;
  engine.close();
  return told;
}

function hostKilled(bench: BenchGpu, during: () => void): string {
  const { engine, gpu } = openRun(bench);
  const ns = bench.by({ full: 1e9, quick: 5e8, tiny: 5e8 });
  advance(engine, ns);
  during();
  const startNs = engine.presentNs();
  process.kill(gpu.hostPid, "SIGKILL");
  advance(engine, 10 * ns);
  const seenMs = (engine.nowNs() - startNs) / 1e6;
  const code = engine.snapshot().failure?.code ?? "nothing failed";
  const told = `${code}, seen after ${seenMs.toFixed(1)} ms; ${rebuilt(engine, ns)}`;
  engine.close();
  return told;
}

function rebuilt(engine: Engine, ns: number): string {
  const startMs = performance.now();
  try {
    engine.act({ kind: "restoreDevice" });
  } catch (cause) {
    return (cause as Error).message;
  }
  const restoredMs = performance.now() - startMs;
  return `rebuilt in ${restoredMs.toFixed(0)} ms; ${advance(engine, ns)} requests since`;
}

function tooLarge(bench: BenchGpu, during: () => void): string {
  const { engine, gpu } = openRun(bench);
  during();
  const network = { name: "too-large", batch: 1, inputBytes: 0, outputBytes: 0 };
  const kernels = [{ ...plainKernel, threadsPerBlock: 256 }];
  try {
    gpu.load(asTenantId(63), { ...network, storedBytes: 2 * gpu.spec.vramBytes, kernels });
    return "was loaded";
  } catch (cause) {
    const done = advance(engine, bench.by({ full: 1e9, quick: 5e8, tiny: 5e8 }));
    return `${(cause as Error).message}; ${done} requests since`;
  } finally {
    engine.close();
  }
}

function removal(bench: BenchGpu, during: () => void): string {
  const { engine } = openRun(bench);
  const ns = bench.by({ full: 1e9, quick: 5e8, tiny: 5e8 });
  advance(engine, ns);
  during();
  const victim = busiest(engine);
  const startNs = engine.nowNs();
  engine.act({ kind: "removeTenant", tenant: victim.id, how: "abort" });
  const isThere = () => engine.snapshot().tenants.some(({ name }) => name === victim.name);
  while (isThere() && engine.nowNs() < startNs + 10 * ns) engine.step();
  const goneUs = (engine.nowNs() - startNs) / 1e3;
  const left = isThere() ? "is still there" : `gone after ${goneUs.toFixed(0)} us`;
  const done = advance(engine, ns);
  engine.close();
  return `${victim.name} ${left}; ${done} requests of the others since`;
}

async function sigkill(bench: BenchGpu, during: () => void): Promise<string> {
  const seconds = bench.by({ full: 5, quick: 4, tiny: 1 });
  const beforeMiB = usedMiB(bench);
  const run = [
    "run",
    bench.mix,
    "--backend",
    "cuda",
    "--gpu",
    `${bench.backend.ordinal}`,
    "--pool-mib",
    "0",
    "--seconds",
  ];
  const program = startProgram([...run, "600"]);
  await sleep(seconds * 1e3);
  during();
  const startMs = performance.now();
  await program.kill();
  await settledMiB(bench, beforeMiB);
  const freeMs = performance.now() - startMs;
  const again = startProgram([...run, `${bench.by({ full: 1, quick: 0.5, tiny: 0.1 })}`, "--json"]);
  const { tenants } = JSON.parse(await again.output()) as { tenants: { requests: { completed: number } }[] };
  const done = tenants.reduce((sum, { requests }) => sum + requests.completed, 0);
  return `killed after ${seconds} s; gone ${freeMs.toFixed(0)} ms later; started again: ${done} requests`;
}

export async function faults(bench: BenchGpu): Promise<void> {
  const rows = [
    // First, so that the driver's own memory is there before what is counted.
    await row(bench, "nothing", (during) => {
      const { engine } = openRun(bench);
      const done = advance(engine, bench.by({ full: 1e9, quick: 5e8, tiny: 5e8 }));
      during();
      engine.close();
      return `${done} requests`;
    }),
    await row(bench, "a tenant is too large", (during) => tooLarge(bench, during)),
    await row(bench, "a tenant is removed", (during) => removal(bench, during)),
    await row(bench, "a kernel faults", (during) => faultyKernel(bench, during)),
    await row(bench, "the GPU host is killed", (during) => hostKilled(bench, during)),
    await row(bench, "the console is killed", (during) => sigkill(bench, during)),
  ];
  console.log(table(columns, rows));
}
