/** Streaming kernels on disjoint SMs: bandwidth, and what colouring does to the neighbour. */
import type { ChannelSet } from "../src/core/channel-set.ts";
import type { Kernel } from "../src/core/kernel.ts";
import type { GpuSpec } from "../src/core/spec.ts";
import { openSimulatedGpu } from "../src/native/index.ts";
import type { Comparison } from "./calibration.ts";
import {
  aloneGBs,
  inL2ByWrites,
  lsRegionBytes,
  oneSideColoured,
  type SharingRow,
  sharingRows,
} from "./data/h200-measured.ts";
import { GpuRig, l2Kernel, smRange, splitPartitions, streamKernel } from "./gpu-rig.ts";

const LS = 0;
const BE = 1;

/** Between two LS kernels of the experiment: clearing a counter, two events, a launch and a wait for it. */
const BETWEEN_NS = 15_000;
/** Far longer than any experiment here. */
const ENDLESS_BYTES = 1e12;
const UNCOLOURED = { lsChannels: null, beChannels: null };

interface Setup {
  readonly lsKernel: Kernel;
  readonly lsSms: number;
  readonly beSms: number;
  /** Null: over all channels. */
  readonly lsChannels: ChannelSet | null;
  readonly beChannels: ChannelSet | null;
}

/** Duration of the LS kernel beside BE (none when beSms is 0), and BE's bandwidth from one LS kernel to the next. */
function experiment(gpu: GpuSpec, setup: Setup): { lsNs: number; beGBs: number } {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  rig.load(LS, setup.lsKernel);
  rig.load(BE, streamKernel(ENDLESS_BYTES, true));
  if (setup.lsChannels !== null) rig.place(LS, setup.lsChannels);
  if (setup.beChannels !== null) rig.place(BE, setup.beChannels);
  if (setup.beSms > 0) rig.launch(BE, smRange(gpu, setup.lsSms, setup.lsSms + setup.beSms));
  rig.wait(1e6);
  let lsNs = 0;
  let beGBs = 0;
  // The second round starts from where the first has left BE.
  for (let round = 0; round < 2; round++) {
    const [startNs, startBytes] = [rig.nowNs, rig.vramBytes(BE)];
    const endNs = rig.waitFor(rig.launch(LS, smRange(gpu, 0, setup.lsSms)));
    lsNs = endNs - startNs - gpu.timing.launchNs;
    rig.wait(BETWEEN_NS - gpu.timing.launchNs);
    beGBs = (rig.vramBytes(BE) - startBytes) / (rig.nowNs - startNs);
  }
  return { lsNs, beGBs };
}

/** Slowdown of LS by BE, and BE's bandwidth, with these channels for each. */
function beside(gpu: GpuSpec, setup: Setup): { slowdown: number; beGBs: number } {
  const alone = experiment(gpu, { ...setup, beSms: 0 });
  const shared = experiment(gpu, setup);
  return { slowdown: shared.lsNs / alone.lsNs, beGBs: shared.beGBs };
}

export function bandwidthRows(gpu: GpuSpec): Comparison[] {
  return aloneGBs.map(({ sms, gBs }) => {
    const bytes = 1e9;
    const setup = { lsSms: sms, beSms: 0, lsChannels: null, beChannels: null };
    const { lsNs } = experiment(gpu, { ...setup, lsKernel: streamKernel(bytes, false) });
    return { what: `${sms} SMs`, unit: "GB/s", measured: gBs, model: bytes / lsNs };
  });
}

/** Passes over 8 MiB, with so many bytes written for each that is read. */
function residentKernel(writesPerRead: number): Kernel {
  const kernel = l2Kernel(8 * 2 ** 20, 24, false);
  return { ...kernel, writtenBytes: writesPerRead * kernel.readBytes };
}

function compareRow(gpu: GpuSpec, row: SharingRow): Comparison[] {
  const { bePartitions, lsSms, beSms, lsWrites } = row;
  const name = `${bePartitions}/24 ${lsSms}+${beSms} ${lsWrites ? "rw" : "r"}`;
  const { first: beChannels, rest: lsChannels } = splitPartitions(gpu, bePartitions);
  const coloured = { lsChannels, beChannels };
  const sms = { lsSms, beSms };
  const stream = { ...sms, lsKernel: streamKernel(lsRegionBytes[bePartitions] ?? 0, lsWrites) };
  const inL2 = { ...sms, lsKernel: residentKernel(lsWrites ? 1 : 0) };
  const free = beside(gpu, { ...stream, ...UNCOLOURED });
  const apart = beside(gpu, { ...stream, ...coloured });
  const l2Free = { measured: row.inL2.uncoloured, model: beside(gpu, { ...inL2, ...UNCOLOURED }).slowdown };
  const l2Apart = { measured: row.inL2.coloured, model: beside(gpu, { ...inL2, ...coloured }).slowdown };
  return [
    { what: `${name}: LS`, unit: "x", measured: row.uncoloured.slowdown, model: free.slowdown },
    { what: `${name}: BE`, unit: "GB/s", measured: row.uncoloured.beGBs, model: free.beGBs },
    { what: `${name}: LS coloured`, unit: "x", measured: row.coloured.slowdown, model: apart.slowdown },
    { what: `${name}: BE coloured`, unit: "GB/s", measured: row.coloured.beGBs, model: apart.beGBs },
    { what: `${name}: LS in L2`, unit: "x", ...l2Free },
    { what: `${name}: LS in L2 coloured`, unit: "x", ...l2Apart },
  ];
}

export function sharingComparison(gpu: GpuSpec): Comparison[] {
  const { bePartitions, lsSms, slowdownFrom, slowdownTo } = oneSideColoured;
  const lsKernel = streamKernel(lsRegionBytes[bePartitions] ?? 0, true);
  const { first: beChannels } = splitPartitions(gpu, bePartitions);
  const oneSided = { lsKernel, lsSms, beSms: gpu.sms - lsSms, lsChannels: null, beChannels };
  const { slowdown } = beside(gpu, oneSided);
  return [
    ...sharingRows.flatMap((row) => compareRow(gpu, row)),
    {
      what: `${bePartitions}/24 ${lsSms}+${gpu.sms - lsSms} rw: LS, only BE coloured`,
      unit: "x",
      measured: Math.min(Math.max(slowdown, slowdownFrom), slowdownTo),
      model: slowdown,
      outside: `measured ${slowdownFrom} to ${slowdownTo} over several splits: shown is the nearest`,
    },
  ];
}

const READER_ON_FEW_SMS =
  "measured blocks wait in turn for counter, addresses and data; the model counts bytes alone";

export function residentRows(gpu: GpuSpec): Comparison[] {
  return inL2ByWrites.map(({ lsSms, writesPerRead, slowdown }) => {
    const beSms = gpu.sms - lsSms;
    const setup = { lsKernel: residentKernel(writesPerRead), lsSms, beSms, ...UNCOLOURED };
    return {
      what: `${lsSms}+${beSms}, ${writesPerRead} bytes written a byte read`,
      unit: "x",
      measured: slowdown,
      model: beside(gpu, setup).slowdown,
      ...(lsSms === 16 && writesPerRead === 0 ? { outside: READER_ON_FEW_SMS } : {}),
    };
  });
}

export function lawRows(gpu: GpuSpec): string[] {
  const bePartitions = 6;
  const lsSms = 16;
  const { first: beChannels, rest: lsChannels } = splitPartitions(gpu, bePartitions);
  const lsKernel = streamKernel(lsRegionBytes[bePartitions] ?? 0, true);
  return [116, 66, 44, 33, 22, 16].map((beSms) => {
    const setup = { lsKernel, lsSms, beSms };
    const apart = beside(gpu, { ...setup, lsChannels, beChannels });
    const free = beside(gpu, { ...setup, lsChannels: null, beChannels: null });
    const slowdowns = `LS x${apart.slowdown.toFixed(2)} coloured, x${free.slowdown.toFixed(2)} uncoloured`;
    return `BE on ${String(beSms).padStart(3)} SMs: ${slowdowns}; BE ${apart.beGBs.toFixed(0)} GB/s coloured`;
  });
}
