/** A bare simulated GPU for benches: synthetic kernels, launched and waited for through the Device port. */
import { type ChannelSet, channelRange } from "../src/core/channel-set.ts";
import type { Direction } from "../src/core/command.ts";
import type { Event } from "../src/core/event.ts";
import { asCopyId, asLaunchId, asTenantId, type LaunchId } from "../src/core/ids.ts";
import type { Kernel } from "../src/core/kernel.ts";
import type { GpuSpec } from "../src/core/spec.ts";
import { type TpcSet, tpcRange } from "../src/core/tpc-set.ts";
import { openSimulatedGpu } from "../src/native/index.ts";

/** A kernel without memory accesses; a bench changes what it is about. */
export const plainKernel: Kernel = {
  name: "synthetic",
  grid: 1,
  threadsPerBlock: 512,
  registersPerThread: 64,
  sharedBytesPerBlock: 0,
  flops: 0,
  weightBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  footprintBytes: 0,
  bound: "memory",
};

/**
 * Reads (and writes) memory that it never sees again, in tiles of 32 KiB, two 512-thread blocks an SM.
 * `bytes`: read; as many are written where `writes`.
 */
export function streamKernel(bytes: number, writes: boolean): Kernel {
  const writtenBytes = writes ? bytes : 0;
  return {
    ...plainKernel,
    grid: Math.round(bytes / 32_768),
    readBytes: bytes,
    writtenBytes,
    footprintBytes: bytes + writtenBytes,
  };
}

/** Passes `passes` times over a region that fits in L2. */
export function l2Kernel(regionBytes: number, passes: number, writes: boolean): Kernel {
  return { ...streamKernel(regionBytes * passes, writes), footprintBytes: regionBytes };
}

export class GpuRig {
  private readonly gpu: ReturnType<typeof openSimulatedGpu>;
  private readonly retired = new Set<number>();
  private ids = 0;

  constructor(spec: GpuSpec) {
    this.gpu = openSimulatedGpu(spec);
  }

  get nowNs(): number {
    return this.gpu.nowNs();
  }

  load(tenant: number, kernel: Kernel): void {
    const network = {
      name: kernel.name,
      batch: 1,
      inputBytes: 0,
      outputBytes: 0,
      storedBytes: 0,
      kernels: [kernel],
    };
    this.gpu.load(asTenantId(tenant), network);
  }

  place(tenant: number, channels: ChannelSet): void {
    this.gpu.commands.place(asTenantId(tenant), channels);
  }

  launch(tenant: number, tpcs: TpcSet, priority: 0 | 1 = 0): LaunchId {
    const id = asLaunchId(this.ids++);
    const order = {
      id,
      tenant: asTenantId(tenant),
      firstKernel: 0,
      kernelCount: 1,
      blocksLeft: 0,
      priority,
    } as const;
    this.gpu.commands.launch(order, tpcs);
    return id;
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    this.gpu.commands.evict(launch, tpcs);
  }

  copy(direction: Direction, sizeBytes: number): number {
    const id = asCopyId(this.ids++);
    this.gpu.commands.copy({ id, tenant: asTenantId(0), direction }, 0, sizeBytes);
    return id;
  }

  /** Goes on until the launch or copy has retired; returns that instant. */
  waitFor(id: number): number {
    while (!this.retired.delete(id)) this.gpu.poll(Number.MAX_SAFE_INTEGER, this.note);
    return this.nowNs;
  }

  wait(ns: number): void {
    const untilNs = this.nowNs + ns;
    while (this.nowNs < untilNs) this.gpu.poll(untilNs, this.note);
  }

  /** Bytes that the tenant has moved between L2 and VRAM so far. */
  vramBytes(tenant: number): number {
    const { channels } = this.gpu.spec;
    return this.gpu
      .channelBytes()
      .subarray(tenant * channels, (tenant + 1) * channels)
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  private readonly note = (event: Event): void => {
    if (event.kind === "launchRetired") this.retired.add(event.launch);
    if (event.kind === "copyRetired") this.retired.add(event.copy);
  };
}

/** SMs from, ... to - 1 as TPCs; a lone last SM counts as its whole TPC. */
export function smRange(spec: GpuSpec, from: number, to: number): TpcSet {
  return tpcRange(Math.round(from / spec.smsPerTpc), Math.round(to / spec.smsPerTpc));
}

/** Channels of partitions 0 ... count - 1, and all the others. */
export function splitPartitions(spec: GpuSpec, count: number): { first: ChannelSet; rest: ChannelSet } {
  const cut = count * spec.channelsPerPartition;
  return { first: channelRange(0, cut), rest: channelRange(cut, spec.channels) };
}
