/**
 * How long logical blocks take on an H200, by estimate. A tenant's SMs are given back between blocks, so the plan keeps them short: with blocks
 * of 20 us an LS kernel that comes to a full GPU waits for 52 us at p99, and being elastic costs 1.6 % (measured; 5.2 % with blocks of 5 us).
 * With blocks of 25 us the twelve networks at batch 1 and 16 would take 4 % less by the same estimate, VGG-19 in FP16 at batch 16 20 %.
 */
export const LONGEST_BLOCK_US = 40;

export const SMS = 132;
const THREADS_OF_SM = 2048;
/** What L2 takes, and what VRAM does: what is larger does not stay in L2. */
const L2_BYTES = 30e6;
export const L2_BYTES_A_US = 7.7e6;
const VRAM_BYTES_A_US = 3e6;

/** What the whole GPU takes for so many bytes. */
export const movedUs = (bytes: number): number =>
  bytes / (bytes > L2_BYTES ? VRAM_BYTES_A_US : L2_BYTES_A_US);

/** A kernel that is bound by what it moves. */
export interface Stream {
  readonly grid: number;
  /** Threads of a block. */
  readonly block: number;
  /** Bytes that its blocks ask for and write, and those of them that are distinct. */
  readonly movedBytes: number;
  readonly distinctBytes: number;
}

/** Of one of its blocks, beside as many as an SM holds: an SM moves its share of the bytes. */
export function streamBlockUs({ grid, block, movedBytes, distinctBytes }: Stream): number {
  const sharing = Math.min(Math.floor(THREADS_OF_SM / block), Math.ceil(grid / SMS));
  const us = Math.max(movedUs(Math.min(distinctBytes, movedBytes)), movedBytes / L2_BYTES_A_US);
  return (us * sharing * SMS) / grid;
}
