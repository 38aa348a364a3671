/** What is configured: tenants, their loads, and the GPU. Plain data; src/presets reads it from YAML. */
import type { NetworkProfile } from "./kernel.ts";

export type TenantClass = "LS" | "BE";

/** When requests come. Times are from the moment the load is switched on. */
export type LoadSpec =
  /** Arrival offsets in ns, rising, repeated every periodNs. */
  | { readonly kind: "trace"; readonly offsetsNs: readonly number[]; readonly periodNs: number }
  /** `inFlight` requests at all times, each followed by the next after thinkNs. */
  | { readonly kind: "closed"; readonly inFlight: number; readonly thinkNs: number }
  | { readonly kind: "poisson"; readonly ratePerS: number }
  /** One request every 1e9 / ratePerS ns. */
  | { readonly kind: "uniform"; readonly ratePerS: number }
  /** None of its own: clients outside send them. */
  | { readonly kind: "clients" };

export interface LoadWindow {
  /** For people: "poisson 100/s". */
  readonly label: string;
  readonly load: LoadSpec;
  /** First and last moment (exclusive; Infinity is written as null) at which requests may come, in simulated ns. */
  readonly startNs: number;
  readonly stopNs: number | null;
}

/** Who brought a tenant from outside, and what he says of it. */
export interface ClientSpec {
  readonly address: string;
  /** What one request takes: those that can no longer meet their SLO by this are rejected. null: as it takes alone. */
  readonly estimatedMs: number | null;
}

/** A tenant as the scheduler sees it. */
export interface TenantSpec {
  readonly name: string;
  readonly class: TenantClass;
  readonly model: string;
  readonly batch: number;
  /** Scheduling weight, a positive integer; more is more. Default 100000. */
  readonly nice: number;
  /** VRAM reserved for parameters. Parameters beyond it are streamed in over PCIe at every request. */
  readonly vramKiB: number;
  /** Guaranteed share of the SMs while it runs, 0..100. */
  readonly smRequestPercent: number;
  /** Most of the SMs it may hold, 1..100. */
  readonly smLimitPercent: number;
  /** Latency promised to each request; null: none. */
  readonly sloMs: number | null;
  readonly arrivals: LoadWindow;
  /** Absent: the operator brought it. */
  readonly client?: ClientSpec | undefined;
  readonly network: NetworkProfile;
}

/** What of a running tenant may change. Absent: as it was. */
export interface TenantChange {
  readonly nice?: number;
  /** Less: from the next request on more is streamed in. More: the next request brings what is to stay. */
  readonly vramKiB?: number;
  readonly smRequestPercent?: number;
  readonly smLimitPercent?: number;
  readonly sloMs?: number | null;
  readonly arrivals?: LoadWindow;
  readonly loadOn?: boolean;
}

/** One GPU. Every figure has its source in presets/gpus/. */
export interface GpuSpec {
  readonly name: string;
  /** Compute capability, such as "9.0": GPUs of one architecture share its first number. */
  readonly capability: string;
  readonly sms: number;
  readonly smsPerTpc: number;
  /** FP32 lanes x 2 x clock, of one SM, in FLOP a ns. */
  readonly flopsPerSmNs: number;
  /** Of its tensor cores on TF32, dense; absent: there are none, or they are not told. */
  readonly tensorFlopsPerSmNs?: number | undefined;
  readonly threadsPerSm: number;
  readonly registersPerSm: number;
  readonly sharedBytesPerSm: number;
  readonly blocksPerSm: number;
  readonly l2Bytes: number;
  readonly vramBytes: number;
  /** VRAM channels, numbered 0 ... channels - 1; isolation is cut at partitions of channelsPerPartition. */
  readonly channels: number;
  readonly channelsPerPartition: number;
  /** Colouring granule: consecutive bytes that share a channel set. */
  readonly granuleBytes: number;
  readonly compute: ComputeSpec;
  readonly memory: MemorySpec;
  readonly pcie: PcieSpec;
  readonly timing: TimingSpec;
  readonly executor: ExecutorSpec;
}

/** What limits a block that computes. */
export interface ComputeSpec {
  /** Share of the SM's peak that inference kernels reach, 0..1. */
  readonly achievedShare: number;
  /** Resident threads from which an SM computes at that rate; fewer leave issue slots empty. */
  readonly fullRateThreads: number;
  /** Start and drain of any kernel: the shortest that one can be. */
  readonly kernelFloorNs: number;
}

/** Constants of the memory model (cpp/sim/memory): a closed queueing network of SMs, crossbar, L2 slices and channels. */
export interface MemorySpec {
  /** VRAM bandwidth that streams approach on all channels, in GB/s (1e9). */
  readonly achievedGBs: number;
  /** L2 bandwidth that hits approach, all slices, in GB/s. */
  readonly l2GBs: number;
  readonly vramLatencyNs: number;
  readonly l2LatencyNs: number;
  /** Bytes that one SM keeps in flight at most. */
  readonly inFlightBytesPerSm: number;
  /** Bytes that one thread keeps in flight at most. */
  readonly inFlightBytesPerThread: number;
  /** Mean wait at a channel, or at its L2 slices' read port, that is half busy. */
  readonly channelWaitNs: number;
  /** A stream on c of C channels reaches (c / C) ^ (1 + this) of achievedGBs: few channels interleave worse. */
  readonly fewChannelsExponent: number;
  /** Bytes that wait for busy channels before they stand in the crossbar in the way of everybody else. */
  readonly crossbarQueueBytes: number;
}

/** A copy of n bytes takes chunkNs + n / GBs once the engine reaches it; idleStartNs more when the engine was idle. */
export interface PcieSpec {
  readonly h2dGBs: number;
  readonly d2hGBs: number;
  readonly chunkNs: number;
  readonly idleStartNs: number;
}

export interface TimingSpec {
  /** Host time of one launch; launches of one host thread follow one another. */
  readonly launchNs: number;
  /** From the host's eviction call to the moment when blocks see it. */
  readonly evictNs: number;
  /** Between dependent kernels of one launch that go to the GPU one by one; those of an LS graph begin early, and there is none. */
  readonly kernelGapNs: number;
  /** What an elastic block spends on claiming the next one from its kernel's counter. */
  readonly blockClaimNs: number;
}

/** What our executor adds to what the chip and its driver take (cpp/cuda; docs/calibration.md has the sources). */
export interface ExecutorSpec {
  /** From the end of something on the GPU to the scheduler's orders in answer to it: seen over PCIe, passed on, decided. */
  readonly answerNs: number;
  /** Of the driver's time that handing over one chunk takes; chunks of both directions and launches take turns there. */
  readonly submitNs: number;
  /** Of a copy engine's time that a chunk takes beyond PcieSpec's: the event by which its arrival is known. */
  readonly arrivalNs: number;
  /** What an elastic kernel takes longer to begin and to end than a plain one. Launches with priority are plain. */
  readonly elasticKernelNs: number;
}

export const tpcCount = (gpu: GpuSpec): number => Math.floor(gpu.sms / gpu.smsPerTpc);
