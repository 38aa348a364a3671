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

/** Functions of one number. hardsigmoid has slope 1/6 and offset 1/2; gelu is the exact one, geluTanh its approximation. */
export type ActivationFunction =
  | "relu"
  | "relu6"
  | "hardswish"
  | "hardsigmoid"
  | "silu"
  | "gelu"
  | "geluTanh"
  | "sigmoid"
  | "tanh"
  | "erf"
  | "exp"
  | "log"
  | "sqrt"
  | "reciprocal"
  | "neg"
  | "abs"
  | "floor"
  | "ceil"
  | "round"
  | "sign"
  | "sin"
  | "cos"
  | "softplus"
  | "mish"
  | "not";

/** Functions of two numbers; those that compare and connect give 1 for true and 0 for false. */
export const BINARY_FUNCTIONS = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "min",
  "max",
  "equal",
  "less",
  "lessOrEqual",
  "greater",
  "greaterOrEqual",
  "and",
  "or",
  "xor",
] as const;
export type BinaryFunction = (typeof BINARY_FUNCTIONS)[number];

export type ReduceFunction =
  | "sum"
  | "mean"
  | "max"
  | "min"
  | "prod"
  | "sumSquare"
  | "l1"
  | "l2"
  | "logSumExp";

/** How a place between pixels is found: the place in the input of output pixel i is i * scale + shift. */
export interface Resampling {
  readonly mode: "nearest" | "linear";
  /** Of "nearest". */
  readonly rounding: "floor" | "ceil" | "roundPreferFloor" | "roundPreferCeil";
  readonly scale: Pair;
  readonly shift: Pair;
}

/** What a node does. The comment of each says what its inputs are, where that is more than one tensor. */
export type Op =
  /** image, weight [out, in / groups, height, width], optional bias [out] */
  | ({ readonly kind: "conv"; readonly dilation: Pair; readonly groups: number } & Window)
  /** image, weight [in, out / groups, height, width], optional bias [out]; outputPadding: rows and columns added at bottom and right */
  | ({
      readonly kind: "convTranspose";
      readonly dilation: Pair;
      readonly groups: number;
      readonly outputPadding: Pair;
    } & Window)
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
  /** Over the pixels and channels of each group: image, gain [channels], shift [channels]. Instance norm: as many groups as channels. */
  | { readonly kind: "groupNorm"; readonly groups: number; readonly epsilon: number }
  | { readonly kind: "activation"; readonly function: ActivationFunction }
  | { readonly kind: "clip"; readonly min: number; readonly max: number }
  /** Below zero: slope * x; slope * (exp(x) - 1) */
  | { readonly kind: "leakyRelu" | "elu"; readonly slope: number }
  /** Two operands of one shape, or of shapes that broadcast as in ONNX. */
  | { readonly kind: BinaryFunction }
  /** condition (not 0: true), value where true, value where false; they broadcast. */
  | { readonly kind: "where" }
  | { readonly kind: "softmax" | "logSoftmax"; readonly axis: number }
  | ({
      readonly kind: "maxPool";
      readonly kernel: Pair;
      readonly dilation?: Pair;
      readonly ceilMode: boolean;
    } & Window)
  | ({
      readonly kind: "avgPool";
      readonly kernel: Pair;
      readonly countPadding: boolean;
      readonly ceilMode?: boolean;
    } & Window)
  | {
      readonly kind: "reduce";
      readonly function: ReduceFunction;
      readonly axes: readonly number[];
      readonly keepDims: boolean;
    }
  /** data, indices: whole entries of `axis`, one an index */
  | { readonly kind: "gather"; readonly axis: number }
  | { readonly kind: "concat"; readonly axis: number }
  | { readonly kind: "split"; readonly axis: number; readonly sizes: readonly number[] }
  /** Each step-th entry from start on, before end. A step below 0 goes backwards. */
  | {
      readonly kind: "slice";
      readonly axis: number;
      readonly start: number;
      readonly end: number;
      readonly step?: number;
    }
  /** Before and after, an entry an axis; of zeros unless said. */
  | {
      readonly kind: "pad";
      readonly before: readonly number[];
      readonly after: readonly number[];
      readonly mode?: "constant" | "edge" | "reflect";
      readonly value?: number;
    }
  /** Images, to a size. */
  | ({ readonly kind: "resize"; readonly size: Pair } & Resampling)
  /** To a shape, as in broadcasting. */
  | { readonly kind: "expand"; readonly shape: Shape }
  | { readonly kind: "cast"; readonly type: ElementType }
  | { readonly kind: "reshape"; readonly shape: Shape }
  | { readonly kind: "transpose"; readonly permutation: readonly number[] };

/** The operation of a kind; one that several kinds share is that of each. */
export type OpOf<Kind extends Op["kind"], Any = Op> = Any extends { kind: infer Kinds }
  ? Kind extends Kinds
    ? Any
    : never
  : never;

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

const ELEMENTWISE: ReadonlySet<Op["kind"]> = new Set([
  "activation",
  "batchNorm",
  "clip",
  "leakyRelu",
  "elu",
  "where",
  "cast",
  ...BINARY_FUNCTIONS,
]);

/** Whether each element of the result comes from one element of each operand. */
export const isElementwise = (op: Op): boolean => ELEMENTWISE.has(op.kind);

const TRUTHS: ReadonlySet<Op["kind"]> = new Set([
  "equal",
  "less",
  "lessOrEqual",
  "greater",
  "greaterOrEqual",
  "and",
  "or",
  "xor",
]);

/** Whether the result is true or false, 1 or 0. */
export const tellsTruth = (op: Op): boolean =>
  TRUTHS.has(op.kind) || (op.kind === "activation" && op.function === "not");

export const elementCount = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);
export const sizeBytes = (tensor: Tensor): number => elementCount(tensor.shape) * ELEMENT_BYTES;
export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;
