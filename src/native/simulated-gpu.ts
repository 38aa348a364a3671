/** The simulated GPU of cpp/sim behind the Device port. */
import type { Device } from "../core/device.ts";
import { MAX_TENANTS } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { TenantId } from "../core/ids.ts";
import type { KernelProfile, LoweredNetwork, NetworkProfile } from "../core/kernel.ts";
import { type GpuSpec, tpcCount } from "../core/spec.ts";
import { loadAddon, type NativeDevice } from "./addon.ts";
import { CommandRing } from "./command-ring.ts";
import { EventDecoder } from "./event-decoder.ts";
import { COMMAND_STRIDE, EVENT_STRIDE, kernelNumbers, PROFILE_STRIDE, specNumbers } from "./protocol.ts";

/** Room for what one decision orders and one instant brings; either may exceed it, at the price of one more call. */
const COMMAND_RECORDS = 256;
const EVENT_RECORDS = 256;

/** A Device that also answers what a simulation alone can. */
export interface SimulatedGpu extends Device {
  /** Times in ns of a loaded kernel alone on 1, 2, ... TPCs: element i is for i + 1 of them. */
  timeByTpcs(tenant: TenantId, kernel: number): Float64Array;
}

class SimulatedGpuDevice implements SimulatedGpu {
  readonly spec: GpuSpec;
  readonly commands: CommandRing;
  private readonly native: NativeDevice;
  private readonly decoder: EventDecoder;
  private readonly bytesByChannel: Float64Array;

  constructor(spec: GpuSpec) {
    this.spec = spec;
    const ring = new Float64Array(COMMAND_RECORDS * COMMAND_STRIDE);
    const buffer = new Float64Array((EVENT_RECORDS + 1) * EVENT_STRIDE);
    const native = new (loadAddon().SimulatedGpu)(specNumbers(spec), ring, buffer);
    this.native = native;
    this.commands = new CommandRing(ring, (count) => native.submit(count));
    this.decoder = new EventDecoder(buffer);
    this.bytesByChannel = new Float64Array(MAX_TENANTS * spec.channels);
  }

  nowNs(): number {
    return this.decoder.nowNs;
  }

  load(tenant: TenantId, network: LoweredNetwork): NetworkProfile {
    let numbers: Float64Array;
    try {
      numbers = this.native.load(tenant, kernelNumbers(network.kernels));
    } catch (cause) {
      throw new MissileError(
        `${network.name} cannot run on ${this.spec.name}: ${(cause as Error).message}`,
        "networkNotLoadable",
      );
    }
    const kernels = network.kernels.map((kernel, index): KernelProfile => {
      const at = index * PROFILE_STRIDE;
      return {
        name: kernel.name,
        blocks: kernel.grid,
        aloneNs: numbers[at]!,
        tpcsNeeded: numbers[at + 1]!,
        bound: numbers[at + 2] === 1 ? "memory" : "compute",
        computeShare: numbers[at + 3]!,
        memoryShare: numbers[at + 4]!,
        weightBytes: kernel.weightBytes,
      };
    });
    return {
      inputBytes: network.inputBytes,
      outputBytes: network.outputBytes,
      weightBytes: network.kernels.reduce((sum, kernel) => sum + kernel.weightBytes, 0),
      kernels,
    };
  }

  timeByTpcs(tenant: TenantId, kernel: number): Float64Array {
    const times = new Float64Array(tpcCount(this.spec));
    this.native.timeByTpcs(tenant, kernel, times);
    return times;
  }

  poll(untilNs: number, deliver: (event: Event) => void): void {
    const count = this.native.poll(this.commands.take(), Math.min(untilNs, Number.MAX_SAFE_INTEGER));
    for (let index = 0; index < count; index++) deliver(this.decoder.decode(index));
  }

  channelBytes(): Float64Array {
    this.native.channelBytes(this.bytesByChannel);
    return this.bytesByChannel;
  }

  close(): void {
    // Nothing outlives the object: its memory goes with it.
  }
}

/** Opens a simulated GPU at time 0. Throws MissileError when the addon is not built. */
export function openSimulatedGpu(spec: GpuSpec): SimulatedGpu {
  return new SimulatedGpuDevice(spec);
}
