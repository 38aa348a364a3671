/** How addresses are dealt out: how many consecutive bytes share a partition, and the block that can be coloured. */
import { MissileError } from "../core/error.ts";
import { NOWHERE } from "./partition-finder.ts";

export const SECTOR_BYTES = 32;

export interface Layout {
  /** Consecutive bytes in one partition. */
  readonly interleaveBytes: number;
  /** The unit of colouring: a block of this size holds `lanes` partitions, in turn. */
  readonly granuleBytes: number;
  readonly lanes: number;
}

/** Smaller blocks than this are too small to be handed out where a larger one with two partitions will do. */
const LEAST_GRANULE_BYTES = 1024;
/** A block with more partitions has no colour worth the name. */
const MOST_LANES = 2;
/** Chunks that may disagree, for a disturbed test or two. */
const TOLERANCE = 0.02;

/**
 * The share of aligned chunks whose sectors repeat: `lanes` partitions in turns of `turn` sectors each. A sector that met
 * no representative says nothing for or against; a lane of such sectors alone is not regular.
 */
function regularShare(labels: readonly number[], chunk: number, turn: number, lanes: number): number {
  let regular = 0;
  const chunks = Math.floor(labels.length / chunk);
  for (let at = 0; at < chunks; at++) {
    const seen = Array.from({ length: lanes }, () => new Set<number>());
    for (let sector = 0; sector < chunk; sector++) {
      const label = labels[at * chunk + sector]!;
      if (label !== NOWHERE) seen[Math.floor(sector / turn) % lanes]!.add(label);
    }
    if (seen.every((lane) => lane.size === 1)) regular++;
  }
  return regular / chunks;
}

/** The largest power of two of sectors, up to the window, whose chunks are regular. */
function largestRegular(labels: readonly number[], window: number, turn: number, lanes: number): number {
  let chunk = lanes * turn;
  while (
    chunk * 2 <= window &&
    regularShare(labels, chunk * 2, Math.min(turn, chunk * 2), lanes) >= 1 - TOLERANCE
  ) {
    chunk *= 2;
  }
  return chunk;
}

/**
 * The layout that the partitions of consecutive sectors show; `labels` is a run of windows of `window` sectors each.
 * Throws MissileError "noGranule" where no block of a useful size holds few partitions.
 */
export function findLayout(labels: readonly number[], window: number): Layout {
  let interleave = 1;
  while (
    interleave * 2 <= window &&
    regularShare(labels, interleave * 2, interleave * 2, 1) >= 1 - TOLERANCE
  ) {
    interleave *= 2;
  }
  const interleaveBytes = interleave * SECTOR_BYTES;
  for (let lanes = 1; lanes <= MOST_LANES; lanes++) {
    const granuleBytes = largestRegular(labels, window, interleave, lanes) * SECTOR_BYTES;
    if (granuleBytes >= LEAST_GRANULE_BYTES) return { interleaveBytes, granuleBytes, lanes };
  }
  throw new MissileError(
    `partitions change every ${interleaveBytes} bytes and no ${LEAST_GRANULE_BYTES}-byte block keeps to ` +
      `${MOST_LANES} of them; the pool stays uncoloured`,
    "noGranule",
  );
}
