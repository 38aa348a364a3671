/** How soon the executor answers: a mix in a worker, as the console runs it, with views taken at screen rate. */
import { setTimeout as sleep } from "node:timers/promises";
import { BroadcastChannel } from "node:worker_threads";
import { sayFailure } from "../../src/core/snapshot.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { openWorkerSession } from "../../src/engine/worker-session.ts";
import { loadMix } from "../../src/presets/index.ts";
import type { BenchGpu } from "./bench-gpu.ts";
import { OBSERVATIONS, type Observation } from "./observation.ts";

export const decisionsTitle = `h200-micro under missiletemporal, a session attached and its views taken: from a completion seen in memory to the driver call that answers it`;

const WORKER_URL = new URL("./observed-worker.js", import.meta.url);

/** Asks the watched worker. */
function observe(channel: BroadcastChannel): Promise<Observation> {
  return new Promise((resolve) => {
    channel.onmessage = ({ data }: { data: unknown }) => resolve(data as Observation);
    channel.postMessage("tell");
  });
}

interface Row {
  readonly what: string;
  readonly measured: number;
  readonly goal: string;
}

const columns: readonly Column<Row>[] = [
  { title: "", of: ({ what }) => what },
  { title: "measured", of: ({ measured }) => measured, digits: 2 },
  { title: "goal", of: ({ goal }) => goal },
];

function rowsOf(before: Observation, after: Observation, views: number): readonly Row[] {
  const { decisions, ...counts } = after.statistics;
  const collections = after.collectionsMs.slice(before.collectionsMs.length);
  const row = (what: string, measured: number, goal = ""): Row => ({ what, measured, goal });
  const since = (what: "launches" | "evictions" | "partitionsMade" | "fallbackLaunches") =>
    counts[what] - before.statistics[what];
  return [
    row("decisions", decisions.count - before.statistics.decisions.count),
    row("p50 us", decisions.p50Ns / 1e3, "3"),
    row("p99 us", decisions.p99Ns / 1e3, "10"),
    row("p99.9 us", decisions.p999Ns / 1e3, "100"),
    row("longest us", decisions.maxNs / 1e3),
    row("launches", since("launches")),
    row("evictions", since("evictions")),
    row("partitions made", since("partitionsMade")),
    row("launches on a fallback partition", since("fallbackLaunches")),
    row("garbage collections", collections.length),
    row("longest collection ms", Math.max(0, ...collections)),
    row("views", views),
  ];
}

export async function decisions(bench: BenchGpu): Promise<void> {
  const channel = new BroadcastChannel(OBSERVATIONS);
  const seconds = bench.by({ full: 60, quick: 10, tiny: 0.5 });
  const session = await openWorkerSession(loadMix(bench.mix), { backend: bench.backend }, WORKER_URL);
  try {
    let views = 0;
    session.subscribe(() => {
      views++;
    });
    const died = session.died.then((why) => Promise.reject(new Error(why)));
    const before = await Promise.race([observe(channel), died]);
    await Promise.race([sleep(seconds * 1e3), died]);
    const after = await Promise.race([observe(channel), died]);
    const { failure } = session.view().snapshot;
    if (failure !== null) throw new Error(sayFailure(failure));
    console.log(`${seconds} s:`);
    console.log(table(columns, rowsOf(before, after, views)));
  } finally {
    await session.close();
    channel.close();
  }
}
