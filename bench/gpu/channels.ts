/**
 * Streaming tenants on disjoint SMs, with and without channels of their own: what BE costs LS, and what BE gets. The same experiment
 * as the first measurement (data/h200-measured.ts), with the product's own kernels, memory and placement.
 */
import { channelRange } from "../../src/core/channel-set.ts";
import type { Kernel } from "../../src/core/kernel.ts";
import { type GpuSpec, tpcCount } from "../../src/core/spec.ts";
import { type TpcSet, tpcRange } from "../../src/core/tpc-set.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { type SharingRow, sharingRows } from "../data/h200-measured.ts";
import { GpuRig, l2Kernel, plainKernel, smRange, streamKernel } from "../gpu-rig.ts";
import { median } from "../statistics.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const channelsTitle =
  "slowdown of LS by a BE that streams on disjoint SMs, over all channels and in channels of its own; what the shadow page table costs alone";

const LS = 0;
const BE = 1;
/** Kernels of one LS launch: enough that its start does not count. */
const LS_KERNELS = 10;
const MB = 1e6;
/** Of the coloured pool, what BE streams over: it fits into a quarter of the partitions, less what straddles. */
const BE_SHARE = 0.2;
/** Reads and writes as many: longer than any experiment. */
const BE_BYTES = 1e12;
/** Until a coloured copy is made: 4 MiB take some 10 us. */
const COLOURED_NS = 5e7;

interface Load {
  readonly name: string;
  readonly kernel: Kernel;
}

/** Everything is as large as the pool lets it be. */
interface Scene {
  readonly rig: GpuRig;
  readonly rounds: number;
  readonly be: Kernel;
  readonly streamBytes: number;
}

/** Thread blocks of our kernels have 256 threads; four of them keep an SM busy. */
const fourAnSm = (kernel: Kernel): Kernel => ({ ...kernel, threadsPerBlock: 256, registersPerThread: 64 });

/** Reads half of `bytes` and writes the other half, or reads all of it. */
const stream = (bytes: number, writes: boolean): Kernel =>
  fourAnSm(streamKernel(writes ? bytes / 2 : bytes, writes));

const lsLoads = (bytes: number, writes: boolean): readonly Load[] => [
  { name: "streams", kernel: stream(bytes, writes) },
  { name: "in L2", kernel: fourAnSm(l2Kernel(Math.min(bytes, 8 * 2 ** 20), 12, writes)) },
];

/** Longer than it takes to make two partitions, 1.5 ms each. */
const PARTITIONS_NS = 10e6;

interface Place {
  readonly lsSms: number;
  readonly beSms: number;
  /** Partitions that BE has to itself, of the spec's; null: everybody uses all. */
  readonly bePartitions: number | null;
}

/** Duration of the LS launch, and BE's bandwidth, with these SMs and channels; beSms 0: LS alone. */
function experiment(
  scene: Scene,
  ls: Kernel,
  { lsSms, beSms, bePartitions }: Place,
): { lsNs: number; beGBs: number } {
  const { rig, rounds } = scene;
  const { spec } = rig;
  const firstBe = bePartitions === null ? 0 : spec.channels - bePartitions * spec.channelsPerPartition;
  rig.load(LS, ls, LS_KERNELS);
  if (bePartitions !== null) place(rig, LS, 0, firstBe);
  makePartitions(rig, [smRange(spec, 0, lsSms), smRange(spec, lsSms, lsSms + beSms)]);
  const be = beSms === 0 ? null : startBe(scene, lsSms, beSms, bePartitions === null ? null : firstBe);
  const lsNs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startNs = rig.nowNs;
    lsNs.push(rig.waitFor(rig.launch(LS, smRange(spec, 0, lsSms), 1, LS_KERNELS)) - startNs);
  }
  const beGBs = be === null ? 0 : endBe(scene, be);
  rig.release(LS);
  return { lsNs: median(lsNs), beGBs };
}

/** A partition is made in the background when its TPCs are first asked for, and a launch that began without it stays masked. */
function makePartitions(rig: GpuRig, sets: readonly TpcSet[]): void {
  for (const tpcs of sets) if (!tpcs.isEmpty) rig.waitFor(rig.launch(LS, tpcs, 1));
  rig.wait(PARTITIONS_NS);
}

/** Waits until kernels of the tenant find its memory there. */
function place(rig: GpuRig, tenant: number, from: number, to: number): void {
  rig.place(tenant, channelRange(from, to));
  rig.wait(COLOURED_NS);
}

function startBe({ rig, be }: Scene, lsSms: number, beSms: number, firstBe: number | null) {
  rig.load(BE, be);
  if (firstBe !== null) place(rig, BE, firstBe, rig.spec.channels);
  const startNs = rig.nowNs;
  const launch = rig.launch(BE, smRange(rig.spec, lsSms, lsSms + beSms));
  rig.wait(2e6);
  return { launch, startNs };
}

function endBe({ rig, be }: Scene, { launch, startNs }: ReturnType<typeof startBe>): number {
  rig.evict(launch, tpcRange(0, tpcCount(rig.spec)));
  const { atNs, blocksLeft } = rig.waitForEnd(launch);
  rig.release(BE);
  const done = 1 - blocksLeft / be.grid;
  return (done * (be.readBytes + be.writtenBytes)) / (atNs - startNs);
}

interface Row {
  readonly what: string;
  readonly load: string;
  readonly free: number;
  readonly freeBeGBs: number;
  readonly apart: number;
  readonly apartBeGBs: number;
  readonly before: string;
}

function measure(scene: Scene, sharing: SharingRow, load: Load): Row {
  const { lsSms, beSms, bePartitions, lsWrites, uncoloured, coloured, inL2 } = sharing;
  const slowdown = (partitions: number | null) => {
    const alone = experiment(scene, load.kernel, { lsSms, beSms: 0, bePartitions: partitions });
    const beside = experiment(scene, load.kernel, { lsSms, beSms, bePartitions: partitions });
    return { factor: beside.lsNs / alone.lsNs, beGBs: beside.beGBs };
  };
  const free = slowdown(null);
  const apart = slowdown(bePartitions);
  const [freeBefore, apartBefore] =
    load.name === "in L2" ? [inL2.uncoloured, inL2.coloured] : [uncoloured.slowdown, coloured.slowdown];
  return {
    what: `${bePartitions}/24 ${lsSms}+${beSms} ${lsWrites ? "rw" : "r"}`,
    load: load.name,
    free: free.factor,
    freeBeGBs: free.beGBs,
    apart: apart.factor,
    apartBeGBs: apart.beGBs,
    before: `${freeBefore.toFixed(2)} -> ${apartBefore.toFixed(2)}`,
  };
}

const columns: readonly Column<Row>[] = [
  { title: "BE's partitions, SMs", of: ({ what }) => what },
  { title: "LS", of: ({ load }) => load },
  { title: "uncoloured x", of: ({ free }) => free, digits: 2 },
  { title: "BE GB/s", of: ({ freeBeGBs }) => freeBeGBs },
  { title: "coloured x", of: ({ apart }) => apart, digits: 2 },
  { title: "BE GB/s", of: ({ apartBeGBs }) => apartBeGBs },
  { title: "first measurement", of: ({ before }) => before },
];

interface Overhead {
  readonly what: string;
  readonly sms: number;
  readonly linearUs: number;
  readonly colouredUs: number;
}

const overheadColumns: readonly Column<Overhead>[] = [
  { title: "alone", of: ({ what }) => what },
  { title: "SMs", of: ({ sms }) => sms },
  { title: "linear us", of: ({ linearUs }) => linearUs, digits: 1 },
  { title: "coloured us", of: ({ colouredUs }) => colouredUs, digits: 1 },
  { title: "overhead %", of: ({ linearUs, colouredUs }) => (colouredUs / linearUs - 1) * 100, digits: 2 },
];

/** LS has all partitions but one, so that few SMs lose no bandwidth by it. */
function overheads(scene: Scene): Overhead[] {
  const { rig, streamBytes } = scene;
  const computing: Kernel = {
    ...fourAnSm(plainKernel),
    grid: 16 * rig.spec.sms,
    flops: 16 * rig.spec.sms * 4e6,
    readBytes: 16 * rig.spec.sms * 4096,
    footprintBytes: 16 * rig.spec.sms * 4096,
    bound: "compute",
  };
  const loads: Load[] = [
    { name: "streams, reads", kernel: stream(streamBytes, false) },
    { name: "streams, reads and writes", kernel: stream(streamBytes, true) },
    { name: "computes", kernel: computing },
  ];
  return loads.flatMap(({ name, kernel }) =>
    [1 / 8, 1 / 2, 1].map((share): Overhead => {
      const sms = 2 * Math.round((rig.spec.sms * share) / 2);
      const alone = { lsSms: sms, beSms: 0 };
      const us = (bePartitions: number | null) =>
        experiment(scene, kernel, { ...alone, bePartitions }).lsNs / 1e3 / LS_KERNELS;
      return { what: name, sms, linearUs: us(null), colouredUs: us(1) };
    }),
  );
}

/** The same shares of the SMs of a GPU that may have fewer. */
function onSmsOf({ sms }: GpuSpec, row: SharingRow): SharingRow {
  const lsSms = 2 * Math.max(1, Math.round(((row.lsSms / (row.lsSms + row.beSms)) * sms) / 2));
  return { ...row, lsSms, beSms: sms - lsSms };
}

export function channels(bench: BenchGpu): void {
  const device = bench.lend();
  const poolBytes = bench.backend.poolMiB * 2 ** 20;
  const rounds = bench.by({ full: 21, quick: 7, tiny: 1 });
  const beRegionBytes = Math.max(2 ** 20, BE_SHARE * poolBytes);
  const be = fourAnSm(l2Kernel(beRegionBytes, BE_BYTES / beRegionBytes, true));
  const scene: Scene = {
    rig: new GpuRig(device),
    rounds,
    be,
    streamBytes: Math.min(90 * MB, 0.3 * poolBytes),
  };
  const sharings = sharingRows.map((row) => onSmsOf(device.spec, row));
  const rows = bench
    .by({ full: sharings, quick: sharings, tiny: sharings.slice(0, 1) })
    .flatMap((row) => lsLoads(scene.streamBytes, row.lsWrites).map((load) => measure(scene, row, load)));
  console.log(`medians of ${rounds}; BE streams over ${(beRegionBytes / MB).toFixed(0)} MB:`);
  console.log(table(columns, rows));
  console.log(`\nOne kernel, with all partitions but one where it is coloured:`);
  console.log(table(overheadColumns, overheads(scene)));
  device.close();
}
