/**
 * What was measured on one NVIDIA H200 (132 SMs, 60 MiB L2, driver 580.159.04, CUDA 13.0, PCIe 5 x16, virtualised, 16
 * host cores). docs/ARCHITECTURE.md says how. GB is 1e9 bytes; slowdowns are medians of 41.
 */

/** Bandwidth of one kernel that reads, alone, by the SMs it runs on. */
export const aloneGBs: readonly { readonly sms: number; readonly gBs: number }[] = [
  { sms: 16, gBs: 813 },
  { sms: 33, gBs: 1614 },
  { sms: 66, gBs: 2966 },
  { sms: 99, gBs: 3667 },
  { sms: 132, gBs: 3912 },
];

export interface SharingRow {
  /** Of the 24 memory partitions, those that BE has when coloured; LS has the others. */
  readonly bePartitions: number;
  readonly lsSms: number;
  readonly beSms: number;
  /** Whether LS writes what it reads (BE always does). */
  readonly lsWrites: boolean;
  /** Slowdown of a streaming LS beside BE, and BE's bandwidth meanwhile. */
  readonly uncoloured: { readonly slowdown: number; readonly beGBs: number };
  readonly coloured: { readonly slowdown: number; readonly beGBs: number };
  /** Slowdown of an LS that stays within 8 MiB of L2. */
  readonly inL2: { readonly uncoloured: number; readonly coloured: number };
}

const sharing = (
  bePartitions: number,
  lsSms: number,
  lsWrites: boolean,
  [freeSlowdown, freeGBs]: readonly [number, number],
  [colouredSlowdown, colouredGBs]: readonly [number, number],
  [l2Free, l2Coloured]: readonly [number, number],
): SharingRow => ({
  bePartitions,
  lsSms,
  beSms: 132 - lsSms,
  lsWrites,
  uncoloured: { slowdown: freeSlowdown, beGBs: freeGBs },
  coloured: { slowdown: colouredSlowdown, beGBs: colouredGBs },
  inL2: { uncoloured: l2Free, coloured: l2Coloured },
});

/** Two kernels that stream over 1 KiB blocks, on disjoint SMs. */
export const sharingRows: readonly SharingRow[] = [
  sharing(12, 16, true, [1.57, 3560], [2.51, 1911], [1.99, 3.15]),
  sharing(12, 66, true, [1.44, 2128], [1.07, 1935], [1.5, 1.06]),
  sharing(12, 88, true, [1.28, 1508], [1.02, 1370], [1.37, 1.0]),
  sharing(12, 99, true, [1.2, 1179], [1.01, 1035], [1.29, 1.0]),
  sharing(12, 88, false, [1.38, 2031], [1.04, 1852], [0.95, 1.03]),
  sharing(6, 16, true, [1.54, 3703], [5.56, 876], [1.9, 7.02]),
  sharing(6, 66, true, [1.51, 2061], [1.92, 879], [1.5, 2.86]),
  sharing(6, 88, true, [1.29, 1412], [1.17, 886], [1.38, 1.33]),
  sharing(6, 99, true, [1.22, 1101], [1.07, 885], [1.28, 1.19]),
  sharing(6, 110, true, [1.15, 769], [1.02, 815], [1.2, 1.02]),
];

/** Bytes that LS streams over in those rows, by BE's partitions: its share of 192 MiB, blocks across the cut left out. */
export const lsRegionBytes: Readonly<Record<number, number>> = { 12: 92e6, 6: 141e6 };

/**
 * Slowdown of an LS that stays within 8 MiB of L2 beside a BE that streams on the other SMs, both over all channels, by
 * the bytes that LS writes for each that it reads. Measured later, with the same kernels.
 */
export const inL2ByWrites: readonly {
  readonly lsSms: number;
  readonly writesPerRead: number;
  readonly slowdown: number;
}[] = [
  { lsSms: 16, writesPerRead: 0, slowdown: 2.51 },
  { lsSms: 16, writesPerRead: 0.25, slowdown: 2.4 },
  { lsSms: 16, writesPerRead: 0.5, slowdown: 2.23 },
  { lsSms: 66, writesPerRead: 0, slowdown: 1.04 },
  { lsSms: 66, writesPerRead: 0.25, slowdown: 1.13 },
  { lsSms: 66, writesPerRead: 0.5, slowdown: 1.29 },
  { lsSms: 88, writesPerRead: 0, slowdown: 0.93 },
  { lsSms: 88, writesPerRead: 0.25, slowdown: 1.07 },
  { lsSms: 88, writesPerRead: 0.5, slowdown: 1.23 },
  { lsSms: 99, writesPerRead: 0, slowdown: 0.94 },
  { lsSms: 99, writesPerRead: 0.25, slowdown: 1.0 },
  { lsSms: 99, writesPerRead: 0.5, slowdown: 1.22 },
  { lsSms: 110, writesPerRead: 0, slowdown: 0.96 },
  { lsSms: 110, writesPerRead: 0.25, slowdown: 0.98 },
  { lsSms: 110, writesPerRead: 0.5, slowdown: 1.17 },
];

/** An LS streaming over all channels beside a BE confined to 6-8 partitions slowed down by 1.9 to 3.6, by the split of SMs. */
export const oneSideColoured = { bePartitions: 6, lsSms: 66, slowdownFrom: 1.9, slowdownTo: 3.6 };

/** Host time of a launch, whichever streams alternate, and a partition's grain. */
export const launchUs = { from: 3.0, to: 3.2 };
export const smPartitionGrainSms = 2;

/** Cost of elastic blocks against plain ones, by the length of a block. */
export const elasticCost: readonly { readonly blockUs: number; readonly percent: number }[] = [
  { blockUs: 5, percent: 5.2 },
  { blockUs: 20, percent: 1.6 },
  { blockUs: 77, percent: 0.6 },
];

/** From the host's call to the last block gone and the host told, with a flag in device memory. */
export const evictUs = { from: 7.0, to: 8.0 };

/** Copies of pinned memory: GB/s back to back, and us each when every one is waited for. */
export const copies: readonly {
  readonly kiB: number;
  readonly h2dGBs: number;
  readonly d2hGBs?: number;
  readonly syncedUs?: number;
}[] = [
  { kiB: 4, h2dGBs: 1.6, d2hGBs: 2.0, syncedUs: 7.9 },
  { kiB: 16, h2dGBs: 5.6, d2hGBs: 8.1, syncedUs: 11.4 },
  { kiB: 64, h2dGBs: 17.5, d2hGBs: 18.4, syncedUs: 9.4 },
  { kiB: 256, h2dGBs: 35.8, d2hGBs: 39.2, syncedUs: 13.3 },
  { kiB: 512, h2dGBs: 44 },
  { kiB: 1024, h2dGBs: 48.6, d2hGBs: 50.1, syncedUs: 28.0 },
  { kiB: 4096, h2dGBs: 53.5, d2hGBs: 53.8, syncedUs: 84.5 },
  { kiB: 262144, h2dGBs: 55.2, d2hGBs: 55.2 },
];

/** A 1 MiB copy alone, and 200 us after four of 256 MiB were ordered on another stream. */
export const headOfLine = { aloneUs: 27.5, behindUs: 19_118, waitedUs: 200 };

/** Through our executor (bench/results/2026-11-22-h200-isolation.txt): everything evicted, from the order until it is told, by the length of a block; medians. */
export const evictedUs: readonly { readonly blockUs: number; readonly us: number }[] = [
  { blockUs: 0.5, us: 14.1 },
  { blockUs: 5, us: 16.7 },
  { blockUs: 20, us: 26.3 },
  { blockUs: 80, us: 76.2 },
];

/** A lone launch of a short kernel on two thirds of the TPCs, from the order until it is told: the median of four medians, 12.2 to 14.1. */
export const launchToldUs = 13.7;

/** Chains of 50 elastic kernels of one wave, us a kernel, by the length of a block. */
export const elasticChainUs: readonly { readonly blockUs: number; readonly us: number }[] = [
  { blockUs: 0.1, us: 8.0 },
  { blockUs: 5, us: 13.31 },
  { blockUs: 10, us: 18.94 },
];

/**
 * Chunks of three floods, in one direction, by the KiB of a period that they divide 1:2:4, with a thread for each direction: medians of
 * three runs, of two where there are no more (bench/results/2026-11-22-h200-early-kernels.txt).
 */
export const chunkedGBs: readonly { readonly periodKiB: number; readonly gBs: number }[] = [
  { periodKiB: 64, gBs: 6.17 },
  { periodKiB: 512, gBs: 28.27 },
  { periodKiB: 4096, gBs: 48.36 },
  { periodKiB: 65_536, gBs: 54.91 },
];

/** Kernels of synthetic networks at batch 1, elastic, alone on all TPCs: the median of equal ones (2026-11-22-h200-isolation.txt). */
export const kernelUs: readonly { readonly model: string; readonly kernel: string; readonly us: number }[] = [
  { model: "l2-resident", kernel: "sweep0", us: 7.44 },
  { model: "micro-cnn", kernel: "stage1.block1.up", us: 7.51 },
  { model: "micro-cnn", kernel: "stage1.block1.depthwise", us: 6.6 },
  { model: "micro-cnn", kernel: "stage1.block1.down", us: 8.14 },
  { model: "micro-cnn", kernel: "stage2.block1.up", us: 6.66 },
  { model: "micro-cnn", kernel: "stage2.block1.depthwise", us: 5.85 },
  { model: "micro-cnn", kernel: "stage2.block1.down", us: 6.91 },
  { model: "micro-cnn", kernel: "stage3.block1.up", us: 6.6 },
  { model: "micro-cnn", kernel: "stage3.block1.depthwise", us: 5.71 },
  { model: "micro-cnn", kernel: "stage3.block1.down", us: 6.51 },
  { model: "micro-cnn", kernel: "stage4.block1.up", us: 6.61 },
  { model: "micro-cnn", kernel: "stage4.block1.depthwise", us: 5.7 },
  { model: "micro-cnn", kernel: "stage4.block1.down", us: 6.66 },
];
