/** Each operator of networks alone, planned and executed by the CPU references, against onnxruntime. */
import { describe, expect, test } from "vitest";
import type { ElementType, Graph, Op, Role, Shape, Tensor } from "../../src/models/graph.ts";
import { seeded } from "../../src/models/seeded.ts";
import { inferShapes, resultType } from "../../src/models/shapes.ts";
import type { PortValues } from "../../src/native/index.ts";
import { relativeError } from "../dnn/one-kernel.ts";
import { executed, freshInputs, judged, seed } from "./judge.ts";

const MOST_ERROR = 1e-5;

type Operand = Shape | { readonly shape: Shape; readonly type?: ElementType; readonly role?: Role };
interface Case {
  readonly op: Op;
  /** Images and rows that come from outside, unless they say what else they are. */
  readonly operands: readonly Operand[];
  /** Where negative numbers have no result. */
  readonly isPositive?: true;
}

const weight = (...shape: number[]): Operand => ({ shape, role: "weight" });
const statistic = (...shape: number[]): Operand => ({ shape, role: "statistic" });
const integers = (...shape: number[]): Operand => ({ shape, type: "int32" });

const window = { stride: [1, 1], padding: [0, 0, 0, 0] } as const;
const conv = { kind: "conv", dilation: [1, 1], groups: 1, ...window } as const;
const transposed = {
  kind: "convTranspose",
  dilation: [1, 1],
  groups: 1,
  outputPadding: [0, 0],
  ...window,
} as const;
const image: Shape = [2, 6, 9, 7];

const convolutions: Case[] = [
  { op: conv, operands: [image, weight(5, 6, 1, 1)] },
  { op: { ...conv, padding: [1, 0, 2, 1] }, operands: [image, weight(16, 6, 3, 3), weight(16)] },
  { op: { ...conv, stride: [2, 3], dilation: [2, 1] }, operands: [image, weight(4, 6, 3, 2), weight(4)] },
  { op: { ...conv, groups: 2, padding: [1, 1, 1, 1] }, operands: [image, weight(8, 3, 3, 3)] },
  { op: { ...conv, groups: 6, padding: [2, 2, 2, 2] }, operands: [image, weight(6, 1, 5, 5), weight(6)] },
  { op: { ...conv, groups: 6 }, operands: [image, weight(12, 1, 3, 3)] },
  { op: { ...conv, groups: 3 }, operands: [[1, 24, 5, 5], weight(24, 8, 3, 3)] },
  { op: { ...conv, padding: [8, 8, 8, 8] }, operands: [[1, 2, 20, 20], weight(3, 2, 17, 17)] },
  { op: transposed, operands: [image, weight(6, 5, 2, 2), weight(5)] },
  { op: { ...transposed, stride: [2, 2], padding: [1, 1, 1, 1] }, operands: [image, weight(6, 8, 4, 4)] },
  { op: { ...transposed, stride: [3, 2], outputPadding: [1, 1] }, operands: [image, weight(6, 3, 3, 3)] },
  { op: { ...transposed, groups: 2, dilation: [2, 2] }, operands: [image, weight(6, 2, 3, 3), weight(4)] },
];

const products: Case[] = [
  { op: { kind: "linear" }, operands: [[5, 19], weight(7, 19), weight(7)] },
  { op: { kind: "linear" }, operands: [[2, 3, 64], weight(130, 64)] },
  {
    op: { kind: "matmul", transposeB: false, alpha: 1 },
    operands: [
      [5, 7],
      [7, 3],
    ],
  },
  {
    op: { kind: "matmul", transposeB: true, alpha: 0.125 },
    operands: [
      [2, 3, 5, 70],
      [2, 3, 9, 70],
    ],
  },
  { op: { kind: "matmul", transposeB: false, alpha: 1 }, operands: [[4, 66, 5], weight(4, 5, 67)] },
];

const norms: Case[] = [
  {
    op: { kind: "batchNorm", epsilon: 1e-5 },
    operands: [image, weight(6), weight(6), statistic(6), statistic(6)],
  },
  { op: { kind: "layerNorm", epsilon: 1e-5 }, operands: [[3, 5, 33], weight(33), weight(33)] },
  { op: { kind: "layerNorm", epsilon: 1e-5 }, operands: [[2, 1500], weight(1500), weight(1500)] },
  { op: { kind: "groupNorm", groups: 3, epsilon: 1e-5 }, operands: [image, weight(6), weight(6)] },
  { op: { kind: "groupNorm", groups: 6, epsilon: 1e-5 }, operands: [image, weight(6), weight(6)] },
  { op: { kind: "softmax", axis: 1 }, operands: [image] },
  { op: { kind: "softmax", axis: 3 }, operands: [image] },
  { op: { kind: "logSoftmax", axis: 1 }, operands: [[3, 1000]] },
];

const ANYWHERE = [
  "relu",
  "relu6",
  "hardswish",
  "hardsigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "sigmoid",
  "tanh",
  "erf",
  "exp",
  "neg",
  "abs",
  "floor",
  "ceil",
  "round",
  "sign",
  "sin",
  "cos",
  "softplus",
  "mish",
] as const;
const ABOVE_ZERO = ["log", "sqrt", "reciprocal"] as const;
const activations: Case[] = [
  ...ANYWHERE.map((name): Case => ({ op: { kind: "activation", function: name }, operands: [[3, 5, 4, 3]] })),
  ...ABOVE_ZERO.map(
    (name): Case => ({ op: { kind: "activation", function: name }, operands: [[7, 5]], isPositive: true }),
  ),
  { op: { kind: "activation", function: "not" }, operands: [integers(3, 5)] },
  { op: { kind: "clip", min: -0.25, max: 0.5 }, operands: [image] },
  { op: { kind: "leakyRelu", slope: 0.1 }, operands: [image] },
  { op: { kind: "elu", slope: 0.7 }, operands: [image] },
];

const ARITHMETIC = ["add", "sub", "mul", "min", "max"] as const;
const COMPARISONS = ["less", "lessOrEqual", "greater", "greaterOrEqual"] as const;
const binaries: Case[] = [
  ...ARITHMETIC.map((kind): Case => ({ op: { kind }, operands: [image, [2, 6, 9, 7]] })),
  ...ARITHMETIC.map(
    (kind): Case => ({
      op: { kind },
      operands: [
        [3, 1, 5],
        [4, 1],
      ],
    }),
  ),
  ...COMPARISONS.map((kind): Case => ({ op: { kind }, operands: [image, [6, 1, 7]] })),
  { op: { kind: "div" }, operands: [[4, 5], [5]], isPositive: true },
  {
    op: { kind: "pow" },
    operands: [
      [4, 5],
      [4, 1],
    ],
    isPositive: true,
  },
  { op: { kind: "equal" }, operands: [integers(4, 5), integers(5)] },
  ...(["and", "or", "xor"] as const).map(
    (kind): Case => ({ op: { kind }, operands: [integers(4, 5), integers(4, 5)] }),
  ),
  { op: { kind: "where" }, operands: [integers(4, 1), [4, 5], [5]] },
];

const pools: Case[] = [
  {
    op: { kind: "maxPool", kernel: [3, 3], ceilMode: false, stride: [2, 2], padding: [1, 1, 1, 1] },
    operands: [image],
  },
  {
    op: { kind: "maxPool", kernel: [3, 2], ceilMode: true, stride: [2, 2], padding: [0, 0, 0, 0] },
    operands: [image],
  },
  {
    op: { kind: "maxPool", kernel: [2, 2], dilation: [2, 3], ceilMode: false, ...window },
    operands: [image],
  },
  {
    op: { kind: "avgPool", kernel: [3, 3], countPadding: true, stride: [1, 2], padding: [1, 1, 1, 1] },
    operands: [image],
  },
  {
    op: { kind: "avgPool", kernel: [3, 3], countPadding: false, stride: [2, 1], padding: [1, 0, 1, 1] },
    operands: [image],
  },
  { op: { kind: "avgPool", kernel: [9, 7], countPadding: false, ...window }, operands: [image] },
];

const REDUCTIONS = ["sum", "mean", "max", "min", "prod", "sumSquare", "l1", "l2", "logSumExp"] as const;
const reductions: Case[] = [
  ...REDUCTIONS.map(
    (name): Case => ({
      op: { kind: "reduce", function: name, axes: [1, 3], keepDims: true },
      operands: [image],
    }),
  ),
  { op: { kind: "reduce", function: "mean", axes: [2, 3], keepDims: false }, operands: [image] },
  { op: { kind: "reduce", function: "sum", axes: [0, 1, 2, 3], keepDims: true }, operands: [image] },
  { op: { kind: "reduce", function: "max", axes: [0], keepDims: false }, operands: [[5, 33]] },
];

const arrangements: Case[] = [
  { op: { kind: "gather", axis: 0 }, operands: [weight(2, 9), integers(3, 4)] },
  { op: { kind: "gather", axis: 2 }, operands: [[2, 3, 5, 4], integers(6)] },
  { op: { kind: "concat", axis: 1 }, operands: [image, [2, 3, 9, 7], [2, 8, 9, 7]] },
  { op: { kind: "concat", axis: 3 }, operands: [image, [2, 6, 9, 2]] },
  { op: { kind: "split", axis: 1, sizes: [1, 4, 1] }, operands: [image] },
  { op: { kind: "split", axis: 2, sizes: [5, 4] }, operands: [[3, 4, 9]] },
  { op: { kind: "slice", axis: 2, start: 1, end: 8, step: 3 }, operands: [image] },
  { op: { kind: "slice", axis: 1, start: 4, end: -1, step: -2 }, operands: [image] },
  { op: { kind: "pad", before: [0, 1, 2, 0], after: [0, 0, 1, 3] }, operands: [image] },
  { op: { kind: "pad", before: [0, 0, 2, 3], after: [0, 0, 1, 1], mode: "reflect" }, operands: [image] },
  { op: { kind: "pad", before: [1, 0, 2, 0], after: [0, 1, 0, 3], mode: "edge" }, operands: [image] },
  { op: { kind: "pad", before: [1, 2], after: [0, 3], mode: "constant", value: -2.5 }, operands: [[4, 5]] },
  { op: { kind: "expand", shape: [2, 3, 4, 5] }, operands: [[3, 1, 5]] },
  { op: { kind: "cast", type: "int32" }, operands: [[5, 7]] },
  { op: { kind: "cast", type: "float32" }, operands: [integers(5, 7)] },
  { op: { kind: "reshape", shape: [2, 54, 7] }, operands: [image] },
  { op: { kind: "transpose", permutation: [0, 2, 3, 1] }, operands: [image] },
  { op: { kind: "transpose", permutation: [3, 1, 0, 2] }, operands: [image] },
];

const resizes: Case[] = (["floor", "ceil", "roundPreferFloor", "roundPreferCeil"] as const).flatMap(
  (rounding) =>
    (["nearest", "linear"] as const).map(
      (mode): Case => ({
        // Half pixels: the place is (i + 0.5) * scale - 0.5.
        op: { kind: "resize", size: [18, 5], mode, rounding, scale: [0.5, 1.4], shift: [-0.25, 0.2] },
        operands: [image],
      }),
    ),
);

function graphOf({ op, operands }: Case): Graph {
  const inputs = operands.map((operand, index): Tensor => {
    const said = "shape" in operand ? operand : { shape: operand };
    return { name: `operand${index}`, type: "float32", role: "input", ...said };
  });
  const shapes = inferShapes(
    op.kind,
    op,
    inputs.map(({ shape }) => shape),
  );
  const type = resultType(op, inputs);
  const outputs = shapes.map(
    (shape, index): Tensor => ({ name: `result${index}`, shape, type, role: "activation" }),
  );
  return {
    name: op.kind,
    batch: 1,
    inputs: inputs.filter(({ role }) => role === "input"),
    outputs,
    parameters: inputs.filter(({ role }) => role !== "input"),
    nodes: [{ name: op.kind, op, inputs, outputs }],
  };
}

/** Wider than from -1 to 1, so that functions show all of their parts. */
const spread = (inputs: PortValues, isPositive: boolean): PortValues =>
  new Map(
    Array.from(inputs, ([name, values]) => [
      name,
      values instanceof Int32Array ? values : values.map((x) => (isPositive ? Math.abs(4 * x) + 0.1 : 4 * x)),
    ]),
  );

const nameOf = ({ op, operands }: Case): string =>
  `${JSON.stringify(op).slice(1, -1).replaceAll('"', "")} of ${operands.map((operand) => `[${"shape" in operand ? operand.shape : operand}]`).join(" ")}`;

describe(`inputs of MISSILE_SEED=${seed}`, () => {
  const all = [
    convolutions,
    products,
    norms,
    activations,
    binaries,
    pools,
    reductions,
    arrangements,
    resizes,
  ].flat();
  test.each(all.map((which) => ({ name: nameOf(which), which })))("$name", async ({ which }) => {
    const network = seeded(graphOf(which));
    const inputs = spread(freshInputs(network.graph), which.isPositive === true);
    const right = await judged(network, inputs);
    const results = await executed(network, { precision: "tf32" }, inputs);
    for (const [name, values] of right)
      expect(relativeError(results.get(name)!, values), name).toBeLessThan(MOST_ERROR);
  });
});
