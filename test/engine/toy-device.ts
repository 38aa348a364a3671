/** A device small enough to read: every kernel takes 10 us, copies follow one another, evictions take 7 us. */
import type { ChannelSet } from "../../src/core/channel-set.ts";
import type { Commands, CopyOrder, Direction, LaunchOrder } from "../../src/core/command.ts";
import { type Device, MAX_TENANTS, MAX_TPCS } from "../../src/core/device.ts";
import type { Event } from "../../src/core/event.ts";
import type { LaunchId, TenantId } from "../../src/core/ids.ts";
import type { LoweredNetwork, NetworkProfile } from "../../src/core/kernel.ts";
import { type GpuSpec, tpcCount } from "../../src/core/spec.ts";
import type { TpcSet } from "../../src/core/tpc-set.ts";

const KERNEL_NS = 10_000;
const EVICT_NS = 7_000;
const CHUNK_NS = 2_400;
const BYTES_PER_NS = 50;

interface Planned {
  readonly atNs: number;
  readonly event: () => Event | null;
}

interface Running {
  tpcs: TpcSet;
  stopping: boolean;
}

export class ToyDevice implements Device, Commands {
  readonly spec: GpuSpec;
  readonly commands: Commands = this;
  readonly placed = new Map<TenantId, ChannelSet>();
  readonly released: TenantId[] = [];
  restored = 0;
  private now = 0;
  private readonly plan: Planned[] = [];
  private readonly running = new Map<LaunchId, Running>();
  private readonly laneFreeNs: Record<Direction, number> = { h2d: 0, d2h: 0 };

  constructor(spec: GpuSpec) {
    this.spec = spec;
  }

  nowNs(): number {
    return this.now;
  }

  presentNs(): number {
    return this.now;
  }

  load(_tenant: TenantId, network: LoweredNetwork): NetworkProfile {
    const kernels = network.kernels.map(({ name, grid, bound, weightBytes }) => ({
      name,
      blocks: grid,
      aloneNs: KERNEL_NS,
      tpcsNeeded: Math.ceil(tpcCount(this.spec) / 2),
      bound,
      computeShare: 0.5,
      memoryShare: 0.5,
      weightBytes,
    }));
    const weightBytes = kernels.reduce((sum, kernel) => sum + kernel.weightBytes, 0);
    return { inputBytes: network.inputBytes, outputBytes: network.outputBytes, weightBytes, kernels };
  }

  /** It takes orders as they are given. */
  submit(): void {}

  poll(untilNs: number, deliver: (event: Event) => void): void {
    this.now = Math.max(this.now, Math.min(untilNs, this.plan[0]?.atNs ?? Number.POSITIVE_INFINITY));
    while (this.plan[0] !== undefined && this.plan[0].atNs <= this.now) {
      const event = this.plan.shift()?.event();
      if (event) deliver(event);
    }
  }

  /** Loses everything, at the next poll. `tenant`: whose launch it was. */
  fail(code: string, tenant: TenantId | -1): void {
    this.plan.length = 0;
    this.running.clear();
    this.laneFreeNs.h2d = this.laneFreeNs.d2h = 0;
    this.after(0, (atNs) => ({ kind: "deviceFailed", atNs, code, tenant }));
  }

  restore(): void {
    this.restored++;
  }

  channelBytes(): Float64Array {
    return new Float64Array(MAX_TENANTS * this.spec.channels);
  }

  tpcNs(): Float64Array {
    return new Float64Array(MAX_TENANTS * MAX_TPCS);
  }

  close(): void {}

  launch({ id, kernelCount }: LaunchOrder, tpcs: TpcSet): void {
    const launch: Running = { tpcs, stopping: false };
    this.running.set(id, launch);
    this.after(KERNEL_NS * kernelCount, (atNs) => {
      if (launch.stopping) return null;
      this.running.delete(id);
      return { kind: "launchRetired", atNs, launch: id, kernelsDone: kernelCount, blocksLeft: 0 };
    });
  }

  extend(id: LaunchId, tpcs: TpcSet): void {
    const launch = this.running.get(id);
    if (launch !== undefined) launch.tpcs = launch.tpcs.union(tpcs);
  }

  evict(id: LaunchId, tpcs: TpcSet): void {
    const launch = this.running.get(id);
    if (launch === undefined) return;
    launch.tpcs = launch.tpcs.minus(tpcs);
    if (launch.tpcs.isEmpty) launch.stopping = true;
    this.after(EVICT_NS, (atNs) => {
      if (!this.running.has(id)) return null;
      if (!launch.stopping) return { kind: "tpcsYielded", atNs, launch: id, tpcs };
      this.running.delete(id);
      return { kind: "launchRetired", atNs, launch: id, kernelsDone: 0, blocksLeft: 1 };
    });
  }

  copy({ id, direction }: CopyOrder, _offsetBytes: number, sizeBytes: number): void {
    const startNs = Math.max(this.now, this.laneFreeNs[direction]);
    const endNs = startNs + CHUNK_NS + Math.round(sizeBytes / BYTES_PER_NS);
    this.laneFreeNs[direction] = endNs;
    this.after(endNs - this.now, (atNs) => ({ kind: "copyRetired", atNs, copy: id, movedBytes: sizeBytes }));
  }

  place(tenant: TenantId, channels: ChannelSet): void {
    this.placed.set(tenant, channels);
  }

  release(tenant: TenantId): void {
    this.released.push(tenant);
  }

  private after(delayNs: number, event: (atNs: number) => Event | null): void {
    const atNs = this.now + delayNs;
    const index = this.plan.findIndex((planned) => planned.atNs > atNs);
    this.plan.splice(index < 0 ? this.plan.length : index, 0, { atNs, event: () => event(atNs) });
  }
}
