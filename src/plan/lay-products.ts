/** Kernels of several activations: matmul, attention; and gather, whose indices are one. */
import type { Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Buffer, Placement } from "./buffer.ts";
import { bytesOf, typeNumber } from "./buffer.ts";
import { blockOutputsOf, bytesIn, fitted, THREADS } from "./copies.ts";
import type { JointAxis } from "./joint.ts";
import { axesOf, filledTo, jointAxes } from "./joint.ts";
import type { Layout } from "./layout.ts";
import { expanded, rowMajor, single } from "./layout.ts";
import type { Args, Placer } from "./placer.ts";
import { cannot, strided } from "./placer.ts";
import { sharedBytesOf, TILE_THREADS } from "./tiles.ts";
import type { Work } from "./work.ts";
import { ACTIVATIONS, JOINS } from "./work.ts";

/** Of cpp/dnn/matmul.h and attention.h. */
const MATMUL_TILE = 64;
const MATMUL_STAGES = 4;
const BATCH_AXES = 4;
const ATTENTION_QUERIES = 32;
const HEAD_WIDTHS = [32, 64, 128] as const;

const strideOf = (layout: Layout, axis: number): number => single(layout.axes.at(axis) ?? [])?.stride ?? 0;
const isPlain = (layout: Layout, axis: number): boolean => single(layout.axes.at(axis) ?? []) !== null;
const leading = (layout: Layout): number[] => [...layout.axes.keys()].slice(0, -2);

/** The axes that products are batched over. */
function batchAxes(layouts: readonly Layout[]): JointAxis[] | null {
  const joint = jointAxes(layouts.map((layout) => axesOf(layout, leading(layout))));
  return joint === null ? null : filledTo(BATCH_AXES, joint, layouts.length);
}

export function layMatmul(placer: Placer, work: Work, { alpha }: { readonly alpha: number }): void {
  const [a, b] = work.inputs as readonly [Tensor, Tensor];
  const result = work.outputs[0] as Tensor;
  const { other } = work.epilogue;
  const own = placer.fresh(result).layout;
  const batch = result.shape.slice(0, -2);
  const wide = (placement: Placement): Placement => {
    const inner = placement.layout.axes
      .slice(-2)
      .map((axis) => axis.reduce((count, f) => count * f.extent, 1));
    return { ...placement, layout: expanded(placement.layout, [...batch, ...inner]) };
  };
  const fits = (at: Placement): boolean =>
    at.buffer.type === placer.type &&
    isPlain(at.layout, -1) &&
    isPlain(at.layout, -2) &&
    batchAxes([wide(at).layout, own]) !== null;
  const operands = [a, b, ...(other === null ? [] : [other])].map((tensor) =>
    wide(fitted(placer, tensor, fits)),
  );
  const axesWith = (output: Placement): JointAxis[] | null =>
    batchAxes([...operands, output].map(({ layout }) => layout));
  const output = placer.result(result, (at) => fits(at) && axesWith(at) !== null);
  const axes = axesWith(output);
  if (axes === null) throw cannot(work.name, "its operands' leading axes lie too differently");
  const [rows = 1, columns = 1] = result.shape.slice(-2);
  const depth = a.shape.at(-1) as number;
  const products = elementCount(batch);
  const [rowTiles, columnTiles] = [Math.ceil(rows / MATMUL_TILE), Math.ceil(columns / MATMUL_TILE)];
  const matrix = (
    name: string,
    placement: Placement,
    index: number,
    [first, second]: [string, string],
  ): Args => ({
    [`${name}Offset`]: placement.layout.offset,
    [`${name}Strides`]: axes.map((axis) => axis.strides[index] as number),
    [`${name}${first}Stride`]: strideOf(placement.layout, -2),
    [`${name}${second}Stride`]: strideOf(placement.layout, -1),
  });
  const [left, right, joined] = operands as [Placement, Placement, Placement | undefined];
  const bytes = bytesOf(placer.type);
  const touched = operands.reduce((sum, operand) => sum + bytesIn(operand), 0);
  placer.emit({
    kernel: `matmul_${placer.type}`,
    args: {
      type: typeNumber(placer.type),
      extents: axes.map((axis) => axis.extent),
      rows,
      columns,
      depth,
      ...matrix("a", left, 0, ["Row", "Depth"]),
      ...matrix("b", right, 1, ["Depth", "Column"]),
      ...(joined === undefined ? {} : matrix("other", joined, 2, ["Row", "Column"])),
      ...matrix("out", output, operands.length, ["Row", "Column"]),
      alpha,
      activation: ACTIVATIONS.indexOf(work.epilogue.activation),
      join: JOINS.indexOf(work.epilogue.join),
    },
    reads: { a: left.buffer, b: right.buffer, ...(joined === undefined ? {} : { other: joined.buffer }) },
    writes: { output: output.buffer },
    grid: products * rowTiles * columnTiles,
    block: TILE_THREADS,
    sharedBytes: sharedBytesOf({ rows: MATMUL_TILE, columns: MATMUL_TILE, stages: MATMUL_STAGES }),
    flops: 2 * products * rows * columns * depth,
    readBytes: products * depth * (rows * columnTiles + columns * rowTiles) * bytes,
    writtenBytes: products * rows * columns * bytes,
    touchedBytes: touched + products * rows * columns * bytes,
  });
}

/** A placement's strides of batch, head, position and element; null: its axes have several factors. */
function headStrides(layout: Layout): number[] | null {
  const shaped = layout.axes.length === 4 ? layout : { ...layout, axes: [[], ...layout.axes] };
  const factors = shaped.axes.map((axis) => single(axis));
  return factors.includes(null) ? null : factors.map((factor) => factor?.stride ?? 0);
}

export function layAttention(placer: Placer, work: Work, { scale }: { readonly scale: number }): void {
  const [query, key, value, bias] = work.inputs as readonly [Tensor, Tensor, Tensor, Tensor | undefined];
  const result = work.outputs[0] as Tensor;
  const fits = (at: Placement): boolean => at.buffer.type === placer.type && headStrides(at.layout) !== null;
  const [q, k, v] = [query, key, value].map((tensor) => fitted(placer, tensor, fits)) as [
    Placement,
    Placement,
    Placement,
  ];
  const output = placer.result(result, fits);
  const [queries = 1, keyWidth = 1] = query.shape.slice(-2);
  const [keys = 1, valueWidth = 1] = value.shape.slice(-2);
  const [heads = 1, batch = 1] = query.shape.slice(0, -2).toReversed();
  const width = HEAD_WIDTHS.find((most) => most >= Math.max(keyWidth, valueWidth)) as number;
  const blocks = batch * heads * Math.ceil(queries / ATTENTION_QUERIES);
  const at = (name: string, { layout }: Placement): Args => ({
    [`${name}Offset`]: layout.offset,
    [`${name}Strides`]: headStrides(layout) as number[],
  });
  const scores = [...result.shape.slice(0, -1), keys];
  const added = bias === undefined ? null : biasArgs(placer, bias, scores);
  const bytes = bytesOf(placer.type);
  const writtenBytes = elementCount(result.shape) * bytes;
  placer.emit({
    kernel: `attention_${placer.type}_${width}`,
    args: {
      batch,
      heads,
      queries,
      keys,
      keyWidth,
      valueWidth,
      ...at("query", q),
      ...at("key", k),
      ...at("value", v),
      ...at("out", output),
      ...added?.args,
      scale,
    },
    reads: {
      query: q.buffer,
      key: k.buffer,
      value: v.buffer,
      ...(added === null ? {} : { bias: added.buffer }),
    },
    writes: { output: output.buffer },
    grid: blocks,
    block: THREADS,
    sharedBytes: 0,
    flops: 2 * batch * heads * queries * keys * (keyWidth + valueWidth),
    readBytes: bytesIn(q) + blocks * keys * (keyWidth + valueWidth) * bytes,
    writtenBytes,
    touchedBytes: bytesIn(q) + bytesIn(k) + bytesIn(v) + writtenBytes,
  });
}

function biasArgs(placer: Placer, bias: Tensor, scores: readonly number[]): { args: Args; buffer: Buffer } {
  const spread = (at: Placement): Layout => expanded(at.layout, scores);
  const known = placer.parameters.has(bias) ? placer.operand(bias) : null;
  const at = known ?? fitted(placer, bias, (placement) => headStrides(spread(placement)) !== null);
  const layout = spread(at);
  return {
    buffer: at.buffer,
    args: {
      hasBias: 1,
      biasType: typeNumber(at.buffer.type),
      biasOffset: layout.offset,
      biasStrides: headStrides(layout) as number[],
    },
  };
}

/** Axes before, of, and behind the indices: two each. */
function gatherAxes(table: Layout, indices: Layout, output: Layout, axis: number): JointAxis[] | null {
  const rank = indices.axes.length;
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const last = output.axes.length;
  const behind = range(axis + rank, last);
  const groups = [
    [axesOf(table, range(0, axis)), axesOf(output, range(0, axis))],
    [indices, axesOf(output, range(axis, axis + rank))],
    [
      axesOf(
        table,
        behind.map((at) => at - rank + 1),
      ),
      axesOf(output, behind),
    ],
  ] as const;
  const cuts = groups.map((group) => filledTo(2, jointAxes(group) ?? [], 2));
  const isCut = groups.every((group) => jointAxes(group) !== null) && !cuts.includes(null);
  return isCut ? cuts.flatMap((cut) => cut ?? []) : null;
}

export function layGather(placer: Placer, work: Work, { axis }: { readonly axis: number }): void {
  const [table, indices] = work.inputs as readonly [Tensor, Tensor];
  const result = work.outputs[0] as Tensor;
  const own = placer.fresh(result).layout;
  const plainTable = rowMajor(table.shape);
  const chosen = fitted(placer, indices, ({ layout }) => gatherAxes(plainTable, layout, own, axis) !== null);
  const fits = ({ layout }: Placement): boolean =>
    isPlain(layout, axis) && gatherAxes(layout, chosen.layout, own, axis) !== null;
  const entries = fitted(placer, table, fits);
  const output = placer.result(
    result,
    ({ layout }) => gatherAxes(entries.layout, chosen.layout, layout, axis) !== null,
  );
  const axes = gatherAxes(entries.layout, chosen.layout, output.layout, axis);
  if (axes === null) throw cannot(work.name, "its tensors lie along too many axes");
  const count = elementCount(result.shape);
  const source = (of: number, used: readonly number[]): number[] =>
    axes.map(({ strides }, index) => (used.includes(index) ? (strides[of] as number) : 0));
  const all = [0, 1, 2, 3, 4, 5];
  const entryBytes = entries.buffer.use === "parameters" ? 0 : count * bytesOf(entries.buffer.type);
  const readBytes = entryBytes + bytesIn(chosen);
  const writtenBytes = count * bytesOf(output.buffer.type);
  const blockOutputs = blockOutputsOf(count, readBytes + writtenBytes);
  placer.emit({
    kernel: "gather",
    args: {
      blockOutputs,
      extents: axes.map(({ extent }) => extent),
      entries: table.shape[axis] as number,
      entryStride: strideOf(entries.layout, axis),
      ...strided("tableAt", entries.buffer.type, entries.layout.offset, source(0, [0, 1, 4, 5])),
      ...strided("indicesAt", chosen.buffer.type, chosen.layout.offset, source(0, [2, 3])),
      ...strided("outputAt", output.buffer.type, output.layout.offset, source(1, all)),
    },
    reads: { table: entries.buffer, indices: chosen.buffer },
    writes: { output: output.buffer },
    grid: Math.ceil(count / blockOutputs),
    block: THREADS,
    sharedBytes: 0,
    flops: 0,
    readBytes,
    writtenBytes,
    touchedBytes: readBytes + writtenBytes,
  });
}
