/**
 * A network as data: nodes that read tensors and write tensors.
 *
 * Parameters are tensors too, in the order in which ONNX lists a node's inputs (Conv: X, W, B), so that an
 * importer of ONNX files produces the same graph as the builders here, and an executor needs nothing beside
 * it. Images are NCHW.
 */

export type Shape = readonly number[];
export type Pair = readonly [number, number];
/** Rows and columns added around an image: top, left, bottom, right. */
export type Padding = readonly [number, number, number, number];

export type ElementType = "float32" | "int32";
/** Both element types have it. */
export const ELEMENT_BYTES = 4;

/**
 * What a tensor's content comes from. "weight": trained, and what parameterCount counts. "statistic": batch
 * norm's running mean and variance, which frameworks keep apart from parameters. "constant": fixed by the
 * architecture.
 */
export type Role = "input" | "activation" | "weight" | "statistic" | "constant";

export interface Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
  readonly role: Role;
  /** A constant's content, row-major. Other tensors get theirs from a checkpoint or at run time. */
  readonly values?: readonly number[];
}

/** A sliding window over the last two axes. */
export interface Window {
  readonly stride: Pair;
  readonly padding: Padding;
}

export type ActivationFunction =
  | "relu"
  | "relu6"
  | "hardswish"
  | "hardsigmoid"
  | "silu"
  | "gelu"
  | "sigmoid"
  | "tanh";

/** What a node does. The comment of each says what its inputs are, where that is more than one tensor. */
export type Op =
  /** image, weight [out, in / groups, height, width], optional bias [out] */
  | ({ readonly kind: "conv"; readonly dilation: Pair; readonly groups: number } & Window)
  /** rows [..., in], weight [out, in], optional bias [out] */
  | { readonly kind: "linear" }
  /**
   * Batched over the leading axes; scaled by alpha. a [..., m, k], b [..., k, n], or [..., n, k] where
   * transposeB.
   */
  | { readonly kind: "matmul"; readonly transposeB: boolean; readonly alpha: number }
  /** image, gain, shift, mean, variance, each [channels] */
  | { readonly kind: "batchNorm"; readonly epsilon: number }
  /** Over the last axis: rows, gain, shift */
  | { readonly kind: "layerNorm"; readonly epsilon: number }
  | { readonly kind: "activation"; readonly function: ActivationFunction }
  /** Two operands of one shape, or of shapes that broadcast as in ONNX. */
  | { readonly kind: "add" | "sub" | "mul" }
  | { readonly kind: "softmax"; readonly axis: number }
  | ({ readonly kind: "maxPool"; readonly kernel: Pair; readonly ceilMode: boolean } & Window)
  | ({ readonly kind: "avgPool"; readonly kernel: Pair; readonly countPadding: boolean } & Window)
  | { readonly kind: "mean"; readonly axes: readonly number[]; readonly keepDims: boolean }
  /** data, indices: whole entries of `axis`, one an index */
  | { readonly kind: "gather"; readonly axis: number }
  | { readonly kind: "concat"; readonly axis: number }
  | { readonly kind: "split"; readonly axis: number; readonly sizes: readonly number[] }
  | { readonly kind: "slice"; readonly axis: number; readonly start: number; readonly end: number }
  /** Zeros before and after, an entry an axis. */
  | { readonly kind: "pad"; readonly before: readonly number[]; readonly after: readonly number[] }
  | { readonly kind: "reshape"; readonly shape: Shape }
  | { readonly kind: "transpose"; readonly permutation: readonly number[] };

export interface Node {
  readonly name: string;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

export interface Graph {
  readonly name: string;
  readonly batch: number;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Weights, statistics and constants, each once however many nodes share it. */
  readonly parameters: readonly Tensor[];
  /** In an order in which each node comes after those whose outputs it reads. */
  readonly nodes: readonly Node[];
}

export const elementCount = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);
export const sizeBytes = (tensor: Tensor): number => elementCount(tensor.shape) * ELEMENT_BYTES;
export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;
