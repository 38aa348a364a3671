/**
 * Completely fair copies: shares against nice, bandwidth against the chunk law, and what a small LS copy waits beside a flood, at
 * every cfsPeriod.
 */

import type { Device } from "../src/core/device.ts";
import { asTenantId } from "../src/core/ids.ts";
import { Scheduler } from "../src/core/scheduler.ts";
import type { Snapshot } from "../src/core/snapshot.ts";
import type { GpuSpec, LoadSpec, TenantClass } from "../src/core/spec.ts";
import { Arrivals } from "../src/core/workload.ts";
import { Run } from "../src/engine/run.ts";
import { type Column, table } from "../src/engine/table.ts";
import { openSimulatedGpu } from "../src/native/index.ts";
import { loadGpu } from "../src/presets/index.ts";
import { plainKernel } from "./gpu-rig.ts";

const MIB = 1024 * 1024;
const PACKET_BYTES = 1024;

/** Where and for how long: ns of the device's clock. */
export interface CopyBench {
  readonly open: () => Device;
  readonly warmNs: number;
  readonly measuredNs: number;
}

interface Party {
  readonly name: string;
  readonly class: TenantClass;
  readonly nice: number;
  readonly inputBytes: number;
  readonly load: LoadSpec;
}

/** An input so large that its tenant always has bytes waiting. */
const flood = (name: string, nice: number): Party => ({
  name,
  class: "BE",
  nice,
  inputBytes: 1e15,
  load: { kind: "closed", inFlight: 1, thinkNs: 0 },
});

const small: Party = {
  name: "small",
  class: "LS",
  nice: 100_000,
  inputBytes: MIB,
  load: { kind: "uniform", ratePerS: 487 },
};

/** Runs the parties together and returns what there was to see after the warm-up. */
function run(bench: CopyBench, cfsPeriodPackets: number, parties: readonly Party[]): Snapshot {
  const device = bench.open();
  const gpu = device.spec;
  const scheduler = new Scheduler(gpu, {
    policy: "missiletemporal",
    cfsPeriodPackets,
    beChannelShare: 1 / 3,
  });
  const arrivals = new Arrivals(1);
  scheduler.onRequestEnded = (tenant, atNs) => arrivals.completed(tenant, atNs);
  const loop = new Run({ device, scheduler, arrivals, out: device.commands });
  for (const [index, { load, ...party }] of parties.entries()) {
    const tenant = asTenantId(index);
    const lowered = {
      name: party.name,
      batch: 1,
      inputBytes: party.inputBytes,
      outputBytes: 4,
      storedBytes: 0,
      kernels: [{ ...plainKernel, threadsPerBlock: 256 }],
    };
    const network = device.load(tenant, lowered);
    const spec = {
      ...party,
      model: "synthetic",
      batch: 1,
      vramKiB: 0,
      smRequestPercent: 0,
      smLimitPercent: 100,
    };
    const window = { label: "bench", load, startNs: device.nowNs(), stopNs: null };
    loop.deliver({
      kind: "tenantJoined",
      atNs: device.nowNs(),
      tenant,
      spec: { ...spec, sloMs: null, arrivals: window, network },
    });
  }
  const startNs = device.nowNs();
  loop.advance(startNs + bench.warmNs);
  loop.tellTime();
  scheduler.snapshot(device);
  loop.deliver({ kind: "statisticsReset", atNs: device.nowNs() });
  loop.advance(startNs + bench.warmNs + bench.measuredNs);
  loop.tellTime();
  const snapshot = scheduler.snapshot(device);
  device.close();
  return snapshot;
}

interface Row {
  readonly period: number;
  readonly worstShareError: number;
  readonly gBs: number;
  readonly lawGBs: number;
  readonly small: SmallRequest;
}

/** Of a request of 1 MiB, in us. */
interface SmallRequest {
  /** From its arrival until its input is on the GPU. */
  readonly copyP50: number;
  readonly copyP99: number;
  /** The whole request: that copy, a launch of a kernel that does nothing, and 4 bytes back. */
  readonly p50: number;
  readonly p99: number;
}

const NICES = [100_000, 200_000, 400_000];

/** Bandwidth when each of the backlogged moves its share of a period in one chunk: chunkNs + bytes / GBs each. */
function lawGBs({ pcie }: GpuSpec, period: number): number {
  const sum = NICES.reduce((a, b) => a + b, 0);
  let bytes = 0;
  let ns = 0;
  for (const nice of NICES) {
    const chunkBytes = Math.max(1, Math.floor((period * nice) / sum)) * PACKET_BYTES;
    const chunks =
      nice / NICES[0]! / (chunkBytes / (Math.max(1, Math.floor((period * NICES[0]!) / sum)) * PACKET_BYTES));
    bytes += chunks * chunkBytes;
    ns += chunks * (pcie.chunkNs + chunkBytes / pcie.h2dGBs);
  }
  return bytes / ns;
}

function smallRequest({ tenants }: Snapshot): SmallRequest {
  const { latencyMs, recentCopyInMs } = tenants[0]!;
  const [copyP50, copyP99, p50, p99] = [
    recentCopyInMs.p50,
    recentCopyInMs.p99,
    latencyMs.p50,
    latencyMs.p99,
  ].map((ms) => ms * 1e3) as [number, number, number, number];
  return { copyP50, copyP99, p50, p99 };
}

function measure(bench: CopyBench, gpu: GpuSpec, period: number): Row {
  const fair = run(
    bench,
    period,
    NICES.map((nice, index) => flood(`flood${index}`, nice)),
  );
  const beside = run(bench, period, [small, flood("flood", 100_000)]);
  const errors = fair.copies.h2d.map(({ shareGot, shareAsked }) => Math.abs(shareGot / shareAsked - 1));
  const moved = fair.tenants.reduce((sum, { h2dBytes }) => sum + h2dBytes, 0);
  return {
    period,
    worstShareError: Math.max(...errors) * 100,
    gBs: moved / bench.measuredNs,
    lawGBs: lawGBs(gpu, period),
    small: smallRequest(beside),
  };
}

const columns: readonly Column<Row>[] = [
  { title: "cfsPeriod", of: ({ period }) => period },
  { title: "worst share error %", of: ({ worstShareError }) => worstShareError, digits: 3 },
  { title: "GB/s", of: ({ gBs }) => gBs, digits: 2 },
  { title: "chunk law GB/s", of: ({ lawGBs }) => lawGBs, digits: 2 },
  { title: "1 MiB LS copy p50 us", of: ({ small }) => small.copyP50 },
  { title: "p99 us", of: ({ small }) => small.copyP99 },
  { title: "its request p50 us", of: ({ small }) => small.p50 },
  { title: "p99 us", of: ({ small }) => small.p99 },
];

/** Every cfsPeriod that is worth a look. */
const PERIODS = Array.from({ length: 11 }, (_, power) => 64 * 2 ** power);

/** Prints the table, beside the chunk law of `gpu`. */
export function copyTable(bench: CopyBench, gpu: GpuSpec, periods: readonly number[] = PERIODS): void {
  console.log(
    `Three floods with nice 1:2:4, and a 1 MiB LS request beside one flood of the same nice (${gpu.name})`,
  );
  console.log(
    table(
      columns,
      periods.map((period) => measure(bench, gpu, period)),
    ),
  );
  const { copyP50, copyP99, p50, p99 } = smallRequest(run(bench, 512, [small]));
  const us = (value: number): string => `${value.toFixed(0)} us`;
  console.log(
    `1 MiB LS alone: copy p50 ${us(copyP50)}, p99 ${us(copyP99)}; request p50 ${us(p50)}, p99 ${us(p99)}`,
  );
}

export async function pcie(): Promise<void> {
  const gpu = loadGpu("h200");
  copyTable({ open: () => openSimulatedGpu(gpu), warmNs: 1e9, measuredNs: 4e9 }, gpu);
}
