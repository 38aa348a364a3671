/** The port to a GPU, simulated or real. */
import type { Commands } from "./command.ts";
import type { Event } from "./event.ts";
import type { TenantId } from "./ids.ts";
import type { LoweredNetwork, NetworkProfile } from "./kernel.ts";
import type { GpuSpec } from "./spec.ts";

export interface Device {
  readonly spec: GpuSpec;
  /** The scheduler's orders go in here; the next poll submits them. */
  readonly commands: Commands;
  /** The device's clock: simulated ns, or ns since the device was opened. Never goes back. */
  nowNs(): number;
  /** Makes the network known as the tenant's, and measures (or models) each kernel alone. Throws MissileError. */
  load(tenant: TenantId, network: LoweredNetwork): NetworkProfile;
  /**
   * Submits the orders given so far, waits for the next instant at which something happens, at most until `untilNs`,
   * and delivers that instant's events in order. Afterwards nowNs() is that instant, or untilNs.
   */
  poll(untilNs: number, deliver: (event: Event) => void): void;
  /** Bytes that each tenant has moved through each VRAM channel so far: row-major [tenant][channel], cumulative. */
  channelBytes(): Float64Array;
  close(): void;
}

/** Tenants a device keeps apart at once; ids are reused after `release`. */
export const MAX_TENANTS = 64;
