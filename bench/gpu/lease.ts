/** A GPU that its user may close although it stays open: what is in flight is stopped then, and every tenant released. */
import type { Commands, CopyOrder, LaunchOrder } from "../../src/core/command.ts";
import type { Device } from "../../src/core/device.ts";
import type { Event } from "../../src/core/event.ts";
import type { LaunchId, TenantId } from "../../src/core/ids.ts";
import type { LoweredNetwork, NetworkProfile } from "../../src/core/kernel.ts";
import { type GpuSpec, tpcCount } from "../../src/core/spec.ts";
import { type TpcSet, tpcRange } from "../../src/core/tpc-set.ts";

/** Longest that a launch may take to leave its TPCs. */
const PATIENCE_NS = 10e9;

/** What the GPU has been given and has not given back. */
class Orders implements Commands {
  readonly launches = new Set<LaunchId>();
  /** Chunks: a copy is told once for each. */
  chunks = 0;
  readonly tenants = new Set<TenantId>();
  private readonly device: Commands;

  constructor(device: Commands) {
    this.device = device;
  }

  launch(launch: LaunchOrder, tpcs: TpcSet): void {
    this.launches.add(launch.id);
    this.device.launch(launch, tpcs);
  }

  extend(launch: LaunchId, tpcs: TpcSet): void {
    this.device.extend(launch, tpcs);
  }

  evict(launch: LaunchId, tpcs: TpcSet): void {
    this.device.evict(launch, tpcs);
  }

  copy(copy: CopyOrder, offsetBytes: number, sizeBytes: number): void {
    this.chunks++;
    this.device.copy(copy, offsetBytes, sizeBytes);
  }

  place(tenant: TenantId, channels: Parameters<Commands["place"]>[1]): void {
    this.device.place(tenant, channels);
  }

  release(tenant: TenantId): void {
    this.tenants.delete(tenant);
    this.device.release(tenant);
  }
}

export class Lease implements Device {
  readonly commands: Orders;
  private readonly gpu: Device;
  private deliver: (event: Event) => void = () => {};

  constructor(gpu: Device) {
    this.gpu = gpu;
    this.commands = new Orders(gpu.commands);
  }

  get spec(): GpuSpec {
    return this.gpu.spec;
  }

  nowNs(): number {
    return this.gpu.nowNs();
  }

  presentNs(): number {
    return this.gpu.presentNs();
  }

  load(tenant: TenantId, network: LoweredNetwork): NetworkProfile {
    const profile = this.gpu.load(tenant, network);
    this.commands.tenants.add(tenant);
    return profile;
  }

  submit(): void {
    this.gpu.submit();
  }

  poll(untilNs: number, deliver: (event: Event) => void): void {
    this.deliver = deliver;
    this.gpu.poll(untilNs, this.hear);
  }

  restore(): void {
    this.gpu.restore();
  }

  channelBytes(): Float64Array {
    return this.gpu.channelBytes();
  }

  tpcNs(): Float64Array {
    return this.gpu.tpcNs();
  }

  /** Throws when a launch does not end. */
  close(): void {
    const { launches, tenants } = this.commands;
    const everywhere = tpcRange(0, tpcCount(this.spec));
    for (const launch of launches) this.gpu.commands.evict(launch, everywhere);
    const untilNs = this.gpu.presentNs() + PATIENCE_NS;
    while (launches.size + this.commands.chunks > 0) {
      this.poll(untilNs, () => {});
      if (this.nowNs() >= untilNs) throw new Error(`${launches.size} launches do not end`);
    }
    for (const tenant of tenants) this.commands.release(tenant);
    this.gpu.poll(this.gpu.presentNs(), () => {});
  }

  private readonly hear = (event: Event): void => {
    if (event.kind === "launchRetired") this.commands.launches.delete(event.launch);
    if (event.kind === "copyRetired") this.commands.chunks--;
    this.deliver(event);
  };
}
