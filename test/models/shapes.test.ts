import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Op, Shape } from "../../src/models/graph.ts";
import { inferShapes, resultType } from "../../src/models/shapes.ts";

const window = { stride: [2, 2], padding: [0, 0, 0, 0] } as const;
const conv = (groups: number): Op => ({ kind: "conv", dilation: [1, 1], groups, ...window });
const dilated: Op = {
  kind: "conv",
  stride: [1, 1],
  padding: [2, 1, 0, 1],
  dilation: [2, 1],
  groups: 1,
};

describe("shape inference", () => {
  const cases: readonly [string, Op, Shape[], Shape[]][] = [
    [
      "conv",
      conv(1),
      [
        [2, 3, 9, 8],
        [4, 3, 3, 3],
      ],
      [[2, 4, 4, 3]],
    ],
    ["grouped conv", conv(2), [[1, 4, 5, 5], [6, 2, 1, 1], [6]], [[1, 6, 3, 3]]],
    [
      "dilated, unevenly padded conv",
      dilated,
      [
        [1, 1, 6, 6],
        [1, 1, 3, 3],
      ],
      [[1, 1, 4, 6]],
    ],
    [
      "max pool rounding up",
      { kind: "maxPool", kernel: [3, 3], ceilMode: true, ...window },
      [[1, 8, 6, 7]],
      [[1, 8, 3, 3]],
    ],
    [
      "avg pool",
      { kind: "avgPool", kernel: [2, 2], countPadding: true, ...window },
      [[1, 8, 6, 7]],
      [[1, 8, 3, 3]],
    ],
    ["linear", { kind: "linear" }, [[2, 5, 8], [3, 8], [3]], [[2, 5, 3]]],
    [
      "matmul",
      { kind: "matmul", transposeB: false, alpha: 1 },
      [
        [2, 5, 8],
        [2, 8, 4],
      ],
      [[2, 5, 4]],
    ],
    [
      "matmul of a transposed",
      { kind: "matmul", transposeB: true, alpha: 1 },
      [
        [2, 5, 8],
        [2, 4, 8],
      ],
      [[2, 5, 4]],
    ],
    [
      "broadcast add",
      { kind: "add" },
      [
        [2, 5, 8],
        [5, 1],
      ],
      [[2, 5, 8]],
    ],
    ["mean", { kind: "reduce", function: "mean", axes: [2, 3], keepDims: false }, [[2, 5, 8, 8]], [[2, 5]]],
    [
      "mean keeping axes",
      { kind: "reduce", function: "mean", axes: [2, 3], keepDims: true },
      [[2, 5, 8, 8]],
      [[2, 5, 1, 1]],
    ],
    [
      "gather of rows",
      { kind: "gather", axis: 0 },
      [
        [100, 16],
        [2, 7],
      ],
      [[2, 7, 16]],
    ],
    [
      "gather of columns",
      { kind: "gather", axis: 1 },
      [
        [8, 49],
        [5, 5],
      ],
      [[8, 5, 5]],
    ],
    [
      "concat",
      { kind: "concat", axis: 1 },
      [
        [2, 3, 4],
        [2, 1, 4],
      ],
      [[2, 4, 4]],
    ],
    [
      "split",
      { kind: "split", axis: 1, sizes: [1, 3] },
      [[2, 4]],
      [
        [2, 1],
        [2, 3],
      ],
    ],
    ["slice", { kind: "slice", axis: 1, start: 1, end: 3 }, [[2, 4]], [[2, 2]]],
    ["pad", { kind: "pad", before: [0, 1], after: [0, 2] }, [[2, 4]], [[2, 7]]],
    ["reshape", { kind: "reshape", shape: [4, 2] }, [[2, 4]], [[4, 2]]],
    ["transpose", { kind: "transpose", permutation: [2, 0, 1] }, [[2, 3, 4]], [[4, 2, 3]]],
    [
      "transposed conv",
      { kind: "convTranspose", dilation: [1, 2], groups: 2, outputPadding: [1, 0], ...window },
      [[1, 4, 5, 6], [4, 3, 3, 2], [6]],
      [[1, 6, 12, 13]],
    ],
    [
      "max pool whose last window would begin beyond the image",
      { kind: "maxPool", kernel: [1, 2], ceilMode: true, stride: [2, 2], padding: [0, 1, 0, 1] },
      [[1, 8, 4, 6]],
      [[1, 8, 2, 4]],
    ],
    [
      "dilated max pool",
      { kind: "maxPool", kernel: [2, 3], dilation: [3, 1], ceilMode: false, ...window },
      [[1, 8, 6, 7]],
      [[1, 8, 2, 3]],
    ],
    ["group norm", { kind: "groupNorm", groups: 2, epsilon: 0 }, [[1, 4, 5, 5], [4], [4]], [[1, 4, 5, 5]]],
    ["where", { kind: "where" }, [[3, 1], [4], [2, 1, 1]], [[2, 3, 4]]],
    ["comparison", { kind: "less" }, [[3, 1], [4]], [[3, 4]]],
    ["expand", { kind: "expand", shape: [2, 3, 4] }, [[3, 1]], [[2, 3, 4]]],
    [
      "resize",
      { kind: "resize", mode: "nearest", rounding: "floor", size: [7, 9], scale: [1, 1], shift: [0, 0] },
      [[1, 2, 3, 4]],
      [[1, 2, 7, 9]],
    ],
    ["slice with a step", { kind: "slice", axis: 1, start: 1, end: 6, step: 2 }, [[2, 6]], [[2, 3]]],
    ["slice backwards", { kind: "slice", axis: 1, start: 4, end: -1, step: -2 }, [[2, 6]], [[2, 3]]],
  ];
  it.each(cases)("of a %s", (_, op, inputs, outputs) => {
    expect(inferShapes("net/node", op, inputs)).toEqual(outputs);
  });

  const refusals: readonly [Op, Shape[], string][] = [
    [
      conv(1),
      [
        [1, 4, 9, 9],
        [8, 3, 3, 3],
      ],
      "4 channels in and 8 out do not fit its weight in 1 groups",
    ],
    [
      conv(1),
      [
        [1, 3, 2, 2],
        [8, 3, 3, 3],
      ],
      "its window is larger than the padded image",
    ],
    [
      conv(1),
      [
        [3, 9, 9],
        [8, 9, 3, 3],
      ],
      "its input is no NCHW image",
    ],
    [conv(1), [[1, 3, 9, 9], [8, 3, 3, 3], [7]], "a parameter is [7], not [8]"],
    [{ kind: "batchNorm", epsilon: 0 }, [[1, 3, 9, 9], [4], [4], [4], [4]], "a parameter is [4], not [3]"],
    [{ kind: "layerNorm", epsilon: 0 }, [[1, 5, 8], [5], [5]], "a parameter is [5], not [8]"],
    [
      { kind: "linear" },
      [
        [2, 8],
        [3, 7],
      ],
      "its rows have 8 columns, its weight 7",
    ],
    [
      { kind: "matmul", transposeB: false, alpha: 1 },
      [
        [2, 5, 8],
        [2, 4, 8],
      ],
      "inner extents 8 and 4 differ",
    ],
    [
      { kind: "matmul", transposeB: true, alpha: 1 },
      [
        [2, 5, 8],
        [3, 4, 8],
      ],
      "its operands differ in their leading axes",
    ],
    [
      { kind: "add" },
      [
        [2, 3],
        [2, 4],
      ],
      "its operands do not broadcast",
    ],
    [{ kind: "softmax", axis: 3 }, [[2, 3]], "there is no axis 3"],
    [
      { kind: "concat", axis: 1 },
      [
        [2, 3, 4],
        [3, 1, 4],
      ],
      "its inputs differ beside axis 1",
    ],
    [{ kind: "split", axis: 0, sizes: [1, 2] }, [[4]], "its pieces [1, 2] do not sum to 4"],
    [{ kind: "slice", axis: 0, start: 2, end: 5 }, [[4]], "no entries 2 to 5 on axis 0"],
    [{ kind: "pad", before: [1], after: [1] }, [[4, 4]], "it needs one pad an axis"],
    [{ kind: "reshape", shape: [3] }, [[2, 2]], "[3] has another number of elements"],
    [{ kind: "transpose", permutation: [0, 0] }, [[2, 2]], "[0, 0] is no permutation of its axes"],
    [
      { kind: "convTranspose", dilation: [1, 1], groups: 1, outputPadding: [0, 0], ...window },
      [
        [1, 4, 5, 5],
        [3, 2, 3, 3],
      ],
      "4 channels do not fit its weight in 1 groups",
    ],
    [
      { kind: "groupNorm", groups: 3, epsilon: 0 },
      [[1, 4, 5, 5], [4], [4]],
      "4 channels do not divide into 3 groups",
    ],
    [{ kind: "expand", shape: [3, 4] }, [[2, 1, 1]], "it does not broadcast to [3, 4]"],
    [{ kind: "slice", axis: 0, start: 1, end: 3, step: 0 }, [[4]], "no entries 1 to 3 on axis 0"],
    [{ kind: "slice", axis: 0, start: 1, end: 3, step: -1 }, [[4]], "no entries 1 to 3 on axis 0"],
  ];
  it.each(refusals)("refuses %o of %o", (op, inputs, reason) => {
    const shapes = inputs.map((shape) => `[${shape.join(", ")}]`).join(", ");
    expect(() => inferShapes("net/node", op, inputs)).toThrow(
      expect.objectContaining({ code: "badGraph", message: `net/node: ${op.kind} of ${shapes}: ${reason}` }),
    );
  });
});

describe("the type of a result", () => {
  const float = { type: "float32" } as const;
  const integer = { type: "int32" } as const;
  it("is what is computed with, but for truths, which are integers", () => {
    expect(resultType({ kind: "add" }, [integer, integer])).toBe("int32");
    expect(resultType({ kind: "equal" }, [float, float])).toBe("int32");
    expect(resultType({ kind: "activation", function: "not" }, [float])).toBe("int32");
    expect(resultType({ kind: "activation", function: "relu" }, [float])).toBe("float32");
    expect(resultType({ kind: "where" }, [integer, float, float])).toBe("float32");
    expect(resultType({ kind: "gather", axis: 0 }, [float, integer])).toBe("float32");
    expect(resultType({ kind: "cast", type: "float32" }, [integer])).toBe("float32");
  });
});

describe("the builder", () => {
  it("names the node at fault by its scope", () => {
    const g = new GraphBuilder("net", 1);
    const x = g.input("x", [1, 6, 8, 8]);
    expect(() => g.scope("block1", () => g.add(g.relu(x), g.conv(x, { out: 4 })))).toThrow(
      "net/block1.add1: add of [1, 6, 8, 8], [1, 4, 8, 8]: its operands do not broadcast",
    );
    expect(() => g.conv(x, { out: 8, groups: 4 })).toThrow("net/conv1.weight: [8, 1.5, 1, 1] is no shape");
  });

  it("pads a convolution so that its size stays, unless told", () => {
    const g = new GraphBuilder("net", 1);
    const x = g.input("x", [1, 3, 8, 8]);
    expect(g.conv(x, { out: 4, kernel: 3 }).shape).toEqual([1, 4, 8, 8]);
    expect(g.conv(x, { out: 4, kernel: 3, dilation: 2 }).shape).toEqual([1, 4, 8, 8]);
    expect(g.conv(x, { out: 4, kernel: 3, padding: 0 }).shape).toEqual([1, 4, 6, 6]);
  });

  it("keeps the inputs of a concatenation as they were when it was added", () => {
    const g = new GraphBuilder("net", 1);
    const x = g.input("x", [1, 3, 8, 8]);
    const features = [x, g.relu(x)];
    g.concat(features, 1);
    features.push(x);
    expect(g.build([]).nodes.at(-1)?.inputs).toHaveLength(2);
  });
});
