/** Norms that a file spells out. */
import type { Node, Tensor } from "../../models/graph.ts";
import { type Draft, is, type Pattern } from "./draft.ts";

/** What is averaged over the last axis, which stays. */
function averaged(tensor: Tensor | undefined, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  const [x] = node?.inputs ?? [];
  if (!is(node, "reduce") || x === undefined || node.op.function !== "mean" || !node.op.keepDims)
    return undefined;
  return node.op.axes.length === 1 && node.op.axes[0] === x.shape.length - 1 ? x : undefined;
}

/** x where the tensor is x less its mean. */
function centered(tensor: Tensor | undefined, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  const [x, mean] = node?.inputs ?? [];
  return is(node, "sub") && averaged(mean, draft) === x ? x : undefined;
}

/** What is squared. */
function squared(tensor: Tensor | undefined, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  const [a, b] = node?.inputs ?? [];
  if (is(node, "pow")) return draft.number(b) === 2 ? a : undefined;
  return is(node, "mul") && a === b ? a : undefined;
}

/** What the root is taken of. */
function rooted(tensor: Tensor | undefined, draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  const [a, b] = node?.inputs ?? [];
  if (is(node, "pow")) return draft.number(b) === 0.5 ? a : undefined;
  return is(node, "activation") && node.op.function === "sqrt" ? a : undefined;
}

/** The divisor where the node divides by something, or multiplies with its reciprocal. */
function divisorOf(node: Node, draft: Draft): Tensor | undefined {
  if (is(node, "div")) return node.inputs[1];
  const factor = draft.writer(node.inputs[1]);
  return is(factor, "activation") && factor.op.function === "reciprocal" ? factor.inputs[0] : undefined;
}

/** (x - mean) / sqrt(mean of (x - mean)^2 + epsilon), over the last axis. */
export const spelledLayerNorm: Pattern = (node, draft) => {
  if (!is(node, "div") && !is(node, "mul")) return null;
  const x = centered(node.inputs[0], draft);
  const sum = draft.writer(rooted(divisorOf(node, draft), draft));
  if (x === undefined || !is(sum, "add")) return null;
  const [variance, added] = sum.inputs;
  const epsilon = draft.number(added);
  if (epsilon === undefined || centered(squared(averaged(variance, draft), draft), draft) !== x) return null;
  const width = x.shape.at(-1) as number;
  return { op: { kind: "layerNorm", epsilon }, inputs: [x, draft.filled(1, width), draft.filled(0, width)] };
};

/** Gain and shift behind a norm that has none: they become its own. */
export const scaledNorm: Pattern = (node, draft) => {
  if (!is(node, "mul") && !is(node, "add")) return null;
  const at = node.inputs.findIndex((input) => {
    const before = draft.soleWriter(input);
    return is(before, "layerNorm") || is(before, "groupNorm");
  });
  const norm = draft.soleWriter(node.inputs[at]);
  if (norm === undefined) return null;
  const [x, gain, shift] = norm.inputs as readonly [Tensor, Tensor, Tensor];
  const channels = gain.shape[0] as number;
  const other = draft.vector(node.inputs[1 - at], channels, is(norm, "groupNorm") ? x.shape.length - 2 : 0);
  const hasNoShift = isAll(shift, 0, draft);
  if (other === undefined || !hasNoShift || (is(node, "mul") && !isAll(gain, 1, draft))) return null;
  return { op: norm.op, inputs: is(node, "mul") ? [x, other, shift] : [x, gain, other] };
};

function isAll(tensor: Tensor, number: number, draft: Draft): boolean {
  return draft.content(tensor)?.data.every((entry) => entry === number) ?? false;
}

/** Groups of channels as the channels of another image, each normed on its own, and back. */
export const regroupedNorm: Pattern = (node, draft) => {
  if (!is(node, "reshape")) return null;
  const norm = draft.soleWriter(draft.writer(node.inputs[0]) === undefined ? undefined : node.inputs[0]);
  const inner = is(norm, "reshape") ? draft.soleWriter(norm.inputs[0]) : norm;
  if (!is(inner, "groupNorm")) return null;
  const [grouped, gain, shift] = inner.inputs as readonly [Tensor, Tensor, Tensor];
  if (inner.op.groups !== grouped.shape[1] || !isAll(gain, 1, draft) || !isAll(shift, 0, draft)) return null;
  const x = sourceOf(grouped, node.op.shape, draft);
  if (x === undefined || x.shape.length !== 4 || x.shape[0] !== grouped.shape[0]) return null;
  const channels = x.shape[1] as number;
  if (channels % inner.op.groups !== 0) return null;
  return { op: inner.op, inputs: [x, draft.filled(1, channels), draft.filled(0, channels)] };
};

/** The tensor of this shape that only reshapes lie behind. */
function sourceOf(tensor: Tensor, shape: readonly number[], draft: Draft): Tensor | undefined {
  const node = draft.writer(tensor);
  const [x] = node?.inputs ?? [];
  if (!is(node, "reshape") || x === undefined) return undefined;
  return x.shape.join() === shape.join() ? x : sourceOf(x, shape, draft);
}
