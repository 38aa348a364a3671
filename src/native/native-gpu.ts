/** What every GPU of cpp/ has in common behind the Device port: the rings, and networks turned into profiles. */
import type { Device } from "../core/device.ts";
import { MAX_TENANTS, MAX_TPCS } from "../core/device.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import type { TenantId } from "../core/ids.ts";
import type { KernelProfile, LoweredNetwork, NetworkProfile, TpcCurve } from "../core/kernel.ts";
import type { Program } from "../core/program.ts";
import type { GpuSpec } from "../core/spec.ts";
import type { NativeDevice } from "./addon.ts";
import { CommandRing } from "./command-ring.ts";
import { EventDecoder } from "./event-decoder.ts";
import { programBytes } from "./program-bytes.ts";
import { storageBytes, streamBytes } from "./program-ports.ts";
import {
  COMMAND_STRIDE,
  CURVE_STRIDE,
  curveAt,
  curveNumbers,
  EVENT_STRIDE,
  kernelNumbers,
  PROFILE_STRIDE,
  sizeNumbers,
} from "./protocol.ts";
import { weightStream } from "./weight-stream.ts";

/** Room for what one decision orders and one instant brings; either may exceed it, at the price of one more call. */
const COMMAND_RECORDS = 256;
const EVENT_RECORDS = 256;

const NO_PROGRAM = new Uint8Array();

/** A Device that tells how long kernels take by number of TPCs. */
export interface ProfilingDevice extends Device {
  /** Of each kernel of the tenant's network what was measured when it was loaded, or before; nothing of one that was modelled. */
  knownCurves(tenant: TenantId): readonly TpcCurve[];
  /** One of them, at every number of TPCs that is worth trying: measured now, while nothing runs, or modelled. Throws MissileError. */
  curveOf(tenant: TenantId, kernel: number): TpcCurve;
}

const weightBytes = ({ kernels }: LoweredNetwork): number =>
  kernels.reduce((sum, kernel) => sum + kernel.weightBytes, 0);

/** What copies are ordered of must be what a program has. Throws MissileError. */
function checkSizes(network: LoweredNetwork, program: Program): void {
  const sizes = [
    ["input", network.inputBytes, storageBytes(program, "input")],
    ["output", network.outputBytes, storageBytes(program, "output")],
    ["parameters", weightBytes(network), streamBytes(program)],
  ] as const;
  for (const [what, told, held] of sizes) {
    if (told !== held) {
      throw new MissileError(
        `${network.name} has a plan that contradicts itself: ${what} of ${told} bytes in one place and ${held} in another; make the plan anew`,
        "badPlan",
      );
    }
  }
}

export abstract class NativeGpu<Native extends NativeDevice> implements ProfilingDevice {
  readonly spec: GpuSpec;
  readonly commands: CommandRing;
  protected readonly native: Native;
  private readonly decoder: EventDecoder;
  private readonly bytesByChannel: Float64Array;
  /** Of each tenant, what is known of its kernels without measuring or modelling anew. */
  private readonly curves: (readonly TpcCurve[])[] = [];
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
    this.submit();
    const { program: planned } = network;
    if (planned !== undefined) checkSizes(network, planned);
    const stream = planned === undefined ? undefined : weightStream(planned, network.kernels);
    const curves = curveNumbers(network.curves ?? network.kernels.map(() => []));
    let numbers: Float64Array;
    try {
      const sizes = sizeNumbers(network, network.storedBytes);
      const program = network.program === undefined ? NO_PROGRAM : programBytes(network.program);
      numbers = this.native.load(tenant, kernelNumbers(network.kernels), sizes, curves, program);
    } catch (cause) {
      throw new MissileError(
        `${network.name} cannot run on ${this.spec.name}: ${(cause as Error).message}`,
        "networkNotLoadable",
      );
    }
    this.curves[tenant] = network.kernels.map((_, kernel) => curveAt(curves, kernel));
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
      weightBytes: weightBytes(network),
      ...(stream === undefined ? {} : { stream }),
      kernels,
    };
  }

  knownCurves(tenant: TenantId): readonly TpcCurve[] {
    return this.curves[tenant] ?? [];
  }

  curveOf(tenant: TenantId, kernel: number): TpcCurve {
    const times = new Float64Array(CURVE_STRIDE);
    try {
      this.native.curveOf(tenant, kernel, times);
    } catch (cause) {
      throw new MissileError(
        `kernel ${kernel} cannot be measured on ${this.spec.name}: ${(cause as Error).message}`,
        "notMeasured",
      );
    }
    return curveAt(times, 0);
  }

  submit(): void {
    const count = this.commands.take();
    if (count > 0) this.native.submit(count);
  }

  poll(untilNs: number, deliver: (event: Event) => void): void {
    const count = this.native.poll(this.commands.take(), Math.min(untilNs, Number.MAX_SAFE_INTEGER));
    for (let index = 0; index < count; index++) {
      if (index > 0) this.submit();
      deliver(this.decoder.decode(index));
    }
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
