/** Colours the pool of a GPU that is to execute: probes it, and hands over each block's colour and the best split for every share. */
import { MissileError } from "../core/error.ts";
import type { ColourPool } from "../native/index.ts";
import { decodeBlocks, pairCounts } from "./channel-map.ts";
import { type ProbeResult, type Progress, probeChannels } from "./probe.ts";
import { bestSplit, type PairCount } from "./split.ts";

/** The blocks that the executor hands out; granules are whole numbers of them. */
const BLOCK_BYTES = 1024;
/** What may be wrong with a GPU's channels while the GPU itself is well. */
const UNCOLOURABLE = ["notBimodal", "noGranule", "mapWrong"];

/** The colour of each block: that of its granule. */
function coloursOfBlocks(granules: Int16Array, blocksPerGranule: number): Int16Array {
  return new Int16Array(granules.length * blocksPerGranule).map(
    (_, block) => granules[Math.floor(block / blocksPerGranule)]!,
  );
}

/** A row for every number of partitions that BE may have, 1 ... partitions - 1: its partitions have a 1. */
export function splitRows(pairs: readonly PairCount[], partitions: number): Uint8Array {
  const rows = new Uint8Array((partitions - 1) * partitions);
  for (let size = 1; size <= partitions / 2; size++) {
    const { chosen } = bestSplit(pairs, partitions, size);
    // What is best for so many is best for all but so many.
    const others = (partitions - size - 1) * partitions;
    if (2 * size !== partitions) rows.fill(1, others, others + partitions);
    for (const partition of chosen) {
      if (2 * size !== partitions) rows[others + partition] = 0;
      rows[(size - 1) * partitions + partition] = 1;
    }
  }
  return rows;
}

function handOver(pool: ColourPool, map: ProbeResult): void {
  const granules = decodeBlocks(map.blocks);
  const lanes = map.colours[0]!.length;
  pool.setColours(
    coloursOfBlocks(granules, map.granuleBytes / BLOCK_BYTES),
    Uint8Array.from(map.colours.flat()),
    lanes,
    splitRows(pairCounts(map.colours, granules), map.slices.length),
  );
}

/**
 * Nothing may run on the GPU meanwhile. Returns the map, or one line that says why the pool stays uncoloured: the GPU then runs as
 * well, with linear memory. Throws what the GPU itself refuses.
 */
export function colourPool(pool: ColourPool, poolMiB: number, report: Progress): ProbeResult | string {
  const probe = pool.contentionProbe();
  try {
    const map = probeChannels(probe, poolMiB, report);
    handOver(pool, map);
    return map;
  } catch (cause) {
    if (cause instanceof MissileError && UNCOLOURABLE.includes(cause.code)) return cause.message;
    throw cause;
  } finally {
    probe.close();
  }
}
