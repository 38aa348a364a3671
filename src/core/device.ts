/** The port to a GPU, simulated or real. */
import type { Commands } from "./command.ts";
import type { Event } from "./event.ts";
import type { TenantId } from "./ids.ts";
import type { LoweredNetwork, NetworkProfile } from "./kernel.ts";
import type { GpuSpec } from "./spec.ts";

/** What a device counts from its opening on. Arrays are the device's own, and valid until the next call. */
export interface DeviceCounters {
  /** Bytes that each tenant has moved through each VRAM channel so far: row-major [MAX_TENANTS][channel]. */
  channelBytes(): Float64Array;
  /**
   * Where work truly ran: ns of each tenant on each TPC so far, row-major [MAX_TENANTS][MAX_TPCS]. A tenant that has as many thread
   * blocks there as its kernels ever have on an SM adds 1e9 in a second; those who share a TPC may add up to more. A real GPU's are
   * some ms old.
   */
  tpcNs(): Float64Array;
}

export interface Device extends DeviceCounters {
  readonly spec: GpuSpec;
  /** The scheduler's orders go in here; the next poll submits them, or `submit` before. */
  readonly commands: Commands;
  /** The device's clock: simulated ns, or ns since the first poll began. Never goes back. */
  nowNs(): number;
  /** The clock at this moment, which a poll that comes late catches up with; a simulation's stands still between polls. */
  presentNs(): number;
  /** Makes the network known as the tenant's, and measures (or models) each kernel alone. Throws MissileError. */
  load(tenant: TenantId, network: LoweredNetwork): NetworkProfile;
  /** Submits the orders given so far: for who has other work to do before the next poll. */
  submit(): void;
  /**
   * Submits the orders given so far, waits for the next instant at which something happens, at most until `untilNs`,
   * and delivers that instant's events in order. Afterwards nowNs() is that instant, or untilNs. Orders given while an event is
   * delivered are submitted before the next one is, so that they do not wait until all are taken in.
   */
  poll(untilNs: number, deliver: (event: Event) => void): void;
  /**
   * Makes a failed device work again, empty but for the networks that were loaded. Throws MissileError while it cannot;
   * deviceRestored follows from whoever called, not from poll.
   */
  restore(): void;
  close(): void;
}

/** Tenants a device keeps apart at once; ids are reused after `release`. */
export const MAX_TENANTS = 64;
/** TPCs of the largest GPU: as many as a TpcSet holds. */
export const MAX_TPCS = 96;
