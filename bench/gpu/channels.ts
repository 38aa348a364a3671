/**
 * Streaming tenants on disjoint SMs, with and without channels of their own: what BE costs LS, and what BE gets. The same experiment
 * as the first measurement (data/h200-measured.ts), with the product's own kernels, memory and placement.
 */
import { channelRange } from "../../src/core/channel-set.ts";
import type { Kernel } from "../../src/core/kernel.ts";
import { HEADROOM } from "../../src/core/policies/channel-cap.ts";
import { type GpuSpec, tpcCount } from "../../src/core/spec.ts";
import { type TpcSet, tpcRange } from "../../src/core/tpc-set.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { type SharingRow, sharingRows } from "../data/h200-measured.ts";
import { GpuRig, l2Kernel, plainKernel, smRange, streamKernel } from "../gpu-rig.ts";
import { median } from "../statistics.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const channelsTitle =
  "slowdown of LS by a BE that streams on disjoint SMs, over all channels, in channels of its own, and there with no more SMs than the policy's cap; what the shadow page table costs alone";

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

/** LS runs for so long beside BE, at least, whose bandwidth is counted meanwhile. */
const BESIDE_NS = 10e6;

/** Duration of the LS launch, and BE's bandwidth, with these SMs and channels; beSms 0: LS alone. */
function experiment(
  scene: Scene,
  ls: Kernel,
  { lsSms, beSms, bePartitions }: Place,
): { lsNs: number; beGBs: number } {
  const { rig, rounds } = scene;
  const { spec } = rig;
  const firstBe = firstBeChannel(spec, bePartitions);
  rig.load(LS, ls, LS_KERNELS);
  if (firstBe !== null) place(rig, LS, 0, firstBe);
  makePartitions(rig, [smRange(spec, 0, lsSms), smRange(spec, lsSms, lsSms + beSms)]);
  const be = beSms === 0 ? null : startBe(scene, lsSms, beSms, firstBe);
  const lsNs: number[] = [];
  const untilNs = rig.nowNs + (be === null ? 0 : BESIDE_NS);
  // The first one saw BE begin.
  while (lsNs.length <= rounds || rig.nowNs < untilNs) {
    const startNs = rig.nowNs;
    lsNs.push(rig.waitFor(rig.launch(LS, smRange(spec, 0, lsSms), 1, LS_KERNELS)) - startNs);
  }
  const beGBs = be === null ? 0 : endBe(scene, be);
  rig.release(LS);
  return { lsNs: median(lsNs.slice(1)), beGBs };
}

/** BE alone on all SMs: what its channels can do, or all of them. */
function beAloneGBs(scene: Scene, bePartitions: number | null): number {
  const { rig } = scene;
  const be = startBe(scene, 0, rig.spec.sms, firstBeChannel(rig.spec, bePartitions));
  rig.wait(BESIDE_NS);
  return endBe(scene, be);
}

const firstBeChannel = (spec: GpuSpec, bePartitions: number | null): number | null =>
  bePartitions === null ? null : spec.channels - bePartitions * spec.channelsPerPartition;

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
  return { launch: rig.launch(BE, smRange(rig.spec, lsSms, lsSms + beSms)), startNs };
}

function endBe({ rig, be }: Scene, { launch, startNs }: ReturnType<typeof startBe>): number {
  rig.evict(launch, tpcRange(0, tpcCount(rig.spec)));
  const { atNs, blocksLeft } = rig.waitForEnd(launch);
  rig.release(BE);
  const done = 1 - blocksLeft / be.grid;
  return (done * (be.readBytes + be.writtenBytes)) / (atNs - startNs);
}

/** What BE costs LS; BE's bandwidth, also as a share of what it has alone on all SMs with the same channels. */
interface Effect {
  readonly factor: number;
  readonly beGBs: number;
  readonly bePercent: number;
}

interface Row {
  readonly what: string;
  readonly load: string;
  readonly free: Effect;
  readonly apart: Effect;
  readonly cappedSms: number;
  readonly capped: Effect;
  readonly before: string;
}

/** SMs that the policy lets a streaming BE have while LS is active. */
function capOf({ sms, channels, channelsPerPartition }: GpuSpec, bePartitions: number): number {
  const share = (bePartitions * channelsPerPartition) / channels;
  return 2 * Math.max(1, Math.floor((sms / 2) * share * HEADROOM));
}

function measure(
  scene: Scene,
  beAlone: ReadonlyMap<number | null, number>,
  sharing: SharingRow,
  load: Load,
): Row {
  const { lsSms, beSms, bePartitions, lsWrites, uncoloured, coloured, inL2 } = sharing;
  const effect = (partitions: number | null, sms: number): Effect => {
    const alone = experiment(scene, load.kernel, { lsSms, beSms: 0, bePartitions: partitions });
    const { lsNs, beGBs } = experiment(scene, load.kernel, { lsSms, beSms: sms, bePartitions: partitions });
    return { factor: lsNs / alone.lsNs, beGBs, bePercent: (100 * beGBs) / beAlone.get(partitions)! };
  };
  const cappedSms = Math.min(beSms, capOf(scene.rig.spec, bePartitions));
  const apart = effect(bePartitions, beSms);
  const [freeBefore, apartBefore] =
    load.name === "in L2" ? [inL2.uncoloured, inL2.coloured] : [uncoloured.slowdown, coloured.slowdown];
  return {
    what: `${bePartitions}/24 ${lsSms}+${beSms} ${lsWrites ? "rw" : "r"}`,
    load: load.name,
    free: effect(null, beSms),
    apart,
    cappedSms,
    capped: cappedSms === beSms ? apart : effect(bePartitions, cappedSms),
    before: `${freeBefore.toFixed(2)} -> ${apartBefore.toFixed(2)}`,
  };
}

const effectColumns = (title: string, of: (row: Row) => Effect): Column<Row>[] => [
  { title: `${title} x`, of: (row) => of(row).factor, digits: 2 },
  { title: "BE GB/s", of: (row) => of(row).beGBs },
  { title: "% of alone", of: (row) => of(row).bePercent },
];

const columns: readonly Column<Row>[] = [
  { title: "BE's partitions, SMs", of: ({ what }) => what },
  { title: "LS", of: ({ load }) => load },
  ...effectColumns("uncoloured", ({ free }) => free),
  ...effectColumns("coloured", ({ apart }) => apart),
  { title: "BE's SMs", of: ({ cappedSms }) => cappedSms },
  ...effectColumns("capped", ({ capped }) => capped),
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
  const shown = bench.by({ full: sharings, quick: sharings, tiny: sharings.slice(0, 1) });
  const places = [null, ...new Set(shown.map(({ bePartitions }) => bePartitions))];
  const beAlone = new Map(places.map((partitions) => [partitions, beAloneGBs(scene, partitions)]));
  const rows = shown.flatMap((row) =>
    lsLoads(scene.streamBytes, row.lsWrites).map((load) => measure(scene, beAlone, row, load)),
  );
  console.log(
    `medians of ${rounds} or more; BE streams over ${(beRegionBytes / MB).toFixed(0)} MB, alone on all SMs:`,
  );
  for (const [partitions, gBs] of beAlone) {
    console.log(
      `  on ${partitions === null ? "all channels" : `${partitions} of 24 partitions`} ${gBs.toFixed(0)} GB/s`,
    );
  }
  console.log(table(columns, rows));
  console.log(`\nOne kernel, with all partitions but one where it is coloured:`);
  console.log(table(overheadColumns, overheads(scene)));
  device.close();
}
