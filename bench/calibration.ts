/** `npm run bench -- calibration`: the simulated H200 beside the measured one, row by row. */
import type { GpuSpec } from "../src/core/spec.ts";
import { type Column, table } from "../src/engine/table.ts";
import { loadGpu } from "../src/presets/index.ts";
import { copyRows } from "./calibration-copies.ts";
import { executionRows } from "./calibration-execution.ts";
import { executorRows } from "./calibration-executor.ts";
import { bandwidthRows, lawRows, residentRows, sharingComparison } from "./calibration-memory.ts";
import { median } from "./statistics.ts";

/** One figure: what was measured, and what the simulation makes of the same experiment. */
export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  readonly model: number;
  /** Why the model has nothing to say about it, where it has not; the row then counts in no statistic. */
  readonly outside?: string;
}

const errorPercent = ({ measured, model }: Comparison): number => 100 * (model / measured - 1);

const columns: readonly Column<Comparison>[] = [
  { title: "", of: (row) => row.what },
  { title: "unit", of: (row) => row.unit },
  { title: "measured", of: (row) => row.measured, digits: 2 },
  { title: "model", of: (row) => row.model, digits: 2 },
  { title: "error %", of: errorPercent, digits: 1 },
  { title: "", of: (row) => row.outside ?? "" },
];

/** What was measured without our executor: by programs of a page each, which wait in the driver, with four loads of a thread under way. */
const bare = (gpu: GpuSpec): GpuSpec => ({
  ...gpu,
  memory: { ...gpu.memory, inFlightBytesPerThread: 64 },
  executor: { answerNs: 0, submitNs: 0, arrivalNs: 0, elasticKernelNs: 0 },
});

const GOAL = { medianPercent: 10, worstPercent: 30 };

export async function calibration(): Promise<void> {
  const h200 = loadGpu("h200");
  const gpu = bare(h200);
  const sections: readonly (readonly [string, readonly Comparison[]])[] = [
    ["Bandwidth of one reading kernel, by SMs", bandwidthRows(gpu)],
    [
      "Two kernels on disjoint SMs (BE's partitions, LS + BE SMs, LS reads or reads and writes)",
      sharingComparison(gpu),
    ],
    ["LS in L2 beside a BE that streams, both over all channels (LS + BE SMs)", residentRows(gpu)],
    ["Launches, partitions, elastic blocks", executionRows(gpu)],
    ["Copies", copyRows(gpu)],
    ["Through the executor: evictions, launches, chains, chunks, kernels alone", executorRows(h200)],
  ];
  for (const [title, rows] of sections) console.log(`${title}\n${table(columns, rows)}\n`);
  const judged = sections.flatMap(([, rows]) => rows).filter((row) => row.outside === undefined);
  const errors = judged.map((row) => Math.abs(errorPercent(row)));
  const worst = judged[errors.indexOf(Math.max(...errors))];
  const [medianText, worstText] = [median(errors), Math.max(...errors)].map((percent) => percent.toFixed(1));
  console.log(`${judged.length} rows: median error ${medianText} % (goal ${GOAL.medianPercent}),`);
  console.log(`worst ${worstText} % (goal ${GOAL.worstPercent}): ${worst?.what}\n`);
  console.log(
    "The law: a memory-bound tenant on few channels hurts those that share none with it, unless its SMs are",
  );
  console.log(
    "in proportion to its channels. LS streams on 16 SMs and the other 18 partitions; BE on 6 partitions:",
  );
  for (const line of lawRows(gpu)) console.log(`  ${line}`);
}
