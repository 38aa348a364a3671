/** A bare GPU for benches, simulated or real: synthetic kernels, launched and waited for through the Device port. */
import { type ChannelSet, channelRange } from "../src/core/channel-set.ts";
import type { Direction } from "../src/core/command.ts";
import type { Device } from "../src/core/device.ts";
import type { Event } from "../src/core/event.ts";
import { asCopyId, asLaunchId, asTenantId, type LaunchId } from "../src/core/ids.ts";
import type { Kernel, KernelProfile } from "../src/core/kernel.ts";
import type { GpuSpec } from "../src/core/spec.ts";
import { NO_TPCS, type TpcSet, tpcRange } from "../src/core/tpc-set.ts";

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

/** How a launch ended; of a copy, when. */
export interface Ended {
  readonly atNs: number;
  readonly kernelsDone: number;
  readonly blocksLeft: number;
}

const LONGEST_POLL_NS = 1e9;

export class GpuRig {
  private readonly gpu: Device;
  private readonly ended = new Map<number, Ended>();
  private readonly yielded = new Map<number, TpcSet>();
  private ids = 0;

  constructor(gpu: Device) {
    this.gpu = gpu;
  }

  get spec(): GpuSpec {
    return this.gpu.spec;
  }

  get nowNs(): number {
    return this.gpu.nowNs();
  }

  /** Gives the tenant a network of this kernel, `times` over, and returns the kernel's profile. */
  load(tenant: number, kernel: Kernel, times = 1): KernelProfile {
    const kernels = new Array<Kernel>(times).fill(kernel);
    const network = { name: kernel.name, batch: 1, inputBytes: 0, outputBytes: 0, storedBytes: 0, kernels };
    const profile = this.gpu.load(asTenantId(tenant), network);
    // Loading takes a real GPU some time, and its clock stands still between polls.
    this.gpu.poll(this.gpu.presentNs(), this.note);
    return profile.kernels[0]!;
  }

  place(tenant: number, channels: ChannelSet): void {
    this.gpu.commands.place(asTenantId(tenant), channels);
  }

  /** Starts `kernelCount` kernels of the tenant's network, from the first. */
  launch(tenant: number, tpcs: TpcSet, priority: 0 | 1 = 0, kernelCount = 1): LaunchId {
    const id = asLaunchId(this.ids++);
    const order = {
      id,
      tenant: asTenantId(tenant),
      firstKernel: 0,
      kernelCount,
      blocksLeft: 0,
      priority,
      slot: 0,
    } as const;
    this.gpu.commands.launch(order, tpcs);
    return id;
  }

  extend(launch: LaunchId, tpcs: TpcSet): void {
    this.gpu.commands.extend(launch, tpcs);
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    this.gpu.commands.evict(launch, tpcs);
  }

  copy(direction: Direction, sizeBytes: number): number {
    const id = asCopyId(this.ids++);
    const purpose = direction === "h2d" ? "input" : "output";
    this.gpu.commands.copy({ id, tenant: asTenantId(0), direction, purpose, slot: 0 }, 0, sizeBytes);
    return id;
  }

  /** Goes on until the launch or copy has retired; returns that instant. */
  waitFor(id: number): number {
    return this.waitForEnd(id).atNs;
  }

  /** Goes on until the launch or copy has retired; returns when, and how far it came. */
  waitForEnd(id: number): Ended {
    this.pollUntil(() => this.ended.has(id));
    const ended = this.ended.get(id)!;
    this.ended.delete(id);
    return ended;
  }

  /** Goes on until the launch has left these TPCs; returns that instant. */
  waitForYield(launch: LaunchId, tpcs: TpcSet): number {
    this.pollUntil(() => tpcs.isWithin(this.yielded.get(launch) ?? NO_TPCS) || this.ended.has(launch));
    this.yielded.delete(launch);
    return this.nowNs;
  }

  release(tenant: number): void {
    this.gpu.commands.release(asTenantId(tenant));
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

  private pollUntil(condition: () => boolean): void {
    while (!condition()) this.gpu.poll(this.nowNs + LONGEST_POLL_NS, this.note);
  }

  private readonly note = (event: Event): void => {
    switch (event.kind) {
      case "launchRetired":
        this.ended.set(event.launch, { ...event });
        break;
      case "copyRetired":
        this.ended.set(event.copy, { atNs: event.atNs, kernelsDone: 0, blocksLeft: 0 });
        break;
      case "tpcsYielded":
        this.yielded.set(event.launch, (this.yielded.get(event.launch) ?? NO_TPCS).union(event.tpcs));
        break;
      case "deviceFailed":
        throw new Error(`the GPU failed: ${event.code}`);
    }
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
