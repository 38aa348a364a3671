/** How large the coloured pool of a real GPU is where nobody says it: each class's tenants fit into its channels. */
import { firstBeChannel } from "../core/channel-split.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import type { GpuSpec, TenantClass } from "../core/spec.ts";

const KIB = 1024;
const KIB_OF_MIB = 1024;
/** Pools are whole pages of 2 MiB, which the probe goes through side by side. */
const PAGE_MIB = 2;

/**
 * Channels are found block by block when the GPU is opened: 5.0 s for 256 MiB, 13.2 s for 1024 (measured on an H200,
 * bench/results/2026-11-22-h200-isolation.txt), so some 16 s for the most. Too small: a tenant that is larger stays uncoloured. Too large:
 * starting takes long. The least was probed as well; half of its time would go into finding partitions, whatever its size.
 */
const LEAST_POOL_MIB = 64;
export const MOST_POOL_MIB = 1280;
/** For tenants of whom nothing is known yet: those of clients that are to come. It is open in 9 s. */
const UNKNOWN_POOL_MIB = 512;

/**
 * Blocks that straddle the split and serve nobody, about half of them at the cost of either class: 8.5 to 12.8 % for the splits of an H200's
 * partitions that were measured (6, 8 and 12 of 24).
 */
const WASTED_SHARE = 0.128;

export interface Resident {
  readonly class: TenantClass;
  /** Of its coloured copies, each storage in whole KiB. */
  readonly colouredKiB: number;
}

const wholeKiB = (bytes: number): number => Math.ceil(bytes / KIB);

/** What a network takes of its class's channels; of one without a plan at most so much: parameters, and two storages of activations. */
export function colouredKiB({ program, storedBytes, kernels }: LoweredNetwork): number {
  if (program !== undefined) {
    const coloured = program.storages.filter((storage) => storage.coloured);
    return coloured.reduce((sum, { sizeBytes }) => sum + wholeKiB(sizeBytes), 0);
  }
  const activations = kernels.map(({ footprintBytes, weightBytes, readBytes, writtenBytes }) =>
    Math.min(footprintBytes - weightBytes, Math.max(readBytes, writtenBytes)),
  );
  return wholeKiB(storedBytes) + 2 * wholeKiB(Math.max(0, ...activations));
}

/** What part of a pool's blocks each class has. */
function sharesOf(gpu: GpuSpec, beChannelShare: number): Readonly<Record<TenantClass, number>> {
  const partitions = Math.ceil(gpu.channels / gpu.channelsPerPartition);
  const ls = firstBeChannel(gpu, beChannelShare) / gpu.channelsPerPartition / partitions;
  return { LS: ls - WASTED_SHARE / 2, BE: 1 - ls - WASTED_SHARE / 2 };
}

/** MiB of a pool in which each class has that share of the blocks, and room for its tenants: for the small ones where not for all. */
export function poolMiBFor(gpu: GpuSpec, beChannelShare: number, residents: readonly Resident[]): number {
  if (residents.length === 0) return UNKNOWN_POOL_MIB;
  const shares = sharesOf(gpu, beChannelShare);
  const needed = { LS: 0, BE: 0 };
  let poolMiB = LEAST_POOL_MIB;
  for (const one of residents.toSorted((a, b) => a.colouredKiB - b.colouredKiB)) {
    const kib = needed[one.class] + one.colouredKiB;
    const pages = Math.ceil(kib / KIB_OF_MIB / shares[one.class] / PAGE_MIB);
    // A share that the waste eats up holds nothing.
    if (shares[one.class] <= 0 || pages * PAGE_MIB > MOST_POOL_MIB) continue;
    needed[one.class] = kib;
    poolMiB = Math.max(poolMiB, pages * PAGE_MIB);
  }
  return poolMiB;
}
