/** The simulated GPU of cpp/sim behind the Device port. */
import { assert } from "../core/assert.ts";
import type { Device } from "../core/device.ts";
import type { TenantId } from "../core/ids.ts";
import { type GpuSpec, tpcCount } from "../core/spec.ts";
import { loadAddon, type NativeSimulatedGpu } from "./addon.ts";
import { NativeGpu } from "./native-gpu.ts";
import { specNumbers } from "./protocol.ts";

/** A Device that also answers what a simulation alone can. */
export interface SimulatedGpu extends Device {
  /** Times in ns of a loaded kernel alone on 1, 2, ... TPCs: element i is for i + 1 of them. */
  timeByTpcs(tenant: TenantId, kernel: number): Float64Array;
}

class SimulatedGpuDevice extends NativeGpu<NativeSimulatedGpu> implements SimulatedGpu {
  constructor(spec: GpuSpec) {
    super(spec, (ring, buffer) => new (loadAddon().SimulatedGpu)(specNumbers(spec), ring, buffer));
  }

  timeByTpcs(tenant: TenantId, kernel: number): Float64Array {
    const times = new Float64Array(tpcCount(this.spec));
    this.native.timeByTpcs(tenant, kernel, times);
    return times;
  }

  presentNs(): number {
    return this.nowNs();
  }

  restore(): void {
    assert(false, "a simulated GPU never fails");
  }

  close(): void {
    // Nothing outlives the object: its memory goes with it.
  }

  protected takeFailure(): string {
    assert(false, "a simulated GPU never fails");
  }
}

/** Opens a simulated GPU at time 0. Throws MissileError when the addon is not built. */
export function openSimulatedGpu(spec: GpuSpec): SimulatedGpu {
  return new SimulatedGpuDevice(spec);
}
