/**
 * How long logical blocks may last on an H200, by estimate. A tenant's SMs are given back between blocks, so plans keep them short: evicting
 * everything takes 35 us at p99 with blocks of 20 us, 54 with 40 and 95 with 80. And not too short, since then tiles are split: VGG-19's
 * products at batch 16 take 5.3 ms with blocks of 20 us, 3.8 with 40 and 3.5 with 60, DenseNet-161's 4.9, 4.1 and 4.0 (measured).
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
