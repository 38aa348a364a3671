/**
 * What a network is once it is lowered: the kernels a device executes, and what the scheduler knows of them.
 *
 * `Kernel` is the device's side (what to execute), `KernelProfile` the scheduler's (what it costs on this GPU).
 * A device turns one into the other when a tenant is loaded: the simulated GPU by its model, a real one by measuring.
 */

import type { Program } from "./program.ts";

export type Bound = "compute" | "memory";

/** One GPU kernel. All byte counts are totals over the grid. */
export interface Kernel {
  readonly name: string;
  /** Logical thread blocks. An elastic kernel yields between them. */
  readonly grid: number;
  readonly threadsPerBlock: number;
  readonly registersPerThread: number;
  readonly sharedBytesPerBlock: number;
  /** Floating-point operations; a multiply-accumulate is two. */
  readonly flops: number;
  /** Parameters read: from VRAM at every inference unless the whole network stays in L2. */
  readonly weightBytes: number;
  /** Activations requested of L2, with every block's re-reads of what its neighbours read too. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Distinct bytes touched: parameters, inputs and outputs, each once. What fits in L2 is read from VRAM once. */
  readonly footprintBytes: number;
  /** The roofline side of the kernel on a GPU with a balanced 15 FLOP a byte; a device's profile may say otherwise. */
  readonly bound: Bound;
}

/** How long a kernel takes alone, by number of TPCs: the numbers that were tried, rising. */
export type TpcCurve = readonly { readonly tpcs: number; readonly ns: number }[];

/** A network ready for a device: kernels in execution order and the bytes that a request moves. */
export interface LoweredNetwork {
  readonly name: string;
  readonly batch: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Parameters as they lie in VRAM: lookup tables whole, so at least the kernels' weightBytes. */
  readonly storedBytes: number;
  readonly kernels: readonly Kernel[];
  /** What a real GPU executes, a kernel each of `kernels`. Without one it executes stand-ins that demand as much. */
  readonly program?: Program;
  /** What was measured of each kernel on this GPU before, all TPCs among it. A device then measures nothing, a simulated one goes by it. */
  readonly curves?: readonly TpcCurve[];
}

/** One kernel's cost on one GPU, alone. */
export interface KernelProfile {
  readonly name: string;
  readonly blocks: number;
  /** Duration on all TPCs, nothing else running, in whole nanoseconds. */
  readonly aloneNs: number;
  /** The fewest TPCs within 5 % of the fastest time. */
  readonly tpcsNeeded: number;
  readonly bound: Bound;
  /** Share of the GPU's SM throughput and of its VRAM bandwidth used while it runs alone, 0..1. */
  readonly computeShare: number;
  readonly memoryShare: number;
  /** Parameters that this kernel reads: they must be in VRAM before it starts. */
  readonly weightBytes: number;
}

/** Parameters that come at every request through memory that is used again and again, since they do not all fit. */
export interface WeightStream {
  /** Of the parameters' beginning, what can stay between requests. */
  readonly residentBytes: number;
  /** limits[k]: so many bytes may be on their way or there once k kernels are done; more would overwrite what others are to read. */
  readonly limits: readonly number[];
}

export interface NetworkProfile {
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly weightBytes: number;
  /** Absent: each parameter has a place of its own. */
  readonly stream?: WeightStream;
  readonly kernels: readonly KernelProfile[];
}
