/** Kernels that go over rows: softmax, norm; and what reductions have in common with them. */
import type { Shape, Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Placement } from "./buffer.ts";
import { bytesOf } from "./buffer.ts";
import { bytesIn, fitted, MOST_AXES, THREADS } from "./copies.ts";
import type { JointAxis } from "./joint.ts";
import { axesOf, filledTo, jointAxes } from "./joint.ts";
import type { Layout } from "./layout.ts";
import { reshaped, single } from "./layout.ts";
import type { Args, Placer } from "./placer.ts";
import { cannot, strided } from "./placer.ts";
import type { NormOp, Work } from "./work.ts";
import { ACTIVATIONS, JOINS } from "./work.ts";

const SOFTMAX_ROWS = 8;
const NORM_ROWS = 8;
const LONG_ROW = 1024;
/** A thread block for each of a few rows reaches more SMs than a warp does, unless a row is too short to share. */
const FEW_ROWS = 1024;
const SHORT_ROW = 256;
export const KEPT_AXES = 4;

/** The `kept` axes of all layouts, cut alike and filled up to `count`; null: they are more. */
export function keptAxes(
  count: number,
  layouts: readonly Layout[],
  kept: readonly number[],
): JointAxis[] | null {
  const joint = jointAxes(layouts.map((layout) => axesOf(layout, kept)));
  return joint === null ? null : filledTo(count, joint, layouts.length);
}

export const stridesOf = (axes: readonly JointAxis[], index: number): number[] =>
  axes.map((axis) => axis.strides[index] as number);

/** Of a reduction: which of a shape's axes stay. */
export const keptOf = (shape: Shape, axes: readonly number[]): number[] =>
  [...shape.keys()].filter((axis) => !axes.includes(axis));

export function laySoftmax(
  placer: Placer,
  work: Work,
  op: { readonly axis: number; readonly isLog: boolean },
): void {
  const x = work.inputs[0] as Tensor;
  const result = work.outputs[0] as Tensor;
  const kept = keptOf(x.shape, [op.axis]);
  const cutWith = (input: Layout, output: Layout): JointAxis[] | null =>
    keptAxes(MOST_AXES - 1, [input, output], kept);
  const isRow = ({ layout }: Placement): boolean => single(layout.axes[op.axis] ?? []) !== null;
  const own = placer.fresh(result);
  const input = fitted(placer, x, (at) => isRow(at) && cutWith(at.layout, own.layout) !== null);
  const output = placer.result(result, (at) => isRow(at) && cutWith(input.layout, at.layout) !== null);
  const rows = cutWith(input.layout, output.layout) as JointAxis[];
  const length = x.shape[op.axis] as number;
  const count = elementCount(x.shape);
  const strideAt = ({ layout }: Placement): number => single(layout.axes[op.axis] ?? [])?.stride ?? 0;
  placer.emit({
    kernel: "softmax",
    args: {
      isLog: Number(op.isLog),
      extents: [...rows.map((axis) => axis.extent), length],
      ...strided("inputAt", input.buffer.type, input.layout.offset, [...stridesOf(rows, 0), strideAt(input)]),
      ...strided("outputAt", output.buffer.type, output.layout.offset, [
        ...stridesOf(rows, 1),
        strideAt(output),
      ]),
    },
    reads: { input: input.buffer },
    writes: { output: output.buffer },
    grid: Math.ceil(count / length / SOFTMAX_ROWS),
    block: THREADS,
    sharedBytes: 0,
    ...streamed(count, [input], output, 7),
  });
}

/** Demands of a kernel that reads and writes each element once. */
function streamed(
  count: number,
  inputs: readonly Placement[],
  output: Placement,
  flopsEach: number,
): { flops: number; readBytes: number; writtenBytes: number; touchedBytes: number } {
  const readBytes = inputs.reduce((sum, input) => sum + bytesIn(input), 0);
  const writtenBytes = count * bytesOf(output.buffer.type);
  return { flops: flopsEach * count, readBytes, writtenBytes, touchedBytes: readBytes + writtenBytes };
}

/** A norm's tensor as [rows before, group, pixels, channels of a group]; of a layer norm the row is the last axis. */
interface NormView {
  readonly shape: Shape;
  readonly kept: readonly number[];
  readonly row: readonly number[];
}

export function layNorm(placer: Placer, work: Work, op: NormOp): void {
  const [x, gain, shift] = work.inputs as readonly [Tensor, Tensor, Tensor];
  const result = work.outputs[0] as Tensor;
  const { other } = work.epilogue;
  const view = normView(x.shape, op.groups);
  const fits = (at: Placement): boolean => normAxes(view, [at.layout]) !== null;
  const input = fitted(placer, x, fits);
  const joined = other === null ? null : fitted(placer, other, fits);
  const operands = joined === null ? [input] : [input, joined];
  const axesWith = (output: Placement): JointAxis[] | null =>
    normAxes(
      view,
      [...operands, output].map(({ layout }) => layout),
    );
  const output = placer.result(result, (wanted) => axesWith(wanted) !== null);
  const axes = axesWith(output);
  if (axes === null) throw cannot(work.name, "its tensors lie too differently");
  const last = operands.length;
  const at = (name: string, placement: Placement, index: number): Args =>
    strided(name, placement.buffer.type, placement.layout.offset, stridesOf(axes, index));
  const rowLength = (axes[4] as JointAxis).extent * (axes[5] as JointAxis).extent;
  const count = elementCount(x.shape);
  const rows = count / rowLength;
  const isRowByBlock = rowLength > LONG_ROW || (rowLength > SHORT_ROW && rows < FEW_ROWS);
  const channels = elementCount(gain.shape);
  placer.emit({
    kernel: "norm",
    args: {
      extents: axes.map((axis) => axis.extent),
      channelsPerRow: op.groups === 0 ? 0 : channels / op.groups,
      isRowByBlock: Number(isRowByBlock),
      ...at("inputAt", input, 0),
      ...(joined === null ? {} : at("otherAt", joined, 1)),
      ...at("outputAt", output, last),
      epsilon: op.epsilon,
      activation: ACTIVATIONS.indexOf(work.epilogue.activation),
      join: JOINS.indexOf(work.epilogue.join),
    },
    reads: {
      input: input.buffer,
      gain: placer.parameters.vector(gain, channels),
      shift: placer.parameters.vector(shift, channels),
      ...(joined === null ? {} : { other: joined.buffer }),
    },
    writes: { output: output.buffer },
    grid: isRowByBlock ? rows : Math.ceil(rows / NORM_ROWS),
    block: THREADS,
    sharedBytes: 0,
    ...streamed(count, operands, output, 7),
  });
}

function normView(shape: Shape, groups: number): NormView {
  const last = shape.length - 1;
  if (groups === 0) return { shape, kept: [...shape.keys()].slice(0, -1), row: [last] };
  const [batch = 1, channels = 1, ...spatial] = shape;
  const pixels = elementCount(spatial);
  return { shape: [batch, groups, channels / groups, pixels], kept: [0, 1], row: [3, 2] };
}

/** Exactly six axes: four of rows, then a row's two, channels last; a group norm's axis 3 is the group. */
function normAxes({ shape, kept, row }: NormView, layouts: readonly Layout[]): JointAxis[] | null {
  const viewed = layouts.map((layout) => reshaped(layout, shape)).filter((layout) => layout !== null);
  if (viewed.length < layouts.length) return null;
  const rowAxes = row.map((axis) => jointAxes(viewed.map((layout) => axesOf(layout, [axis]))));
  const isGrouped = row.length === 2;
  const keptGroups = isGrouped ? kept.map((axis) => [axis]) : [kept];
  const before = keptGroups.map((axes) => jointAxes(viewed.map((layout) => axesOf(layout, axes))));
  if ([...rowAxes, ...before].includes(null)) return null;
  if (rowAxes.some((axes) => (axes as JointAxis[]).length > 1)) return null;
  const one: JointAxis = { extent: 1, strides: viewed.map(() => 0) };
  const rowCut = rowAxes.map((axes) => axes?.[0] ?? one);
  const outer = before.map((axes) => axes ?? []);
  if (isGrouped && outer.some((axes) => axes.length > 1)) return null;
  const keptCut = isGrouped ? outer.map((axes) => axes[0] ?? one) : outer.flat();
  const filled = filledTo(KEPT_AXES, keptCut, viewed.length);
  return filled === null
    ? null
    : [...filled, ...new Array<JointAxis>(2 - rowCut.length).fill(one), ...rowCut];
}
