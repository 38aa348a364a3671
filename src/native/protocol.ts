/**
 * Layout of the arrays shared with the addon; cpp/protocol.h says the same in C++. Records have a fixed stride, and
 * doubles hold every integer here exactly.
 */
import type { BitSet } from "../core/bit-set.ts";
import { MAX_TPCS } from "../core/device.ts";
import type { Kernel, LoweredNetwork, TpcCurve } from "../core/kernel.ts";
import type { GpuSpec } from "../core/spec.ts";

export const COMMAND_STRIDE = 11;
export const COMMAND = { launch: 0, extend: 1, evict: 2, copy: 3, place: 4, release: 5 } as const;
export const PURPOSE = { input: 0, weights: 1, output: 2 } as const;

/** The first record of the event buffer holds the clock, in its first number. */
export const EVENT_STRIDE = 5;
export const EVENT = { tpcsYielded: 0, launchRetired: 1, copyRetired: 2, deviceFailed: 3 } as const;

export const PROFILE_STRIDE = 5;
export const CURVE_STRIDE = MAX_TPCS;

/** The GPU as the numbers that cpp/protocol.cc reads back in the same order. */
export function specNumbers(gpu: GpuSpec): Float64Array {
  const { compute, memory, pcie, timing, executor } = gpu;
  return Float64Array.of(
    gpu.sms,
    gpu.smsPerTpc,
    gpu.flopsPerSmNs,
    gpu.threadsPerSm,
    gpu.registersPerSm,
    gpu.sharedBytesPerSm,
    gpu.blocksPerSm,
    gpu.l2Bytes,
    gpu.channels,
    compute.achievedShare,
    compute.fullRateThreads,
    compute.kernelFloorNs,
    memory.achievedGBs,
    memory.l2GBs,
    memory.vramLatencyNs,
    memory.l2LatencyNs,
    memory.inFlightBytesPerSm,
    memory.inFlightBytesPerThread,
    memory.channelWaitNs,
    memory.fewChannelsExponent,
    memory.crossbarQueueBytes,
    pcie.h2dGBs,
    pcie.d2hGBs,
    pcie.chunkNs,
    pcie.idleStartNs,
    timing.launchNs,
    timing.evictNs,
    timing.kernelGapNs,
    timing.blockClaimNs,
    executor.answerNs,
    executor.submitNs,
    executor.arrivalNs,
    executor.elasticKernelNs,
  );
}

/** Kernels as consecutive records. */
export function kernelNumbers(kernels: readonly Kernel[]): Float64Array {
  return Float64Array.from(
    kernels.flatMap((kernel) => [
      kernel.grid,
      kernel.threadsPerBlock,
      kernel.registersPerThread,
      kernel.sharedBytesPerBlock,
      kernel.flops,
      kernel.weightBytes,
      kernel.readBytes,
      kernel.writtenBytes,
      kernel.footprintBytes,
    ]),
  );
}

/** Curves one after the other, each with a time for every TPC that a GPU may have; 0: not known. */
export function curveNumbers(curves: readonly TpcCurve[]): Float64Array {
  const numbers = new Float64Array(curves.length * CURVE_STRIDE);
  for (const [kernel, curve] of curves.entries()) {
    for (const { tpcs, ns } of curve) numbers[kernel * CURVE_STRIDE + tpcs - 1] = ns;
  }
  return numbers;
}

/** The curve that begins at `kernel * CURVE_STRIDE`. */
export function curveAt(numbers: Float64Array, kernel: number): TpcCurve {
  const times = numbers.subarray(kernel * CURVE_STRIDE, (kernel + 1) * CURVE_STRIDE);
  return Array.from(times, (ns, index) => ({ tpcs: index + 1, ns })).filter(({ ns }) => ns > 0);
}

/** Bytes of a network beside its kernels, `residentBytes` of its parameters staying in VRAM. */
export function sizeNumbers(network: LoweredNetwork, residentBytes: number): Float64Array {
  return Float64Array.of(network.inputBytes, network.outputBytes, network.storedBytes, residentBytes);
}

/** Writes a set's three words from `at` on. */
export function writeSet<Brand extends string>(numbers: Float64Array, at: number, set: BitSet<Brand>): void {
  numbers[at] = set.word0;
  numbers[at + 1] = set.word1;
  numbers[at + 2] = set.word2;
}
