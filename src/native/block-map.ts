/** Where the blocks of one tenant's memory lie on a real GPU, as cpp/cuda/block_map.h knows it. Blocks are of 1 KiB. */
import { assert } from "../core/assert.ts";
import type { TenantClass } from "../core/spec.ts";

/** What a storage holds, in the order of cpp/cuda/executable.h. */
const USES = ["parameters", "activations", "input", "output", "counters"] as const;

/** A run of consecutive blocks of one storage. */
export interface BlockRow {
  /** The tenant's storages are numbered. */
  readonly storage: number;
  readonly use: (typeof USES)[number];
  /** Without one, the storage is linear alone: it lies in all partitions, and nothing else is known of it. */
  readonly hasColours: boolean;
  /** Of the storage. */
  readonly firstBlock: number;
  readonly blocks: number;
  /** Blocks of the coloured copy that have no place in the pool. */
  readonly missing: number;
  /** Those in a place that is not, or not any more, in the tenant's partitions: they are to move. */
  readonly misplaced: number;
  /** Those that lack what the linear storage has: it stands in for them. */
  readonly behind: number;
  /** Those in each partition; a block that lies in two counts in both. */
  readonly inPartition: readonly number[];
}

export interface BlockMap {
  readonly tenant: number;
  /** Whose partitions it is to live in; null: it was never placed in less than all of them. */
  readonly side: TenantClass | null;
  /** Whether each VRAM partition of the pool is BE's; none: the pool has no colours. */
  readonly isBe: readonly boolean[];
  /** Of the pool, and those of them that serve nobody: they lie in partitions of both, or in none that is known. */
  readonly poolBlocks: number;
  readonly wastedBlocks: number;
  readonly rows: readonly BlockRow[];
}

/** The map that such numbers are; null: the tenant had no memory. */
export function readBlockMap(numbers: Float64Array): BlockMap | null {
  let at = 0;
  const next = (): number => {
    assert(at < numbers.length, "a map of blocks is whole");
    return numbers[at++]!;
  };
  const list = <Item>(count: number, item: () => Item): Item[] => Array.from({ length: count }, item);
  const tenant = next();
  const isLoaded = next() === 1;
  const side = next();
  const partitions = next();
  const poolBlocks = next();
  const wastedBlocks = next();
  const rowCount = next();
  if (!isLoaded) return null;
  const isBe = list(partitions, () => next() === 1);
  const rows = list(rowCount, () => ({
    storage: next(),
    use: USES[next()]!,
    hasColours: next() === 1,
    firstBlock: next(),
    blocks: next(),
    missing: next(),
    misplaced: next(),
    behind: next(),
    inPartition: list(partitions, next),
  }));
  return { tenant, side: side < 0 ? null : side === 0 ? "LS" : "BE", isBe, poolBlocks, wastedBlocks, rows };
}
