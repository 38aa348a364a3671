/** What the scheduler asks of a device: an append-only sink that the device owns. Names are imperative. */
import type { ChannelSet } from "./channel-set.ts";
import type { CopyId, LaunchId, TenantId } from "./ids.ts";
import type { TpcSet } from "./tpc-set.ts";

export type Direction = "h2d" | "d2h";
export type CopyPurpose = "input" | "weights" | "output";

/**
 * Which of a tenant's two inputs and outputs in VRAM are a request's: the input of the next one is copied while kernels read that of the
 * one before, and its kernels write while the output of the one before leaves.
 */
export type Slot = 0 | 1;

/** A run of consecutive kernels of one request, on one set of TPCs at a time. */
export interface LaunchOrder {
  readonly id: LaunchId;
  readonly tenant: TenantId;
  /** Index of the first kernel in the tenant's network, and how many follow one another without a decision. */
  readonly firstKernel: number;
  readonly kernelCount: number;
  /** Blocks still to do of the first kernel; 0: all of them. Not 0 only after an eviction. */
  readonly blocksLeft: number;
  /** 1: its blocks are placed before those of 0 wherever both compete for an SM. */
  readonly priority: 0 | 1;
  readonly slot: Slot;
}

/** Bytes of one tenant that go one way. Chunks of it are ordered one by one. */
export interface CopyOrder {
  readonly id: CopyId;
  readonly tenant: TenantId;
  readonly direction: Direction;
  readonly purpose: CopyPurpose;
  readonly slot: Slot;
}

export interface Commands {
  launch(launch: LaunchOrder, tpcs: TpcSet): void;
  /** Lets a running launch use further TPCs: more persistent blocks join the same block counter. */
  extend(launch: LaunchId, tpcs: TpcSet): void;
  /** Takes TPCs away from a running launch at the next block boundary. Taking the last one stops it (launchRetired). */
  evict(launch: LaunchId, tpcs: TpcSet): void;
  /** `offsetBytes`: from where in the input, the parameters or the output. */
  copy(copy: CopyOrder, offsetBytes: number, sizeBytes: number): void;
  /** Kernels of the tenant that start from now on use memory in these channels. */
  place(tenant: TenantId, channels: ChannelSet): void;
  /** The tenant is gone and nothing of it is in flight: its memory may be reused. */
  release(tenant: TenantId): void;
}

export type Command = {
  [Kind in keyof Commands]: { readonly kind: Kind; readonly args: Parameters<Commands[Kind]> };
}[keyof Commands];
