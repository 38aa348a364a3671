/**
 * Where results are wanted, before any kernel is known: in the output storage, in their place in a concatenation, or so that a reshape or
 * transpose behind them is a mere view. Wishes go from the end to the beginning; a kernel that cannot write so ignores its wish.
 */
import type { Graph, Shape, Tensor } from "../models/graph.ts";
import type { Buffer, Placement } from "./buffer.ts";
import { storedType } from "./buffer.ts";
import { piecesOf } from "./lay-views.ts";
import { reshaped, rowMajor, sameLayout, single, transposed } from "./layout.ts";
import { newPlacement } from "./placer.ts";
import type { Precision } from "./plan.ts";
import type { Work } from "./work.ts";

/** Tensors that lie channels-last unless they are made otherwise: what kernels of images make, and what follows from it. */
export function imagesOf(graph: Graph, works: readonly Work[]): Set<Tensor> {
  const images = new Set(graph.inputs.filter(({ shape, type }) => shape.length === 4 && type === "float32"));
  for (const { op, inputs, outputs } of works) {
    const isMade = ["conv", "maxPool", "avgPool", "resize"].includes(op.kind);
    const goesOn = ["map", "concat", "slice", "split", "pad", "softmax", "reduce", "norm"].includes(op.kind);
    for (const output of outputs) {
      const rank = output.shape.length;
      const hasImage = inputs.some((input) => images.has(input) && input.shape.length === rank);
      if (rank >= 3 && (isMade || (goesOn && hasImage))) images.add(output);
    }
  }
  return images;
}

export function destinationsOf(
  works: readonly Work[],
  outputs: ReadonlyMap<Tensor, Placement>,
  images: ReadonlySet<Tensor>,
  precision: Precision,
): Map<Tensor, Placement> {
  const made = new Set(works.flatMap((work) => work.outputs));
  const wishes = new Map(outputs);
  const wish = (tensor: Tensor, placement: Placement): void => {
    if (made.has(tensor) && !wishes.has(tensor)) wishes.set(tensor, placement);
  };
  const fresh = (tensor: Tensor): Placement => {
    const { name, shape } = tensor;
    const placement = newPlacement(name, shape, storedType(tensor, precision), images.has(tensor));
    placement.buffer.isWhole = false;
    return placement;
  };
  const inForm = new Set(works.filter(({ op }) => FORMED.has(op.kind)).map(({ inputs }) => inputs[0]));
  for (const work of works.toReversed()) {
    const [x, result] = [work.inputs[0] as Tensor, work.outputs[0] as Tensor];
    if (work.op.kind === "concat") {
      const whole = wishes.get(result) ?? grown(work.inputs, work.op.axis, result, wishes) ?? fresh(result);
      wishes.set(result, whole);
      piecesOf(whole, work.inputs, work.op.axis).forEach((piece, index) => {
        if (piece !== null) wish(work.inputs[index] as Tensor, piece);
      });
    } else if (work.op.kind === "reshape" || work.op.kind === "transpose") {
      const wanted = wishes.get(result) ?? (inForm.has(result) ? fresh(result) : undefined);
      if (wanted === undefined) continue;
      wishes.set(result, wanted);
      const back = turnedBack(work, wanted, x.shape);
      if (back !== null) wish(x, back);
    }
  }
  return wishes;
}

/** Works whose first input must lie in a certain form. */
const FORMED: ReadonlySet<string> = new Set(["conv", "linear", "maxPool", "avgPool", "resize"]);

function turnedBack({ op }: Work, { buffer, layout }: Placement, shape: Shape): Placement | null {
  if (op.kind === "transpose") {
    const inverse = op.permutation.map((_, axis) => op.permutation.indexOf(axis));
    return { buffer, layout: transposed(layout, inverse) };
  }
  const back = reshaped(layout, shape);
  return back === null ? null : { buffer, layout: back };
}

/**
 * A concatenation of what already has its place, side by side, in a larger one: dense blocks concatenate the same tensors again and again,
 * with one more each time. Null: they have not.
 */
function grown(
  inputs: readonly Tensor[],
  axis: number,
  result: Tensor,
  wishes: ReadonlyMap<Tensor, Placement>,
): Placement | null {
  const places = inputs.map((input) => wishes.get(input));
  const [first] = places;
  const along = first === undefined ? null : single(first.layout.axes[axis] ?? []);
  if (first === undefined || along === null || along.extent === 1) return null;
  const axes = first.layout.axes.with(axis, [{ extent: result.shape[axis] as number, stride: along.stride }]);
  const whole = { buffer: first.buffer, layout: { ...first.layout, axes } };
  const fits = piecesOf(whole, inputs, axis).every((piece, index) => {
    const place = places[index];
    return piece !== null && place?.buffer === whole.buffer && sameLayout(piece.layout, place.layout);
  });
  return fits ? whole : null;
}

/** A port of the input or output storage: as outside, row-major and FP32 or integers. */
export function portPlacement(tensor: Tensor, use: "input" | "output", firstByte: number): Placement {
  const buffer: Buffer = {
    name: tensor.name,
    use,
    type: tensor.type === "int32" ? "i32" : "f32",
    elements: tensor.shape.reduce((product, extent) => product * extent, 1),
    firstByte,
    padding: null,
    isClean: true,
    isWhole: true,
  };
  return { buffer, layout: rowMajor(tensor.shape) };
}
