/**
 * From a graph to the kernels that a well-written FP32 inference library would launch.
 *
 * - Convolutions, linear layers and matrix products: implicit GEMM in tiles of 64 x 64 or 32 x 32 outputs,
 *   split along K (lower-tile.ts). Overlapping taps of a tile are asked of L2 once: the SM holds the tile's
 *   patch of the image.
 * - Linear layers of few rows, 1x1 convolutions of few pixels: the weight streamed once.
 * - Depthwise convolutions, poolings, elementwise work, norms: a stream over elements or rows.
 *
 * A batch norm behind a convolution is folded: its gain goes into the weight and its shift into the bias, so
 * the kernel reads one vector where the convolution had no bias, and none more where it had one. Any other
 * batch norm is a scale and a shift: two vectors. Mean and variance are never read. A lookup reads the
 * table's rows that are looked up, and a lookup at fixed positions is done when the network is loaded. So
 * weightBytes of all kernels sum to what one inference reads of the parameters; storedBytes of the network is what
 * they occupy, with whole tables, since the next request looks up other rows.
 */
import type { Bound, Kernel, LoweredNetwork } from "../core/kernel.ts";
import type { Graph, Node, OpOf, Pair, Shape, Tensor } from "./graph.ts";
import { ELEMENT_BYTES, elementCount, sizeBytes } from "./graph.ts";
import { groupFlops, groupStoredBytes, groupWeightBytes } from "./lower-cost.ts";
import type { Group } from "./lower-fuse.ts";
import { fuse } from "./lower-fuse.ts";
import type { Tiling } from "./lower-tile.ts";
import {
  MOST_VECTORS,
  rowBlocks,
  STREAM_BLOCK,
  streamBlocks,
  tileAttention,
  tileProduct,
  tileVectors,
} from "./lower-tile.ts";

export function lower(graph: Graph): LoweredNetwork {
  const groups = fuse(graph);
  return {
    name: graph.name,
    batch: graph.batch,
    inputBytes: totalBytes(graph.inputs),
    outputBytes: totalBytes(graph.outputs),
    storedBytes: groups.reduce((sum, group) => sum + groupStoredBytes(group), 0),
    kernels: groups.map(kernelOf),
  };
}

function kernelOf(group: Group): Kernel {
  const { block, grid, writtenBytes, ...tiling } = tilingOf(group);
  // Patches of tiles at the image's edge are parts of a tile's.
  const readBytes = Math.round(tiling.readBytes);
  const flops = groupFlops(group);
  const weightBytes = groupWeightBytes(group);
  const footprintBytes = weightBytes + totalBytes(group.reads) + totalBytes(group.writes);
  const requestedBytes = weightBytes + readBytes + writtenBytes;
  const bound = boundOf(flops, footprintBytes, requestedBytes);
  return {
    name: nameOf(group),
    grid,
    ...block,
    flops,
    weightBytes,
    readBytes,
    writtenBytes,
    footprintBytes,
    bound,
  };
}

/** FLOP a byte at which a GPU's arithmetic and its VRAM take equally long (V100: 15.7 TFLOP/s, 0.9 TB/s). */
const BALANCED_INTENSITY = 15;
/** How many times the bandwidth of VRAM L2 has, about (V100: 2.5 TB/s). */
const L2_ADVANTAGE = 3;

/**
 * Memory: where reading each distinct byte from VRAM, or all requested ones from L2, takes longer than
 * computing.
 */
export function boundOf(flops: number, footprintBytes: number, requestedBytes: number): Bound {
  const vramBytes = Math.max(footprintBytes, requestedBytes / L2_ADVANTAGE);
  return flops < BALANCED_INTENSITY * vramBytes ? "memory" : "compute";
}

/** "layer1.0.conv1+add+relu": the anchor, and what was fused into it. Folded batch norms do not show. */
function nameOf({ anchor, nodes }: Group): string {
  const others = nodes.filter((node) => node !== anchor && node.op.kind !== "batchNorm");
  const kinds = others.map(({ op }) =>
    op.kind === "activation" || op.kind === "reduce" ? op.function : op.kind,
  );
  return [anchor.name, ...kinds].join("+");
}

function tilingOf(group: Group): Tiling {
  const { anchor } = group;
  switch (anchor.op.kind) {
    case "conv":
      return isDepthwise(anchor, anchor.op) ? windowTiling(group, anchor.op) : convTiling(group, anchor.op);
    case "linear":
      return linearTiling(group);
    case "matmul":
      return group.nodes.some((node) => node.op.kind === "softmax")
        ? attentionTiling(group)
        : matmulTiling(group, anchor.op);
    case "maxPool":
    case "avgPool":
      return windowTiling(group, anchor.op);
    case "layerNorm":
      return rowTiling(group, anchor.inputs[0]?.shape.at(-1) ?? 1);
    case "groupNorm":
      return rowTiling(group, elementCount(inputShape(anchor).slice(1)) / anchor.op.groups);
    case "softmax":
    case "logSoftmax":
      return rowTiling(group, anchor.inputs[0]?.shape[anchor.op.axis] ?? 1);
    case "reduce":
      return rowTiling(group, elementCount(inputShape(anchor)) / elementCount(outputShape(anchor)));
    default:
      return streamTiling(group);
  }
}

const totalBytes = (tensors: readonly Tensor[]): number => tensors.reduce((sum, t) => sum + sizeBytes(t), 0);
const inputShape = (node: Node): Shape => node.inputs[0]?.shape ?? [];
const outputShape = (node: Node): Shape => node.outputs[0]?.shape ?? [];

/** What the epilogue reads beside the anchor's operands, such as a residual: each once. */
function epilogueBytes({ anchor, reads }: Group): number {
  return totalBytes(reads.filter((tensor) => !anchor.inputs.includes(tensor)));
}

const withEpilogue = (group: Group, tiling: Tiling): Tiling => ({
  ...tiling,
  readBytes: tiling.readBytes + epilogueBytes(group),
});

function isDepthwise(node: Node, op: OpOf<"conv">): boolean {
  return op.groups > 1 && node.inputs[1]?.shape[1] === 1;
}

/** The convolution's implicit GEMM: a row an output pixel, a column an output channel, a step of K a tap. */
function convTiling(group: Group, op: OpOf<"conv">): Tiling {
  const { anchor } = group;
  const [batch = 0, channels = 0] = outputShape(anchor);
  const weight = anchor.inputs[1]?.shape ?? [];
  const rows = elementCount(outputShape(anchor)) / channels;
  const depth = elementCount(weight.slice(1));
  if (op.groups === 1 && rows <= MOST_VECTORS && depth === weight[1])
    return withEpilogue(group, tileVectors(channels, depth, rows));
  const weightBytes = elementCount(weight) * ELEMENT_BYTES;
  const tiling = tileProduct({
    count: op.groups,
    rows,
    columns: channels / op.groups,
    depth,
    leftBytes: (side) => {
      const patch = patchPerImage(anchor, op, [8, side / 8]);
      return batch * patch * (inputShape(anchor)[1] ?? 0) * ELEMENT_BYTES;
    },
    rightBytes: weightBytes,
    countedBytes: weightBytes,
    outputBytes: elementCount(outputShape(anchor)) * ELEMENT_BYTES,
  });
  return withEpilogue(group, tiling);
}

function linearTiling(group: Group): Tiling {
  const { anchor } = group;
  const [columns = 0, depth = 0] = anchor.inputs[1]?.shape ?? [];
  const rows = elementCount(inputShape(anchor)) / depth;
  if (rows <= MOST_VECTORS) return withEpilogue(group, tileVectors(columns, depth, rows));
  const tiling = tileProduct({
    count: 1,
    rows,
    columns,
    depth,
    leftBytes: () => rows * depth * ELEMENT_BYTES,
    rightBytes: columns * depth * ELEMENT_BYTES,
    countedBytes: columns * depth * ELEMENT_BYTES,
    outputBytes: rows * columns * ELEMENT_BYTES,
  });
  return withEpilogue(group, tiling);
}

/** Both operands are activations; each of the leading axes' entries is a product of its own. */
function matmulTiling(group: Group, op: OpOf<"matmul">): Tiling {
  const [a, b] = group.anchor.inputs as readonly [Tensor, Tensor];
  const [rows = 0, depth = 0] = a.shape.slice(-2);
  const tiling = tileProduct({
    count: elementCount(a.shape.slice(0, -2)),
    rows,
    columns: b.shape.at(op.transposeB ? -2 : -1) ?? 0,
    depth,
    leftBytes: () => sizeBytes(a),
    rightBytes: sizeBytes(b),
    countedBytes: group.constants.has(b) ? sizeBytes(b) : 0,
    outputBytes: elementCount(outputShape(group.anchor)) * ELEMENT_BYTES,
  });
  return withEpilogue(group, tiling);
}

/** The group is query x key, perhaps a bias, softmax, x value, perhaps an epilogue. */
function attentionTiling(group: Group): Tiling {
  const [query, key] = group.anchor.inputs as readonly [Tensor, Tensor];
  const mix = group.nodes.filter((node) => node.op.kind === "matmul").at(-1) as Node;
  const value = mix.inputs[1] as Tensor;
  const [queries = 0, keyWidth = 0] = query.shape.slice(-2);
  const [keys = 0, valueWidth = 0] = value.shape.slice(-2);
  const count = elementCount(query.shape.slice(0, -2));
  const others = group.reads.filter((tensor) => tensor !== query && tensor !== key && tensor !== value);
  const tiling = tileAttention({ count, queries, keys, keyWidth, valueWidth });
  return { ...tiling, readBytes: tiling.readBytes + totalBytes(others) };
}

/**
 * Depthwise convolutions and poolings: a block takes a piece of some channels' images, at most 32 x 64
 * pixels.
 */
function windowTiling(group: Group, op: OpOf<"conv" | "maxPool" | "avgPool">): Tiling {
  const { anchor } = group;
  const [batch = 0, channels = 0] = outputShape(anchor);
  const patchBytes = batch * channels * patchPerImage(anchor, op, [32, 64]) * ELEMENT_BYTES;
  return {
    block: STREAM_BLOCK,
    grid: streamBlocks(elementCount(outputShape(anchor))),
    readBytes: patchBytes + epilogueBytes(group),
    writtenBytes: totalBytes(group.writes),
  };
}

function streamTiling(group: Group): Tiling {
  return {
    block: STREAM_BLOCK,
    grid: streamBlocks(totalBytes(group.writes) / ELEMENT_BYTES),
    readBytes: totalBytes(group.reads),
    writtenBytes: totalBytes(group.writes),
  };
}

function rowTiling(group: Group, length: number): Tiling {
  return {
    block: STREAM_BLOCK,
    grid: rowBlocks(elementCount(inputShape(group.anchor)) / length, length),
    readBytes: totalBytes(group.reads),
    writtenBytes: totalBytes(group.writes),
  };
}

/**
 * Input pixels of one channel that all tiles of `tile` output pixels read, each tile the patch under its
 * windows.
 */
function patchPerImage(node: Node, op: OpOf<"conv" | "maxPool" | "avgPool">, tile: Pair): number {
  const reach = reachOf(node, op);
  const along = (axis: 0 | 1): number => {
    const input = inputShape(node)[axis + 2] ?? 1;
    const output = outputShape(node)[axis + 2] ?? 1;
    return patchExtent(input, output, Math.min(tile[axis], output), reach[axis], op.stride[axis]);
  };
  return along(0) * along(1);
}

/** Input lines that all tiles along one axis read together. */
function patchExtent(input: number, output: number, tile: number, reach: number, stride: number): number {
  const perTile = stride > reach ? tile * reach : (tile - 1) * stride + reach;
  return Math.min(perTile, input) * (output / tile);
}

/** Lines under one window, dilated. */
function reachOf(node: Node, op: OpOf<"conv" | "maxPool" | "avgPool">): Pair {
  if (op.kind !== "conv") return op.kernel;
  const [height = 1, width = 1] = (node.inputs[1]?.shape ?? []).slice(2);
  return [(height - 1) * op.dilation[0] + 1, (width - 1) * op.dilation[1] + 1];
}
