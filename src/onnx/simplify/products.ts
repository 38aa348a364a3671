/** What belongs to a matrix product or to a convolution and stands beside it in a file: scales, biases, padding, transposed operands. */
import type { Node, Padding, Tensor } from "../../models/graph.ts";
import { type Draft, is, type NodeOf, type Pattern } from "./draft.ts";

/**
 * A right operand whose last axis was moved before the last but one: a product with a transposed operand leaves that axis where it is.
 * So keys of attention, that files turn in many ways, lie as queries do.
 */
export const transposedOperand: Pattern = (node, draft) => {
  if (!is(node, "matmul")) return null;
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const turned = draft.writer(b);
  const rank = b.shape.length;
  if (!is(turned, "transpose") || turned.op.permutation[rank - 2] !== rank - 1) return null;
  const { permutation } = turned.op;
  const swapped = [...permutation.slice(0, -2), permutation[rank - 1] as number, rank - 1];
  const op = { ...node.op, transposeB: !node.op.transposeB };
  const x = turned.inputs[0] as Tensor;
  if (swapped.every((axis, index) => axis === index)) return { op, inputs: [a, x] };
  const name = `${node.name}.transpose`;
  const shape = swapped.map((axis) => x.shape[axis] as number);
  const before: Node = {
    name,
    op: { kind: "transpose", permutation: swapped },
    inputs: [x],
    outputs: [{ ...b, name, shape }],
  };
  return { op, inputs: [a, before.outputs[0] as Tensor], before };
};

/** A tensor times a number, or over it. */
function scaled(
  tensor: Tensor | undefined,
  draft: Draft,
): { readonly x: Tensor; readonly factor: number } | null {
  const node = draft.writer(tensor);
  const [a, b] = node?.inputs ?? [];
  if (a === undefined || b === undefined) return null;
  const [left, right] = [draft.number(a), draft.number(b)];
  const fits = (x: Tensor): boolean => x.shape.join() === tensor?.shape.join();
  if (is(node, "mul") && right !== undefined && fits(a)) return { x: a, factor: right };
  if (is(node, "mul") && left !== undefined && fits(b)) return { x: b, factor: left };
  return is(node, "div") && right !== undefined && fits(a) ? { x: a, factor: 1 / right } : null;
}

export const scaledOperand: Pattern = (node, draft) => {
  if (!is(node, "matmul")) return null;
  const [a, b] = node.inputs as readonly [Tensor, Tensor];
  const [left, right] = [scaled(a, draft), scaled(b, draft)];
  if (left === null && right === null) return null;
  const alpha = node.op.alpha * (left?.factor ?? 1) * (right?.factor ?? 1);
  return { op: { ...node.op, alpha }, inputs: [left?.x ?? a, right?.x ?? b] };
};

export const scaledProduct: Pattern = (node, draft) => {
  const product = scaled(node.outputs[0], draft);
  const matmul = draft.soleWriter(product?.x);
  if (product === null || !is(matmul, "matmul")) return null;
  return { op: { ...matmul.op, alpha: matmul.op.alpha * product.factor }, inputs: matmul.inputs };
};

export const addedBias: Pattern = (node, draft) => {
  if (!is(node, "add")) return null;
  for (const at of [0, 1]) {
    const layer = draft.soleWriter(node.inputs[at]);
    const result = layer?.outputs[0];
    if (layer === undefined || result === undefined || layer.inputs.length !== 2) continue;
    if (!is(layer, "linear") && !is(layer, "conv")) continue;
    const [channels, behind] = is(layer, "linear") ? [result.shape.at(-1), 0] : [result.shape[1], 2];
    const bias = draft.vector(node.inputs[1 - at], channels as number, behind);
    if (bias !== undefined) return { op: layer.op, inputs: [...layer.inputs, bias] };
  }
  return null;
};

/** Zeros around an image that is then convolved are the convolution's own padding. */
export const paddedConv: Pattern = (node, draft) => {
  if (!is(node, "conv")) return null;
  const before = draft.writer(node.inputs[0]);
  if (!is(before, "pad") || !addsZeros(before)) return null;
  const { before: first, after: last } = before.op;
  const [top, left, bottom, right] = node.op.padding;
  const padding: Padding = [
    top + (first[2] as number),
    left + (first[3] as number),
    bottom + (last[2] as number),
    right + (last[3] as number),
  ];
  return { op: { ...node.op, padding }, inputs: [before.inputs[0] as Tensor, ...node.inputs.slice(1)] };
};

function addsZeros({ op }: NodeOf<"pad">): boolean {
  const isBesides = [op.before[0], op.before[1], op.after[0], op.after[1]].some((count) => count !== 0);
  return (op.mode ?? "constant") === "constant" && (op.value ?? 0) === 0 && !isBesides;
}
