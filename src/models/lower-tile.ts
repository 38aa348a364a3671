/**
 * How a kernel's work is cut into blocks.
 *
 * An elastic kernel yields between blocks, so a block is short, about 20 us at most: 3 MFLOP where two blocks
 * share an SM of 300 GFLOP/s, or 16 KiB read (and as much written) where eight share 11 GB/s, a V100 SM's
 * part of its VRAM's bandwidth. All choices go by the size of the problem and never by the GPU, so that one
 * lowering serves every GPU.
 */

/** Resources of a block. */
export interface BlockShape {
  readonly threadsPerBlock: number;
  readonly registersPerThread: number;
  readonly sharedBytesPerBlock: number;
}

/** A kernel's blocks and what they ask of L2. Bytes are totals over the grid. */
export interface Tiling {
  readonly block: BlockShape;
  readonly grid: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** Floating-point operations of a block at most. */
export const BLOCK_FLOPS = 3e6;

/** Two blocks for each of the 132 SMs of the largest GPU in the presets: fewer leave SMs idle. */
const FILLING_BLOCKS = 256;
/**
 * Eight blocks of 256 threads for each of 80 SMs: what keeps enough bytes in flight to fill a V100's
 * bandwidth.
 */
const STREAMING_BLOCKS = 640;

/** A tile of side x side outputs. */
interface Square {
  readonly side: number;
}

/** 16 outputs a thread, two stages of 32 steps of both operands; two blocks fill an SM of 64 Ki registers. */
const LARGE: BlockShape & Square = {
  side: 64,
  threadsPerBlock: 256,
  registersPerThread: 128,
  sharedBytesPerBlock: 32 * 1024,
};
/**
 * A quarter of the outputs. Eight blocks fill an SM of 64 Ki registers, so one takes as long as an equally
 * deep large one.
 */
const SMALL: BlockShape & Square = {
  side: 32,
  threadsPerBlock: 128,
  registersPerThread: 64,
  sharedBytesPerBlock: 8 * 1024,
};

/**
 * Steps along K of one block: as many as BLOCK_FLOPS allow a large tile, in whole turns of a loop unrolled 8
 * times.
 */
const DEEPEST_SLICE = Math.floor(BLOCK_FLOPS / (2 * LARGE.side ** 2) / 8) * 8;
/** Below it, moving partial sums costs more than the parallelism is worth. */
const SHALLOWEST_SLICE = 128;

/**
 * A matrix product, or a convolution seen as one: pixels x (channels x taps), by (channels x taps) x output
 * channels.
 */
export interface Product {
  /** Independent products: heads, or groups of a grouped convolution. */
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /**
   * Bytes of the left operand (of all products) that one pass over the rows in tiles of side x side asks for.
   */
  readonly leftBytes: (side: number) => number;
  /** Bytes of the right operand, and how many of them `weightBytes` of the kernel has counted already. */
  readonly rightBytes: number;
  readonly countedBytes: number;
  readonly outputBytes: number;
}

/**
 * The tile and the split along K that fill a GPU with the fewest bytes asked of L2; where none fills it, the
 * most blocks. Slices of one tile are neighbours in the grid. The last to finish adds what the others wrote
 * to a workspace that L2 holds, and does the epilogue: each slice beyond the first writes and reads the
 * output once more.
 */
export function tileProduct(product: Product): Tiling {
  const fits = product.rows > SMALL.side && product.columns > SMALL.side;
  const tilings = (fits ? [LARGE, SMALL] : [SMALL]).map((tile) => productTiling(product, tile));
  const bytes = (tiling: Tiling): number => tiling.readBytes + tiling.writtenBytes;
  return tilings.reduce((best, other) => {
    const [enough, otherEnough] = [best.grid >= FILLING_BLOCKS, other.grid >= FILLING_BLOCKS];
    if (enough && otherEnough) return bytes(other) < bytes(best) ? other : best;
    return other.grid > best.grid ? other : best;
  });
}

function productTiling(product: Product, tile: BlockShape & Square): Tiling {
  const { side, ...block } = tile;
  const rowTiles = Math.ceil(product.rows / side);
  const columnTiles = Math.ceil(product.columns / side);
  const tiles = product.count * rowTiles * columnTiles;
  const fewest = Math.ceil(product.depth / DEEPEST_SLICE);
  const most = Math.max(fewest, Math.floor(product.depth / SHALLOWEST_SLICE));
  const slices = Math.min(Math.max(Math.ceil(FILLING_BLOCKS / tiles), fewest), most);
  const partialBytes = (slices - 1) * product.outputBytes;
  const operandBytes = product.leftBytes(side) * columnTiles + product.rightBytes * rowTiles;
  return {
    block,
    grid: tiles * slices,
    readBytes: operandBytes - product.countedBytes + partialBytes,
    writtenBytes: product.outputBytes + partialBytes,
  };
}

/** A warp multiplies a stretch of one row of the weight; the vectors lie in shared memory. */
const VECTOR_BLOCK: BlockShape = {
  threadsPerBlock: 256,
  registersPerThread: 40,
  sharedBytesPerBlock: 8 * 1024,
};
/** Most input vectors at which a linear layer is bound by reading its weight, so that no tile reuses it. */
export const MOST_VECTORS = 8;
/** Columns of the weight that a block has the vectors' entries of. */
const VECTOR_DEPTH = 1024;

/** A weight [outputs, depth] times few vectors: the weight is streamed once, each block takes some of it. */
export function tileVectors(outputs: number, depth: number, vectors: number): Tiling {
  const elementsPerBlock = streamed(outputs * depth, 4096, 1024);
  const sliceDepth = Math.min(depth, VECTOR_DEPTH, elementsPerBlock);
  const slices = Math.ceil(depth / sliceDepth);
  const grid = Math.ceil(outputs / Math.max(1, Math.floor(elementsPerBlock / sliceDepth))) * slices;
  const outputBytes = outputs * vectors * 4;
  const partialBytes = (slices - 1) * outputBytes;
  return {
    block: VECTOR_BLOCK,
    grid,
    readBytes: (grid / slices) * depth * vectors * 4 + partialBytes,
    writtenBytes: outputBytes + partialBytes,
  };
}

/** One or several heads' attention: scores never leave the SM. */
export interface Attention {
  /** Heads of all sequences. */
  readonly count: number;
  readonly queries: number;
  readonly keys: number;
  readonly keyWidth: number;
  readonly valueWidth: number;
}

/**
 * A block takes some queries of one head and goes over all keys and values, as flash attention does. Fewer
 * queries a block where that would be too long, or the grid too small.
 */
export function tileAttention(shape: Attention): Tiling {
  const { count, queries, keys, keyWidth, valueWidth } = shape;
  const blockFlops = (rows: number): number => 2 * rows * keys * (keyWidth + valueWidth);
  const blocks = (rows: number): number => count * Math.ceil(queries / rows);
  let rows = 64;
  while (rows > 1 && blockFlops(rows) > BLOCK_FLOPS) rows /= 2;
  while (rows > 16 && blocks(rows) < FILLING_BLOCKS) rows /= 2;
  const keyBytes = keys * (keyWidth + valueWidth) * 4;
  const { side: _, ...block } = rows === 64 ? LARGE : SMALL;
  return {
    block,
    grid: blocks(rows),
    readBytes: count * queries * keyWidth * 4 + blocks(rows) * keyBytes,
    writtenBytes: count * queries * valueWidth * 4,
  };
}

/** Bound by memory: many threads with few registers each keep many bytes in flight. */
export const STREAM_BLOCK: BlockShape = {
  threadsPerBlock: 256,
  registersPerThread: 32,
  sharedBytesPerBlock: 0,
};

/** Elements a streaming block takes: one or several for each of its threads. */
const MOST_STREAMED = 2048;
const LEAST_STREAMED = 512;

/** Blocks of a kernel that goes over its elements once. */
export function streamBlocks(elements: number): number {
  return Math.ceil(elements / streamed(elements, MOST_STREAMED, LEAST_STREAMED));
}

/**
 * Blocks of a kernel that reduces whole rows: some rows a block, or some blocks for a row too long for one.
 */
export function rowBlocks(rows: number, length: number): number {
  if (length > MOST_STREAMED) return rows * Math.ceil(length / MOST_STREAMED);
  const elementsPerBlock = streamed(rows * length, MOST_STREAMED, LEAST_STREAMED);
  return Math.ceil(rows / Math.max(1, Math.floor(elementsPerBlock / length)));
}

/**
 * Elements a block: `most`, halved while the grid is too small to stream at full bandwidth, but at least
 * `least`.
 */
function streamed(elements: number, most: number, least: number): number {
  let perBlock = most;
  while (perBlock > least && elements / perBlock < STREAMING_BLOCKS) perBlock /= 2;
  return perBlock;
}
