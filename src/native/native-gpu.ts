/** What every GPU of cpp/ has in common behind the Device port: the rings, and networks turned into profiles. */
import type { Device } from "../core/device.ts";
import { MAX_TENANTS, MAX_TPCS } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { TenantId } from "../core/ids.ts";
import type { KernelProfile, LoweredNetwork, NetworkProfile } from "../core/kernel.ts";
import type { GpuSpec } from "../core/spec.ts";
import type { NativeDevice } from "./addon.ts";
import { CommandRing } from "./command-ring.ts";
import { EventDecoder } from "./event-decoder.ts";
import { COMMAND_STRIDE, EVENT_STRIDE, kernelNumbers, PROFILE_STRIDE, sizeNumbers } from "./protocol.ts";

/** Room for what one decision orders and one instant brings; either may exceed it, at the price of one more call. */
const COMMAND_RECORDS = 256;
const EVENT_RECORDS = 256;

export abstract class NativeGpu<Native extends NativeDevice> implements Device {
  readonly spec: GpuSpec;
  readonly commands: CommandRing;
  protected readonly native: Native;
  private readonly decoder: EventDecoder;
  private readonly bytesByChannel: Float64Array;
  private readonly nsByTpc = new Float64Array(MAX_TENANTS * MAX_TPCS);

  constructor(spec: GpuSpec, open: (commandRing: Float64Array, eventBuffer: Float64Array) => Native) {
    this.spec = spec;
    const ring = new Float64Array(COMMAND_RECORDS * COMMAND_STRIDE);
    const buffer = new Float64Array((EVENT_RECORDS + 1) * EVENT_STRIDE);
    const native = open(ring, buffer);
    this.native = native;
    this.commands = new CommandRing(ring, (count) => native.submit(count));
    this.decoder = new EventDecoder(buffer, () => this.takeFailure());
    this.bytesByChannel = new Float64Array(MAX_TENANTS * spec.channels);
  }

  abstract presentNs(): number;
  abstract restore(): void;
  abstract close(): void;
  /** What went wrong, for each deviceFailed event once. */
  protected abstract takeFailure(): string;

  nowNs(): number {
    return this.decoder.nowNs;
  }

  load(tenant: TenantId, network: LoweredNetwork): NetworkProfile {
    // A release that was given before is of who had this id before.
    this.native.submit(this.commands.take());
    let numbers: Float64Array;
    try {
      const sizes = sizeNumbers(network, network.storedBytes);
      numbers = this.native.load(tenant, kernelNumbers(network.kernels), sizes);
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

  poll(untilNs: number, deliver: (event: Event) => void): void {
    const count = this.native.poll(this.commands.take(), Math.min(untilNs, Number.MAX_SAFE_INTEGER));
    for (let index = 0; index < count; index++) deliver(this.decoder.decode(index));
  }

  channelBytes(): Float64Array {
    this.native.channelBytes(this.bytesByChannel);
    return this.bytesByChannel;
  }

  tpcNs(): Float64Array {
    this.native.tpcNs(this.nsByTpc);
    return this.nsByTpc;
  }
}
