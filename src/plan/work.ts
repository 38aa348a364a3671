/**
 * What is left of a graph once constants are folded: works, each of them done by one kernel or few, or by nobody where its result is
 * another view of what is there. Tensors are the graph's, and some that planning makes.
 */
import type { Graph, Op, Padding, Pair, ReduceFunction, Resampling, Shape, Tensor } from "../models/graph.ts";
import type { MapStep } from "./map-op.ts";

/** In the order of cpp/dnn/tensor.h's Activation. */
export const ACTIVATIONS = [
  "none",
  "relu",
  "relu6",
  "hardswish",
  "hardsigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "sigmoid",
  "tanh",
] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** In the order of cpp/dnn/tensor.h's Join: how a result x meets another tensor of its shape. */
export const JOINS = ["none", "addBefore", "addAfter", "multiplyAfter"] as const;
export type Join = (typeof JOINS)[number];

/** What a kernel does with its result before it writes it. */
export interface Epilogue {
  readonly activation: Activation;
  readonly join: Join;
  /** Where join is not none. */
  readonly other: Tensor | null;
  /** Of convolutions on tiles and linear layers: last of all, times gain plus shift, a constant a channel each. */
  readonly affine: { readonly gain: Tensor; readonly shift: Tensor } | null;
}

export const NO_EPILOGUE: Epilogue = { activation: "none", join: "none", other: null, affine: null };

/** What a 1x1 convolution does with its image as it reads it: activation(x * scale + shift). */
export interface Prologue {
  /** A constant [channels, 1, 1], or gates [batch, channels, 1, 1]. */
  readonly scale: Tensor;
  /** A constant like it; null: none. */
  readonly shift: Tensor | null;
  readonly activation: "none" | "relu";
}

type OpOf<Kind extends Op["kind"]> = Extract<Op, { kind: Kind }>;

export interface ConvOp {
  readonly kind: "conv";
  readonly isTransposed: boolean;
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
  readonly groups: number;
}

export interface NormOp {
  readonly kind: "norm";
  /** Of axis 1, over which rows go with all axes behind it; 0: rows are the last axis (layer norm). */
  readonly groups: number;
  readonly epsilon: number;
}

/** The comment of each says what its inputs are, where that is more than one tensor. */
export type WorkOp =
  /** image, weight, perhaps bias */
  | ConvOp
  /** rows, weight [out, in], perhaps bias */
  | { readonly kind: "linear" }
  /** a [..., m, k], b [..., k, n] */
  | { readonly kind: "matmul"; readonly alpha: number }
  /** query, key, value, each [..., tokens, width], perhaps a bias that broadcasts to [..., queries, keys] */
  | { readonly kind: "attention"; readonly scale: number }
  /** rows or image, gain, shift */
  | NormOp
  /** operands that broadcast to the output */
  | { readonly kind: "map"; readonly steps: readonly MapStep[] }
  | { readonly kind: "softmax"; readonly axis: number; readonly isLog: boolean }
  | { readonly kind: "reduce"; readonly function: ReduceFunction; readonly axes: readonly number[] }
  | OpOf<"maxPool" | "avgPool" | "pad">
  /** table, indices */
  | OpOf<"gather">
  | ({ readonly kind: "resize"; readonly size: Pair } & Resampling)
  | ViewOp;

/** These move nothing where strides allow. */
export type ViewOp = OpOf<"reshape" | "transpose" | "slice" | "split" | "expand" | "concat">;

export interface Work {
  /** Of the node that it comes from. */
  readonly name: string;
  readonly nodes: readonly string[];
  readonly op: WorkOp;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly epilogue: Epilogue;
  readonly prologue?: Prologue;
}

/** Of a kernel in either direction, on tiles (cpp/dnn/conv.h: kMostTaps). */
export const MOST_TAPS = 15;

/** Whether tensor cores do it for all channels at once, so that its weight can be packed as they lie. */
export function isOnTiles({ op, inputs }: Work): boolean {
  if (op.kind === "linear") return true;
  if (op.kind !== "conv" || op.isTransposed || op.groups !== 1) return false;
  return (inputs[1] as Tensor).shape.slice(2).every((taps) => taps <= MOST_TAPS);
}

const VIEWS: ReadonlySet<string> = new Set(["reshape", "transpose", "slice", "split", "expand", "concat"]);
export const isView = (op: WorkOp): op is ViewOp => VIEWS.has(op.kind);

/** Tensors that the work reads. */
export function readsOf(work: Work): readonly Tensor[] {
  const { epilogue, prologue } = work;
  const others = epilogue.other === null ? [] : [epilogue.other];
  return [...work.inputs, ...others, ...(prologue === undefined ? [] : [prologue.scale])];
}

/** A tensor that planning makes. */
export const made = (name: string, shape: Shape, type: Tensor["type"] = "float32"): Tensor => ({
  name,
  shape,
  type,
  role: "activation",
});

/** How many works read each tensor; being an output of the graph counts as well. */
export function readerCounts(graph: Graph, works: readonly Work[]): Map<Tensor, number> {
  const counts = new Map<Tensor, number>();
  const count = (tensor: Tensor): void => {
    counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  };
  for (const work of works) new Set(readsOf(work)).forEach(count);
  graph.outputs.forEach(count);
  return counts;
}
