/**
 * What the scheduler core costs by itself: the time of one step, from events of a real run replayed in memory; and
 * what a million requests do to the heap and how long the garbage collector stops the run meanwhile.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Commands } from "../src/core/command.ts";
import { Scheduler } from "../src/core/scheduler.ts";
import { Engine } from "../src/engine/engine.ts";
import { runHeadless } from "../src/engine/headless.ts";
import { decodeEvent, decodeHeader } from "../src/engine/journal-text.ts";
import { scavengeOnOneThread } from "../src/engine/scavenges.ts";
import { loadMix, tenantWithDefaults } from "../src/presets/index.ts";
import type { MixConfig } from "../src/presets/mix.ts";
import { quantile } from "./statistics.ts";

const STEP_MIXES = ["two-tenants", "all-twelve"];
const STEP_SIM_SECONDS = 20;
const REQUESTS = 1_000_000;
const WARM_REQUESTS = 100_000;
const SLICE_NS = 100e6;
/** How long the machine itself is watched. Shorter misses what other programs do to it. */
const STALL_WATCH_MS = 5000;
const MIB = 1024 * 1024;

const nobody: Commands = {
  launch() {},
  extend() {},
  evict() {},
  copy() {},
  place() {},
  release() {},
};

/** The lines of the journal of a run, without its commands. */
function recordedEvents(mix: MixConfig): string[] {
  const directory = mkdtempSync(join(tmpdir(), "missile-bench-"));
  try {
    const journalPath = join(directory, "journal");
    runHeadless(mix, STEP_SIM_SECONDS, { journalPath });
    return readFileSync(journalPath, "utf8")
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith(">"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Times of `work(index)` in ns, sorted. */
function timed(count: number, work: (index: number) => void): Float64Array {
  const times = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    work(index);
    times[index] = (performance.now() - start) * 1e6;
  }
  return times.sort();
}

function stepTimes(name: string): string {
  const [first = "", ...lines] = recordedEvents(loadMix(name));
  const header = decodeHeader(first);
  const events = lines.map(decodeEvent);
  const replay = (): Float64Array => {
    const scheduler = new Scheduler(header.gpu, header.options);
    return timed(events.length, (index) => scheduler.step(events[index]!, nobody));
  };
  replay();
  const times = replay();
  const clockNs = quantile(
    timed(events.length, () => {}),
    0.5,
  );
  const [median, p99] = [0.5, 0.99].map((share) => Math.max(0, quantile(times, share) - clockNs));
  return `${name}: ${events.length} steps, median ${median?.toFixed(0)} ns, p99 ${p99?.toFixed(0)} ns (goal: median 1000 ns)`;
}

/** Small requests as fast as they come, so that a million of them do not take long. */
const floodMix: MixConfig = {
  ...loadMix("two-tenants"),
  tenants: (["LS", "BE"] as const).map((tenantClass) =>
    tenantWithDefaults({
      name: tenantClass,
      class: tenantClass,
      model: "squeezenet1.1",
      load: { kind: "closed", inFlight: 2, thinkMs: 0 },
    }),
  ),
};

async function heapAfter(engine: Engine, requests: number): Promise<number> {
  const completed = (): number =>
    engine.snapshot().tenants.reduce((sum, tenant) => sum + tenant.requests.completed, 0);
  while (completed() < requests) {
    engine.advance(engine.nowNs() + SLICE_NS);
    await setImmediate();
  }
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** The longest that the machine kept a loop waiting which does nothing: no pause below that says anything of the program. */
function longestStallMs(): number {
  const startMs = performance.now();
  let longestMs = 0;
  for (let lastMs = startMs; lastMs < startMs + STALL_WATCH_MS; ) {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  }
  return longestMs;
}

/** Collections that heapAfter asks for are no pauses of the run. */
function isForced(entry: PerformanceEntry): boolean {
  const { detail } = entry as PerformanceEntry & { readonly detail?: { readonly flags?: number } };
  return ((detail?.flags ?? 0) & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
}

async function memory(): Promise<string> {
  const pausesMs: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!isForced(entry)) pausesMs.push(entry.duration);
  });
  const engine = new Engine(floodMix);
  const warmBytes = await heapAfter(engine, WARM_REQUESTS);
  await setImmediate();
  observer.observe({ entryTypes: ["gc"] });
  const startedMs = performance.now();
  const grownBytes = await heapAfter(engine, REQUESTS);
  observer.disconnect();
  engine.close();
  const grown = ((grownBytes - warmBytes) / MIB).toFixed(2);
  const sorted = Float64Array.from(pausesMs).sort();
  const [median, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(sorted, share).toFixed(2));
  const wall = ((performance.now() - startedMs) / 1e3).toFixed(1);
  return (
    `${REQUESTS} requests in ${wall} s: heap ${(warmBytes / MIB).toFixed(1)} MiB after ${WARM_REQUESTS}, grown by ${grown} MiB; ` +
    `${sorted.length} collections, median ${median} ms, p99 ${p99} ms, longest ${longest} ms (goal: longest 5 ms); ` +
    `an idle loop is stalled for ${longestStallMs().toFixed(2)} ms`
  );
}

export async function coreStep(): Promise<void> {
  scavengeOnOneThread();
  for (const name of STEP_MIXES) console.log(stepTimes(name));
  console.log(await memory());
}
