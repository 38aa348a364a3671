/** The simulated GPU of cpp/sim behind the Device port. */
import { assert } from "../core/assert.ts";
import type { GpuSpec } from "../core/spec.ts";
import { loadAddon, type NativeDevice } from "./addon.ts";
import { NativeGpu, type ProfilingDevice } from "./native-gpu.ts";
import { specNumbers } from "./protocol.ts";

class SimulatedGpuDevice extends NativeGpu<NativeDevice> {
  constructor(spec: GpuSpec) {
    super(spec, (ring, buffer) => new (loadAddon().SimulatedGpu)(specNumbers(spec), ring, buffer));
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
export function openSimulatedGpu(spec: GpuSpec): ProfilingDevice {
  return new SimulatedGpuDevice(spec);
}
