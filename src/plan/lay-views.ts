/** Works that move nothing where strides allow: reshape, transpose, slice, split, expand, concat. */
import type { Tensor } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";
import type { Placement } from "./buffer.ts";
import { ownElements } from "./buffer.ts";
import { copied, emitCopy } from "./copies.ts";
import type { Layout } from "./layout.ts";
import { expanded, reshaped, sameLayout, sliced, transposed } from "./layout.ts";
import type { Placer } from "./placer.ts";
import type { ViewOp, Work } from "./work.ts";

/** Where each output lies in what the input lies in; null: the layout does not allow it. */
export function viewsOf(
  op: Exclude<ViewOp, { kind: "concat" }>,
  layout: Layout,
  outputs: readonly Tensor[],
): (Layout | null)[] {
  const count = (index: number, axis: number): number => outputs[index]?.shape[axis] as number;
  switch (op.kind) {
    case "reshape":
      return [reshaped(layout, op.shape)];
    case "transpose":
      return [transposed(layout, op.permutation)];
    case "expand":
      return [expanded(layout, op.shape)];
    case "slice":
      return [sliced(layout, op.axis, op.start, count(0, op.axis), op.step)];
    case "split": {
      let start = 0;
      return outputs.map((_, index) => {
        const piece = sliced(layout, op.axis, start, count(index, op.axis));
        start += count(index, op.axis);
        return piece;
      });
    }
  }
}

export function layView(placer: Placer, work: Work, op: ViewOp): void {
  if (op.kind === "concat") {
    layConcat(placer, work, op.axis);
    return;
  }
  const x = work.inputs[0] as Tensor;
  let source = placer.of(x);
  let views = viewsOf(op, source.layout, work.outputs);
  if (views.includes(null)) {
    source = copied(placer, source, x.shape, `${x.name}.rows`, false);
    views = viewsOf(op, source.layout, work.outputs);
  }
  work.outputs.forEach((output, index) => {
    const layout = views[index] ?? null;
    if (layout === null) placeAnew(placer, x, source, output);
    else placer.place(output, { buffer: source.buffer, layout });
  });
}

/** A reshape of rows that are padded in memory: they are copied without the padding. */
function placeAnew(placer: Placer, x: Tensor, source: Placement, output: Tensor): void {
  const target = placer.fresh(output);
  const seen = reshaped(target.layout, x.shape);
  if (seen === null) throw new Error(`${output.name}: extents of ${x.name} do not divide`);
  emitCopy(placer, source, { buffer: target.buffer, layout: seen }, x.shape);
  placer.place(output, target);
}

/** Where each input of a concatenation lies in the whole. */
export function piecesOf(whole: Placement, inputs: readonly Tensor[], axis: number): (Placement | null)[] {
  let start = 0;
  return inputs.map(({ shape }) => {
    const layout = sliced(whole.layout, axis, start, shape[axis] as number);
    start += shape[axis] as number;
    return layout === null ? null : { buffer: whole.buffer, layout };
  });
}

/** Inputs that were not written in their place are copied there. */
function layConcat(placer: Placer, work: Work, axis: number): void {
  const result = work.outputs[0] as Tensor;
  const wanted = placer.destinationOf(result);
  const isUsable = wanted !== undefined && wanted.buffer.type === placer.fresh(result).buffer.type;
  const pieces = isUsable ? piecesOf(wanted, work.inputs, axis) : [null];
  const whole = isUsable && !pieces.includes(null) ? wanted : placer.fresh(result);
  piecesOf(whole, work.inputs, axis).forEach((piece, index) => {
    const input = work.inputs[index] as Tensor;
    if (piece === null) throw new Error(`${work.name}: no place for ${input.name}`);
    const at = placer.of(input);
    if (at.buffer === piece.buffer && sameLayout(at.layout, piece.layout)) return;
    emitCopy(placer, at, piece, input.shape);
    // Later concatenations of the same buffer find it there.
    if (!placer.parameters.has(input)) placer.place(input, piece);
  });
  whole.buffer.isWhole ||= elementCount(result.shape) === ownElements(whole.buffer);
  placer.place(result, whole);
}
