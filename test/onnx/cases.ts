/** Small models, one or a few nodes each, and the operations that they become: windows, products, norms, sums. */
import type { NodeProto, Written } from "../../src/onnx/proto.ts";
import { floats, integers, type ModelSpec, node } from "./models.ts";

export interface Case extends ModelSpec {
  readonly name: string;
  /** Of the graph's nodes; functions by their own names. */
  readonly becomes: readonly string[];
}

export const image = { x: { shape: [2, 4, 7, 6] } };
export const rows = { x: { shape: [2, 5, 8] } };
export const outputs = { y: "float" } as const;

type Rest = Partial<ModelSpec> & { readonly becomes: readonly string[] };

export const one = (name: string, made: Written<NodeProto>, rest: Rest): Case => ({
  name,
  nodes: [made],
  inputs: image,
  outputs,
  ...rest,
});

export const weight = (shape: number[]) => floats("w", shape);
const bias = (count: number) => floats("b", [count]);

const convolutions: Case[] = [
  one("Conv", node("Conv", "x w b", "y", { pads: [1, 0, 2, 1], strides: [2, 1] }), {
    initializers: [weight([6, 4, 3, 2]), bias(6)],
    becomes: ["conv"],
  }),
  one(
    "Conv of groups, dilated",
    node("Conv", "x w", "y", { group: 2, dilations: [2, 1], pads: [2, 1, 2, 1] }),
    {
      initializers: [weight([6, 2, 3, 3])],
      becomes: ["conv"],
    },
  ),
  ...["SAME_UPPER", "SAME_LOWER", "VALID"].map((auto) =>
    one(`Conv padded ${auto}`, node("Conv", "x w", "y", { auto_pad: auto, strides: [2, 2] }), {
      initializers: [weight([3, 4, 4, 3])],
      becomes: ["conv"],
    }),
  ),
  one("Conv of a signal", node("Conv", "x w b", "y", { pads: [2, 1], strides: [2], dilations: [2] }), {
    inputs: { x: { shape: [2, 4, 11] } },
    initializers: [weight([6, 4, 3]), bias(6)],
    becomes: ["reshape", "conv", "reshape"],
  }),
  one(
    "ConvTranspose",
    node("ConvTranspose", "x w b", "y", { strides: [2, 3], pads: [1, 0, 0, 1], output_padding: [1, 0] }),
    {
      initializers: [weight([4, 3, 3, 2]), bias(3)],
      becomes: ["convTranspose"],
    },
  ),
  one(
    "ConvTranspose of groups, dilated",
    node("ConvTranspose", "x w", "y", { group: 2, dilations: [2, 1] }),
    {
      initializers: [weight([4, 3, 3, 2])],
      becomes: ["convTranspose"],
    },
  ),
  one(
    "MaxPool rounding up",
    node("MaxPool", "x", "y", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
    {
      becomes: ["maxPool"],
    },
  ),
  one(
    "MaxPool dilated",
    node("MaxPool", "x", "y", { kernel_shape: [2, 3], dilations: [2, 1], pads: [1, 1, 1, 1] }),
    {
      becomes: ["maxPool"],
    },
  ),
  one("AveragePool", node("AveragePool", "x", "y", { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }), {
    becomes: ["avgPool"],
  }),
  one(
    "AveragePool counting its padding",
    node("AveragePool", "x", "y", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
    {
      becomes: ["avgPool"],
    },
  ),
  one("GlobalAveragePool", node("GlobalAveragePool", "x", "y"), { becomes: ["mean"] }),
  one("GlobalMaxPool", node("GlobalMaxPool", "x", "y"), { becomes: ["max"] }),
];

const products: Case[] = [
  one("Gemm of weights", node("Gemm", "x w b", "y", { transB: 1 }), {
    inputs: { x: { shape: [3, 8] } },
    initializers: [weight([5, 8]), bias(5)],
    becomes: ["linear"],
  }),
  one(
    "Gemm scaled, of weights the other way",
    node("Gemm", "x w b", "y", { alpha: { float: 0.5 }, beta: { float: 2 }, transA: 1 }),
    {
      inputs: { x: { shape: [8, 3] } },
      initializers: [weight([8, 5]), floats("b", [1, 5])],
      becomes: ["transpose", "linear"],
    },
  ),
  one("Gemm with a number as bias", node("Gemm", "x w b", "y"), {
    inputs: { x: { shape: [3, 8] } },
    initializers: [weight([8, 5]), floats("b", [1])],
    becomes: ["linear"],
  }),
  one("Gemm of two inputs", node("Gemm", "x z b", "y", { alpha: { float: 0.5 }, transB: 1 }), {
    inputs: { x: { shape: [3, 8] }, z: { shape: [5, 8] } },
    initializers: [bias(5)],
    becomes: ["matmul", "add"],
  }),
  one("MatMul with weights", node("MatMul", "x w", "y"), {
    inputs: rows,
    initializers: [weight([8, 3])],
    becomes: ["linear"],
  }),
  {
    name: "MatMul and Add are a linear layer",
    nodes: [node("MatMul", "x w", "h"), node("Add", "b h", "y")],
    inputs: rows,
    outputs,
    initializers: [weight([8, 3]), bias(3)],
    becomes: ["linear"],
  },
  one("MatMul of batches", node("MatMul", "x z", "y"), {
    inputs: { x: { shape: [2, 3, 5, 8] }, z: { shape: [2, 3, 8, 4] } },
    becomes: ["matmul"],
  }),
  one("MatMul that repeats a batch", node("MatMul", "x z", "y"), {
    inputs: { x: { shape: [2, 3, 5, 8] }, z: { shape: [3, 8, 4] } },
    becomes: ["expand", "matmul"],
  }),
  one("MatMul of many rows and one matrix", node("MatMul", "x z", "y"), {
    inputs: { x: { shape: [2, 5, 8] }, z: { shape: [8, 4] } },
    becomes: ["reshape", "matmul", "reshape"],
  }),
  one("MatMul with weights on the left", node("MatMul", "w x", "y"), {
    inputs: { x: { shape: [2, 8, 4] } },
    initializers: [weight([2, 3, 8])],
    becomes: ["matmul"],
  }),
  one("MatMul with a vector", node("MatMul", "x z", "y"), {
    inputs: { x: { shape: [5, 8] }, z: { shape: [8] } },
    becomes: ["reshape", "matmul", "reshape"],
  }),
  {
    name: "scaled scores",
    nodes: [
      node("Transpose", "z", "t", { perm: [0, 2, 1] }),
      node("MatMul", "x t", "h"),
      node("Div", "h s", "y"),
    ],
    inputs: { x: { shape: [2, 5, 8] }, z: { shape: [2, 6, 8] } },
    outputs,
    initializers: [floats("s", [], [4])],
    becomes: ["matmul"],
  },
];

const EINSUMS: Readonly<Record<string, readonly string[]>> = {
  "bhqd,bhkd->bhqk": ["matmul"],
  "bqhd,bkhd->bhqk": ["transpose", "transpose", "matmul"],
  "bhqk,bkhd->bqhd": ["transpose", "matmul", "transpose"],
  "abc,abd->dcb": ["transpose", "transpose", "matmul", "transpose"],
  "abc,bd->ad": ["sum", "matmul"],
};

/** Each letter's extent. */
const EXTENTS: Readonly<Record<string, number>> = { a: 2, b: 3, c: 4, d: 5, h: 2, q: 6, k: 7 };

const einsums: Case[] = [
  ...Object.entries(EINSUMS).map(([equation, becomes]) => {
    const [x = "", z = ""] = (equation.split("->")[0] ?? "").split(",");
    const port = (labels: string) => ({ shape: [...labels].map((label) => EXTENTS[label] as number) });
    return one(`Einsum ${equation}`, node("Einsum", "x z", "y", { equation }), {
      inputs: { x: port(x), z: port(z) },
      becomes,
    });
  }),
  one("Einsum of one operand", node("Einsum", "x", "y", { equation: "abcd->db" }), {
    becomes: ["sum", "transpose"],
  }),
];

const NORM_EPSILON = { epsilon: { float: 1e-3 } };
const vectors = (count: number, ...list: string[]) => list.map((name) => floats(name, [count]));

const norms: Case[] = [
  one("BatchNormalization", node("BatchNormalization", "x g s m v", "y", NORM_EPSILON), {
    initializers: [...vectors(4, "g", "s", "m"), floats("v", [4], [0.5, 1, 2, 3])],
    becomes: ["batchNorm"],
  }),
  one("LayerNormalization", node("LayerNormalization", "x g s", "y", NORM_EPSILON), {
    inputs: rows,
    initializers: vectors(8, "g", "s"),
    becomes: ["layerNorm"],
  }),
  one(
    "LayerNormalization over two axes, without shift",
    node("LayerNormalization", "x g", "y", { axis: 1, ...NORM_EPSILON }),
    {
      inputs: rows,
      initializers: [floats("g", [5, 8])],
      becomes: ["reshape", "layerNorm", "reshape"],
    },
  ),
  one("InstanceNormalization", node("InstanceNormalization", "x g s", "y", NORM_EPSILON), {
    initializers: vectors(4, "g", "s"),
    becomes: ["groupNorm"],
  }),
  {
    name: "GroupNorm as PyTorch writes it",
    nodes: [
      node("Reshape", "x r", "h1"),
      node("InstanceNormalization", "h1 ones zeros", "h2", NORM_EPSILON),
      node("Shape", "x", "shape"),
      node("Reshape", "h2 shape", "h3"),
      node("Mul", "h3 g", "h4"),
      node("Add", "h4 s", "y"),
    ],
    inputs: image,
    outputs,
    initializers: [
      integers("r", [0, 2, -1]),
      floats("ones", [2], [1, 1]),
      floats("zeros", [2], [0, 0]),
      floats("g", [4, 1, 1]),
      floats("s", [4, 1, 1]),
    ],
    becomes: ["groupNorm"],
  },
  {
    name: "layer norm spelled out",
    nodes: [
      node("ReduceMean", "x", "mean", { axes: [-1] }),
      node("Sub", "x mean", "d"),
      node("Pow", "d two", "square"),
      node("ReduceMean", "square", "variance", { axes: [-1] }),
      node("Add", "variance epsilon", "sum"),
      node("Sqrt", "sum", "root"),
      node("Div", "d root", "normed"),
      node("Mul", "normed g", "scaled"),
      node("Add", "scaled s", "y"),
    ],
    inputs: rows,
    outputs,
    initializers: [floats("two", [], [2]), floats("epsilon", [], [1e-3]), ...vectors(8, "g", "s")],
    becomes: ["layerNorm"],
  },
  one("Softmax", node("Softmax", "x", "y", { axis: 1 }), { becomes: ["softmax"] }),
  one("Softmax of opset 11, over all axes from one on", node("Softmax", "x", "y", { axis: 2 }), {
    opset: 11,
    becomes: ["reshape", "softmax", "reshape"],
  }),
  one("LogSoftmax", node("LogSoftmax", "x", "y"), { becomes: ["logSoftmax"] }),
];

const REDUCTIONS = {
  ReduceMean: "mean",
  ReduceMax: "max",
  ReduceMin: "min",
  ReduceProd: "prod",
  ReduceSumSquare: "sumSquare",
  ReduceL1: "l1",
  ReduceL2: "l2",
  ReduceLogSumExp: "logSumExp",
};

const reductions: Case[] = [
  ...Object.entries(REDUCTIONS).map(([opType, name]) =>
    one(opType, node(opType, "x", "y", { axes: [1, -1], keepdims: 0 }), { becomes: [name] }),
  ),
  one("ReduceSum", node("ReduceSum", "x a", "y"), { initializers: [integers("a", [-2])], becomes: ["sum"] }),
  one("ReduceSum of everything", node("ReduceSum", "x", "y", { keepdims: 0 }), { becomes: ["sum"] }),
];

export const CASES: readonly Case[] = [...convolutions, ...products, ...einsums, ...norms, ...reductions];
