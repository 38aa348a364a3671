/** The real GPU of cpp/cuda behind the Device port. Its context lives in a process of its own, the GPU host, which a restore replaces. */
import type { Slot } from "../core/command.ts";
import { MissileError } from "../core/error.ts";
import type { TenantId } from "../core/ids.ts";
import type { LoweredNetwork, NetworkProfile } from "../core/kernel.ts";
import type { GpuSpec } from "../core/spec.ts";
import {
  type ColourPool,
  type CudaHealth,
  type CudaStatistics,
  loadAddon,
  type NativeCudaGpu,
} from "./addon.ts";
import { NativeGpu, type ProfilingDevice } from "./native-gpu.ts";
import { anyInput } from "./program-ports.ts";
import { specNumbers } from "./protocol.ts";

/** Pinned memory of each direction. Too small: a large chunk takes several driver calls; too large: the host has less to swap. */
const STAGING_BYTES = 32 * 2 ** 20;
/** For green contexts, 4 MiB each: this share of the memory, at most so much. Too small: sets of TPCs that return are made again, 1.5 ms each. */
const PARTITION_SHARE = 1 / 16;
const MOST_PARTITION_BYTES = 2 * 2 ** 30;

export interface CudaGpuOptions {
  /** The GPU's figures: surveyed where they can be known, else a preset's. */
  readonly spec: GpuSpec;
  /** Which GPU, as CUDA numbers them. */
  readonly ordinal: number;
  /** MiB of the coloured pool; 0: memory is not coloured. */
  readonly poolMiB: number;
  /** Its first word is not 0 while somebody has something for the engine: poll then returns at once. */
  readonly doorbell: Int32Array;
  /** Called with the pool whenever it is new and nothing runs: once opened, and at the end of each restore. */
  readonly prepare?: (pool: ColourPool) => void;
}

/** A Device that also has contents to give and take, and tells what only a real GPU has to tell. */
export interface CudaGpu extends ProfilingDevice {
  /**
   * What requests of a tenant get whose input is yet to be copied, while none is on its way: all of its program's input storage. Until then
   * that is made up. Waits for nobody. Throws MissileError "badInput" where it has another size.
   */
  setInput(tenant: TenantId, bytes: Uint8Array): void;
  /**
   * Its program's output storage as it came last from that slot, until another is on its way from there; zeros before. Waits for nobody. Throws
   * MissileError "noOutput" where there is no program.
   */
  output(tenant: TenantId, slot: Slot): Uint8Array<ArrayBuffer>;
  /** As they are now: waits for the native thread. */
  statistics(): CudaStatistics;
  /** What an operator watches, as of the last call, so that nobody waits; null at the first. */
  health(): CudaHealth | null;
  /** Where the blocks of a tenant's memory lie, for `readBlockMap`: as of the last call for it; null until that is known. */
  blocks(tenant: TenantId): Float64Array | null;
  /** From now on, and until the GPU is restored, the tenant's kernels fault: to see what that does. */
  misdirect(tenant: TenantId): void;
  /** Its pool; a GPU that was opened without one has none to probe. */
  readonly colourPool: ColourPool;
  /** The process that has its context; -1 after that has died. */
  readonly hostPid: number;
}

function unusable(cause: unknown): MissileError {
  return new MissileError(
    `the GPU cannot be used: ${(cause as Error).message} (see missile-console doctor)`,
    "gpuUnusable",
  );
}

class CudaGpuDevice extends NativeGpu<NativeCudaGpu> implements CudaGpu {
  private readonly prepare: (pool: ColourPool) => void;

  constructor({ spec, ordinal, poolMiB, doorbell, prepare = () => {} }: CudaGpuOptions) {
    const { CudaGpu: Native } = loadAddon();
    const options = {
      spec: specNumbers(spec),
      stagingBytes: STAGING_BYTES,
      partitionBytes: Math.min(spec.vramBytes * PARTITION_SHARE, MOST_PARTITION_BYTES),
      poolBytes: poolMiB * 2 ** 20,
      doorbell,
    };
    super(spec, (ring, buffer) => {
      try {
        return new Native(ordinal, options, ring, buffer);
      } catch (cause) {
        throw unusable(cause);
      }
    });
    this.prepare = prepare;
    try {
      prepare(this.native);
    } catch (cause) {
      this.native.close();
      throw cause instanceof MissileError ? cause : unusable(cause);
    }
  }

  override load(tenant: TenantId, network: LoweredNetwork): NetworkProfile {
    const profile = super.load(tenant, network);
    if (network.program !== undefined) this.setInput(tenant, anyInput(network.program));
    return profile;
  }

  setInput(tenant: TenantId, bytes: Uint8Array): void {
    try {
      this.native.setInput(tenant, bytes);
    } catch (cause) {
      throw new MissileError(`the input cannot be set: ${(cause as Error).message}`, "badInput");
    }
  }

  output(tenant: TenantId, slot: Slot): Uint8Array<ArrayBuffer> {
    try {
      return this.native.output(tenant, slot);
    } catch (cause) {
      throw new MissileError(`there is no output: ${(cause as Error).message}`, "noOutput");
    }
  }

  statistics(): CudaStatistics {
    return this.native.statistics();
  }

  health(): CudaHealth | null {
    return this.native.health();
  }

  blocks(tenant: TenantId): Float64Array | null {
    return this.native.blocks(tenant);
  }

  misdirect(tenant: TenantId): void {
    this.native.misdirect(tenant);
  }

  get colourPool(): ColourPool {
    return this.native;
  }

  get hostPid(): number {
    return this.native.hostPid();
  }

  presentNs(): number {
    return this.native.presentNs();
  }

  restore(): void {
    try {
      this.native.rebuild();
      this.prepare(this.native);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new MissileError(
        `the GPU cannot be rebuilt: ${why} (see missile-console doctor, then try again)`,
        "gpuLost",
      );
    }
  }

  close(): void {
    this.native.close();
  }

  protected takeFailure(): string {
    return this.native.takeFailure();
  }
}

/** Opens the GPU; its clock starts with the first poll. Throws MissileError "gpuUnusable" with the driver's reason. */
export function openCudaGpu(options: CudaGpuOptions): CudaGpu {
  return new CudaGpuDevice(options);
}
