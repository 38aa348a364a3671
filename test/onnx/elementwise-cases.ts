/** Functions of one number and of two, however a file spells them, and images of other sizes. */
import type { Case } from "./cases.ts";
import { floats, node } from "./models.ts";

const x = { x: { shape: [2, 3, 4] } };
const outputs = { y: "float" } as const;

const UNARY: Readonly<Record<string, string>> = {
  Relu: "relu",
  HardSwish: "hardswish",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  Erf: "erf",
  Exp: "exp",
  Neg: "neg",
  Abs: "abs",
  Floor: "floor",
  Ceil: "ceil",
  Round: "round",
  Sign: "sign",
  Sin: "sin",
  Cos: "cos",
  Softplus: "softplus",
  Reciprocal: "reciprocal",
  LeakyRelu: "leakyRelu",
  Elu: "elu",
};

const BINARY: Readonly<Record<string, string>> = {
  Add: "add",
  Sub: "sub",
  Mul: "mul",
  Div: "div",
  Min: "min",
  Max: "max",
};
const COMPARING: Readonly<Record<string, string>> = {
  Equal: "equal",
  Less: "less",
  LessOrEqual: "lessOrEqual",
  Greater: "greater",
  GreaterOrEqual: "greaterOrEqual",
};

const single = (
  name: string,
  made: ReturnType<typeof node>,
  becomes: string[],
  rest: Partial<Case> = {},
): Case => ({
  name,
  nodes: [made],
  inputs: x,
  outputs,
  becomes,
  ...rest,
});

const plain: Case[] = [
  ...Object.entries(UNARY).map(([opType, name]) => single(opType, node(opType, "x", "y"), [name])),
  ...Object.entries(BINARY).map(([opType, name]) =>
    single(opType, node(opType, "x z", "y"), [name], { inputs: { ...x, z: { shape: [3, 1] } } }),
  ),
  ...Object.entries(COMPARING).map(([opType, name]) => ({
    name: opType,
    nodes: [node(opType, "x z", "c"), node("Cast", "c", "y", { to: 1 })],
    inputs: { ...x, z: { shape: [3, 1] } },
    outputs,
    becomes: [name, "cast"],
  })),
  {
    name: "Sqrt",
    nodes: [node("Abs", "x", "a"), node("Sqrt", "a", "y")],
    inputs: x,
    outputs,
    becomes: ["abs", "sqrt"],
  },
  single("Pow", node("Pow", "x two", "y"), ["pow"], { initializers: [floats("two", [], [2])] }),
  single("Sum of three", node("Sum", "x x x", "y"), ["add", "add"]),
  single("Clip", node("Clip", "x low high", "y"), ["clip"], {
    initializers: [floats("low", [], [-0.5]), floats("high", [], [0.25])],
  }),
  single("Clip from 0 to 6", node("Clip", "x low high", "y"), ["relu6"], {
    initializers: [floats("low", [], [0]), floats("high", [], [6])],
  }),
  single("Clip from 0 on", node("Clip", "x low", "y"), ["relu"], { initializers: [floats("low", [], [0])] }),
  single("HardSigmoid of slope 1/6", node("HardSigmoid", "x", "y", { alpha: { float: 1 / 6 } }), [
    "hardsigmoid",
  ]),
  single("HardSigmoid", node("HardSigmoid", "x", "y"), ["mul", "add", "clip"]),
  single("Selu", node("Selu", "x", "y"), ["elu", "mul"]),
  single("Celu", node("Celu", "x", "y", { alpha: { float: 2 } }), ["mul", "elu", "mul"]),
  single("PRelu of one slope", node("PRelu", "x s", "y"), ["leakyRelu"], {
    initializers: [floats("s", [1], [0.25])],
  }),
  single("PRelu", node("PRelu", "x s", "y"), ["min", "mul", "relu", "add"], {
    initializers: [floats("s", [3, 1])],
  }),
  single("Mish", node("Mish", "x", "y"), ["mish"], { opset: 18 }),
  single("Gelu", node("Gelu", "x", "y"), ["gelu"], { opset: 20 }),
  single("Gelu by tanh", node("Gelu", "x", "y", { approximate: "tanh" }), ["geluTanh"], { opset: 20 }),
  {
    name: "Dropout and Identity",
    nodes: [node("Dropout", "x", "d"), node("Identity", "d", "i"), node("Relu", "i", "y")],
    inputs: x,
    outputs,
    becomes: ["relu"],
  },
];

const half = floats("half", [], [0.5]);
const number = floats("one", [], [1]);

const spelled: Case[] = [
  {
    name: "x * sigmoid(x)",
    nodes: [node("Sigmoid", "x", "s"), node("Mul", "s x", "y")],
    inputs: x,
    outputs,
    becomes: ["silu"],
  },
  {
    name: "x * sigmoid(z) stays",
    nodes: [node("Sigmoid", "z", "s"), node("Mul", "s x", "y")],
    inputs: { ...x, z: { shape: [2, 3, 4] } },
    outputs,
    becomes: ["sigmoid", "mul"],
  },
  {
    name: "x * hardsigmoid(x)",
    nodes: [node("HardSigmoid", "x", "s", { alpha: { float: 1 / 6 } }), node("Mul", "x s", "y")],
    inputs: x,
    outputs,
    becomes: ["hardswish"],
  },
  {
    name: "x * relu6(x + 3) / 6",
    nodes: [
      node("Add", "x three", "a"),
      node("Clip", "a zero six", "c"),
      node("Mul", "x c", "m"),
      node("Div", "m six", "y"),
    ],
    inputs: x,
    outputs,
    initializers: [floats("three", [], [3]), floats("zero", [], [0]), floats("six", [], [6])],
    becomes: ["hardswish"],
  },
  {
    name: "x * tanh(softplus(x))",
    nodes: [node("Softplus", "x", "s"), node("Tanh", "s", "t"), node("Mul", "x t", "y")],
    inputs: x,
    outputs,
    becomes: ["mish"],
  },
  {
    name: "x * (1 + erf(x / sqrt 2)) / 2",
    nodes: [
      node("Div", "x root", "d"),
      node("Erf", "d", "e"),
      node("Add", "e one", "a"),
      node("Mul", "x a", "m"),
      node("Mul", "m half", "y"),
    ],
    inputs: x,
    outputs,
    initializers: [floats("root", [], [Math.SQRT2]), number, half],
    becomes: ["gelu"],
  },
  {
    name: "gelu with half of x first",
    nodes: [
      node("Mul", "x half", "h"),
      node("Mul", "x root", "d"),
      node("Erf", "d", "e"),
      node("Add", "one e", "a"),
      node("Mul", "h a", "y"),
    ],
    inputs: x,
    outputs,
    initializers: [floats("root", [], [Math.SQRT1_2]), number, half],
    becomes: ["gelu"],
  },
  {
    name: "gelu of another factor stays",
    nodes: [
      node("Erf", "x", "e"),
      node("Add", "e one", "a"),
      node("Mul", "x a", "m"),
      node("Mul", "m half", "y"),
    ],
    inputs: x,
    outputs,
    initializers: [number, half],
    becomes: ["erf", "add", "mul", "mul"],
  },
  {
    name: "gelu by tanh, with a cube",
    nodes: [
      node("Mul", "x half", "h"),
      node("Pow", "x three", "p"),
      node("Mul", "p factor", "f"),
      node("Add", "x f", "s"),
      node("Mul", "s root", "l"),
      node("Tanh", "l", "t"),
      node("Add", "t one", "a"),
      node("Mul", "h a", "y"),
    ],
    inputs: x,
    outputs,
    initializers: [
      floats("three", [], [3]),
      floats("factor", [], [0.044715]),
      floats("root", [], [Math.sqrt(2 / Math.PI)]),
      number,
      half,
    ],
    becomes: ["geluTanh"],
  },
];

const MODES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"];

const resizes: Case[] = MODES.flatMap((coordinates) =>
  ["nearest", "linear"].map((mode) => ({
    name: `Resize ${mode}, ${coordinates}`,
    nodes: [
      node("Resize", "x - - s", "y", {
        mode,
        coordinate_transformation_mode: coordinates,
        nearest_mode: coordinates === "asymmetric" ? "floor" : "round_prefer_floor",
      }),
    ],
    inputs: { x: { shape: [1, 2, 5, 4] } },
    outputs,
    initializers: [{ name: "s", dims: [4], dataType: 7, int64Data: [1, 2, 8, 3] }],
    becomes: ["resize"],
  })),
);

export const ELEMENTWISE_CASES: readonly Case[] = [
  ...plain,
  ...spelled,
  ...resizes,
  {
    name: "Resize by factors",
    nodes: [
      node("Resize", "x - f", "y", {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
    ],
    inputs: { x: { shape: [1, 2, 5, 4] } },
    outputs,
    initializers: [floats("f", [4], [1, 1, 2, 2])],
    becomes: ["resize"],
  },
];
