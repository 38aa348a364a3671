/** Kernels and networks that tests of the simulated GPU make up. */
import type { Kernel, LoweredNetwork } from "../../src/core/kernel.ts";

/** A kernel that computes: `grid` blocks of 256 threads with `flopsPerBlock` each and next to no memory. */
export function computeKernel(grid: number, flopsPerBlock: number, change: Partial<Kernel> = {}): Kernel {
  return {
    name: "compute",
    grid,
    threadsPerBlock: 256,
    registersPerThread: 64,
    sharedBytesPerBlock: 0,
    flops: grid * flopsPerBlock,
    weightBytes: 0,
    readBytes: 0,
    writtenBytes: 0,
    footprintBytes: 0,
    bound: "compute",
    ...change,
  };
}

/** A kernel that streams: reads and writes `megabytes` in all, none of it twice, in blocks of 64 KiB. */
export function streamKernel(megabytes: number, change: Partial<Kernel> = {}): Kernel {
  const bytes = megabytes * 1e6;
  return {
    name: "stream",
    grid: Math.max(1, Math.round(bytes / 65536)),
    threadsPerBlock: 512,
    registersPerThread: 64,
    sharedBytesPerBlock: 0,
    flops: 0,
    weightBytes: 0,
    readBytes: bytes / 2,
    writtenBytes: bytes / 2,
    footprintBytes: bytes,
    bound: "memory",
    ...change,
  };
}

export function network(...kernels: readonly Kernel[]): LoweredNetwork {
  return { name: "made-up", batch: 1, inputBytes: 0, outputBytes: 0, storedBytes: 0, kernels };
}
