/** Operators that give elements another place, look them up, or choose between them. */
import { type Case, image, one, outputs, rows, weight } from "./cases.ts";
import { floats, integers, node } from "./models.ts";

const views: readonly Case[] = [
  one("Reshape", node("Reshape", "x s", "y"), {
    initializers: [integers("s", [0, -1, 3])],
    becomes: ["reshape"],
  }),
  one("Flatten", node("Flatten", "x", "y", { axis: -2 }), { becomes: ["reshape"] }),
  one("Transpose", node("Transpose", "x", "y", { perm: [0, 2, 3, 1] }), { becomes: ["transpose"] }),
  one("Transpose of all axes", node("Transpose", "x", "y"), { becomes: ["transpose"] }),
  {
    name: "Unsqueeze and Squeeze",
    nodes: [node("Unsqueeze", "x a", "h"), node("Relu", "h", "r"), node("Squeeze", "r b", "y")],
    inputs: rows,
    outputs,
    initializers: [integers("a", [-1, 0]), integers("b", [0])],
    becomes: ["reshape", "relu", "reshape"],
  },
  {
    name: "transposes one after the other",
    nodes: [
      node("Transpose", "x", "h", { perm: [0, 2, 3, 1] }),
      node("Transpose", "h", "t", { perm: [0, 3, 1, 2] }),
      node("Relu", "t", "y"),
    ],
    inputs: image,
    outputs,
    becomes: ["relu"],
  },
  one("Concat", node("Concat", "x z x", "y", { axis: -1 }), {
    inputs: { x: { shape: [2, 3] }, z: { shape: [2, 5] } },
    becomes: ["concat"],
  }),
  {
    name: "Split",
    nodes: [node("Split", "x s", "a b", { axis: 1 }), node("Sub", "a b", "y")],
    inputs: image,
    outputs,
    initializers: [integers("s", [2, 2])],
    becomes: ["split", "sub"],
  },
  one("Slice of two axes", node("Slice", "x s e a", "y"), {
    initializers: [integers("s", [1, -3]), integers("e", [1000, -1]), integers("a", [2, -1])],
    becomes: ["slice", "slice"],
  }),
  one("Slice with steps, one backwards", node("Slice", "x s e a t", "y"), {
    initializers: [
      integers("s", [0, -1]),
      integers("e", [6, -1000]),
      integers("a", [2, 3]),
      integers("t", [2, -2]),
    ],
    becomes: ["slice", "slice"],
  }),
  ...["constant", "edge", "reflect"].map((mode) =>
    one(`Pad ${mode}`, node("Pad", "x p v", "y", { mode }), {
      initializers: [integers("p", [0, 0, 2, 1, 0, 0, 1, 3]), floats("v", [], [0.5])],
      becomes: ["pad"],
    }),
  ),
  one("Pad that cuts", node("Pad", "x p", "y"), {
    initializers: [integers("p", [0, 0, -2, 1, 0, 0, 1, -1])],
    becomes: ["slice", "slice", "pad"],
  }),
  {
    name: "Pad before a convolution",
    nodes: [node("Pad", "x p", "h"), node("Conv", "h w", "y", { strides: [2, 2] })],
    inputs: image,
    outputs,
    initializers: [integers("p", [0, 0, 0, 0, 0, 0, 1, 1]), weight([3, 4, 3, 3])],
    becomes: ["conv"],
  },
  one("Expand", node("Expand", "x s", "y"), {
    inputs: { x: { shape: [3, 1] } },
    initializers: [integers("s", [2, 1, 4])],
    becomes: ["expand"],
  }),
  one("Tile", node("Tile", "x r", "y"), {
    inputs: { x: { shape: [2, 3] } },
    initializers: [integers("r", [2, 3])],
    becomes: ["reshape", "expand", "reshape"],
  }),
  ...["DCR", "CRD"].map((mode) =>
    one(`DepthToSpace ${mode}`, node("DepthToSpace", "x", "y", { blocksize: 2, mode }), {
      becomes: ["reshape", "transpose", "reshape"],
    }),
  ),
  one("SpaceToDepth", node("SpaceToDepth", "x", "y", { blocksize: 2 }), {
    inputs: { x: { shape: [1, 3, 4, 6] } },
    becomes: ["reshape", "transpose", "reshape"],
  }),
];

const lookups: readonly Case[] = [
  one("Gather from a table", node("Gather", "w i", "y"), {
    inputs: { i: { shape: [2, 3], type: "int64" } },
    initializers: [weight([2, 4])],
    becomes: ["gather"],
  }),
  one("Gather of a run of entries", node("Gather", "x i", "y", { axis: 1 }), {
    initializers: [integers("i", [1, 2])],
    becomes: ["slice"],
  }),
  one("Gather of the last entry", node("Gather", "x i", "y", { axis: -2 }), {
    initializers: [integers("i", [-1], [])],
    becomes: ["slice", "reshape"],
  }),
  one("Gather of some entries", node("Gather", "x i", "y", { axis: 1 }), {
    initializers: [integers("i", [3, -4, 1])],
    becomes: ["gather"],
  }),
  one("GatherElements", node("GatherElements", "x i", "y", { axis: 1 }), {
    inputs: { x: { shape: [2, 3] } },
    initializers: [integers("i", [2, 0, 0, -1], [2, 2])],
    becomes: ["reshape", "gather"],
  }),
  one("GatherND", node("GatherND", "x i", "y"), {
    initializers: [integers("i", [0, 3, 1, -2, 1, 0], [3, 2])],
    becomes: ["reshape", "gather"],
  }),
  one("ScatterND", node("ScatterND", "x i u", "y"), {
    inputs: { ...image, u: { shape: [2, 7, 6] } },
    initializers: [integers("i", [0, 3, 1, -3], [2, 2])],
    becomes: ["reshape", "concat", "gather", "reshape"],
  }),
  {
    name: "Where of a comparison",
    nodes: [node("Greater", "x z", "c"), node("Not", "c", "n"), node("Where", "n x z", "y")],
    inputs: { x: { shape: [2, 3] }, z: { shape: [3] } },
    outputs,
    becomes: ["greater", "where"],
  },
  {
    name: "a mask of truths",
    nodes: [
      node("Cast", "m", "c", { to: 9 }),
      node("And", "c k", "a"),
      node("Where", "a zero low", "b"),
      node("Add", "x b", "y"),
    ],
    inputs: { x: { shape: [2, 3] }, m: { shape: [2, 3], type: "int64" } },
    outputs,
    initializers: [
      { name: "k", dims: [3], dataType: 9, int32Data: [1, 0, 1] },
      floats("zero", [], [0]),
      floats("low", [], [-100]),
    ],
    becomes: ["and", "where", "add"],
  },
  {
    name: "NaN is found",
    nodes: [node("Log", "x", "l"), node("IsNaN", "l", "c"), node("Where", "c zero l", "y")],
    inputs: rows,
    outputs,
    initializers: [floats("zero", [], [0])],
    becomes: ["log", "equal", "where"],
  },
];

export const VIEW_CASES: readonly Case[] = [...views, ...lookups];
