/**
 * What an LS launch waits for on a GPU full of BE: from its arrival until the BE blocks on its TPCs are done, and until it has
 * run itself, by the length of BE's blocks.
 */
import type { Kernel } from "../../src/core/kernel.ts";
import { tpcCount } from "../../src/core/spec.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { GpuRig, plainKernel } from "../gpu-rig.ts";
import { quantile } from "../statistics.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const preemptionTitle =
  "an LS launch on two thirds of the TPCs arrives on a GPU full of BE, by the length of BE's blocks (what a priority stream gives instead: test/cuda/gpu, since kernels here are persistent)";

const BE = 0;
const LS = 1;
const BLOCK_US = [5, 20, 40, 80];
/** BE works for this long: more than all rounds take. */
const BE_WORK_NS = 1.5e9;
/** Between two rounds, so that BE is on every TPC again. */
const PAUSE_NS = 200_000;
const GUESSED_FLOPS = 2e6;

/** One block an SM, whose registers it fills: a block takes as long as it takes, whoever its neighbours are. */
const blocksOf = (flops: number, grid: number): Kernel => ({
  ...plainKernel,
  threadsPerBlock: 256,
  registersPerThread: 256,
  grid,
  flops: flops * grid,
  bound: "compute",
});

/** FLOPs of a block that takes blockUs. */
function flopsFor(rig: GpuRig, blockUs: number): number {
  const rounds = 100;
  const { aloneNs } = rig.load(BE, blocksOf(GUESSED_FLOPS, rig.spec.sms * rounds));
  rig.release(BE);
  return (GUESSED_FLOPS * blockUs * 1e3 * rounds) / aloneNs;
}

interface Row {
  readonly what: string;
  readonly yieldUs: Float64Array | null;
  readonly doneUs: Float64Array;
}

function measure(rig: GpuRig, blockUs: number | null, rounds: number): Row {
  const { spec } = rig;
  const lsTpcs = tpcRange(0, Math.round((tpcCount(spec) * 2) / 3));
  rig.load(LS, blocksOf(1e5, lsTpcs.size * spec.smsPerTpc));
  const yieldUs = new Float64Array(rounds);
  const doneUs = new Float64Array(rounds);
  const be = blockUs === null ? null : startBe(rig, blockUs);
  for (let round = 0; round < rounds; round++) {
    rig.wait(PAUSE_NS + round * 97);
    const arrivedNs = rig.nowNs;
    if (be !== null) {
      rig.evict(be, lsTpcs);
      yieldUs[round] = (rig.waitForYield(be, lsTpcs) - arrivedNs) / 1e3;
    }
    doneUs[round] = (rig.waitFor(rig.launch(LS, lsTpcs, 1)) - arrivedNs) / 1e3;
    if (be !== null) rig.extend(be, lsTpcs);
  }
  if (be !== null) {
    rig.evict(be, tpcRange(0, tpcCount(spec)));
    rig.waitFor(be);
    rig.release(BE);
  }
  rig.release(LS);
  const what = blockUs === null ? "LS alone" : `beside BE, blocks of ${blockUs} us`;
  return { what, yieldUs: be === null ? null : yieldUs.sort(), doneUs: doneUs.sort() };
}

function startBe(rig: GpuRig, blockUs: number) {
  const grid = Math.round((BE_WORK_NS / 1e3 / blockUs) * rig.spec.sms);
  rig.load(BE, blocksOf(flopsFor(rig, blockUs), grid));
  return rig.launch(BE, tpcRange(0, tpcCount(rig.spec)));
}

const columns: readonly Column<Row>[] = [
  { title: "", of: ({ what }) => what },
  { title: "TPCs free p50 us", of: ({ yieldUs }) => yieldUs && quantile(yieldUs, 0.5), digits: 1 },
  { title: "p99 us", of: ({ yieldUs }) => yieldUs && quantile(yieldUs, 0.99), digits: 1 },
  { title: "LS done p50 us", of: ({ doneUs }) => quantile(doneUs, 0.5), digits: 1 },
  { title: "p99 us", of: ({ doneUs }) => quantile(doneUs, 0.99), digits: 1 },
];

export function preemption(bench: BenchGpu): void {
  const device = bench.lend();
  const rounds = bench.by({ full: 1000, quick: 300, tiny: 3 });
  const rig = new GpuRig(device);
  const rows = [null, ...BLOCK_US].map((blockUs) => measure(rig, blockUs, rounds));
  console.log(`${rounds} arrivals:`);
  console.log(table(columns, rows));
  device.close();
}
