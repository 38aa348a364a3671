import { describe, expect, it } from "vitest";
import { attention, convNorm } from "../../src/models/blocks.ts";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Graph, Tensor } from "../../src/models/graph.ts";
import { lower } from "../../src/models/index.ts";
import { fuse } from "../../src/models/lower-fuse.ts";
import { buildGraph, networkNames } from "./graphs.ts";

/** The kernels of what `body` builds upon an image of 8 channels. */
function kernelsOf(body: (g: GraphBuilder, x: Tensor) => Tensor | Tensor[]): string[] {
  const g = new GraphBuilder("net", 1);
  const result = body(g, g.input("x", [1, 8, 16, 16]));
  return lower(g.build(Array.isArray(result) ? result : [result])).kernels.map(({ name }) => name);
}

describe("fusion", () => {
  it("folds norm, activation and residual into the convolution", () => {
    const names = kernelsOf((g, x) =>
      g.relu(g.add(convNorm(g, convNorm(g, x, { out: 8, activation: "relu" }), { out: 8 }), x)),
    );
    expect(names).toEqual(["conv1+relu", "conv2+add+relu"]);
  });

  it("adds a projected shortcut in the convolution that comes last", () => {
    const names = kernelsOf((g, x) => {
      const main = convNorm(g, convNorm(g, x, { out: 8, kernel: 3 }), { out: 16 });
      return g.relu(g.add(main, convNorm(g, x, { out: 16 })));
    });
    expect(names).toEqual(["conv1", "conv2", "conv3+add+relu"]);
  });

  it("keeps a result that two nodes read, or that is an output", () => {
    expect(
      kernelsOf((g, x) => {
        const y = g.conv(x, { out: 8 });
        return g.add(g.relu(y), g.activation(y, "sigmoid"));
      }),
    ).toEqual(["conv1", "sigmoid1+relu+add"]);
    expect(
      kernelsOf((g, x) => {
        const y = g.conv(x, { out: 8 });
        return [y, g.relu(y)];
      }),
    ).toEqual(["conv1", "relu1"]);
  });

  it("does not fuse what broadcasts the convolution's result", () => {
    const names = kernelsOf((g, x) => g.mul(x, g.conv(g.mean(x, [2, 3], { keepDims: true }), { out: 8 })));
    expect(names).toEqual(["mean1", "conv1", "mul1"]);
  });

  it("takes elementwise work into the reduction that follows", () => {
    const names = kernelsOf((g, x) => g.layerNorm(g.add(g.relu(x), g.activation(x, "silu"))));
    expect(names).toEqual(["norm1+relu+silu+add"]);
  });

  it("moves nothing for reshapes, transposes and splits", () => {
    const names = kernelsOf((g, x) => {
      const [first] = g.split(g.transpose(g.reshape(x, [1, 8, 256]), [0, 2, 1]), 2, [4, 4]);
      return g.reshape(g.linear(first as Tensor, 4), [1, 16, 16, 4]);
    });
    expect(names).toEqual(["linear1"]);
  });

  it("makes attention one kernel, with what is added to its scores", () => {
    const names = kernelsOf((g, x) => {
      const tokens = g.reshape(x, [1, 32, 64]);
      return g.add(attention(g, tokens, tokens, tokens, 4), tokens);
    });
    expect(names).toEqual(["matmul1+softmax+matmul", "add1"]);
    const biased = kernelsOf((g, x) => {
      const rows = g.reshape(x, [8, 16, 16]);
      const scores = g.add(g.matmul(rows, rows, { transposeB: true }), g.weight("bias", [16, 16]));
      return g.matmul(g.softmax(scores, 2), rows);
    });
    expect(biased).toEqual(["matmul1+add+softmax+matmul"]);
  });

  it("leaves softmax alone where its result is no matrix product's left operand", () => {
    const names = kernelsOf((g, x) => g.softmax(g.matmul(x, x), 3));
    expect(names).toEqual(["matmul1", "softmax1"]);
  });

  it("looks up rows at fixed positions when the network is loaded", () => {
    const g = new GraphBuilder("net", 2);
    const x = g.input("x", [2, 3, 16]);
    const graph = g.build([g.add(g.relu(x), g.embedding(g.indices("at", [3], [0, 1, 2]), 512, 16))]);
    const [kernel, ...others] = lower(graph).kernels;
    expect(others).toEqual([]);
    expect(kernel).toMatchObject({ name: "relu1+add", weightBytes: 3 * 16 * 4 });
  });
});

describe("concatenation", () => {
  it("is in place for what its kernels write, and goes on in the buffer it has begun", () => {
    const names = kernelsOf((g, x) => {
      const [a, b] = [g.conv(x, { out: 4 }), g.conv(x, { out: 4 })];
      const c = g.conv(g.concat([a, b], 1), { out: 4 });
      return g.relu(g.concat([a, b, c], 1));
    });
    expect(names).toEqual(["conv1", "conv2", "conv3", "relu1"]);
  });

  it("copies inputs of the network, parts, and what lies in another buffer", () => {
    const g = new GraphBuilder("net", 1);
    const x = g.input("x", [1, 8, 4, 4]);
    const [a, b] = [g.conv(x, { out: 8 }), g.conv(x, { out: 8 })];
    const first = g.concat([a, b], 1);
    const part = g.slice(b, 1, 0, 2);
    const copies = fuse(g.build([first, g.concat([b, x, part], 1)])).filter(
      ({ anchor }) => anchor.op.kind === "concat",
    );
    expect(copies.map(({ reads }) => reads)).toEqual([[b, x, part]]);
  });
});

/** What only names other addresses, and so belongs to no kernel. */
const MOVES_NOTHING = new Set(["reshape", "transpose", "split", "slice", "pad", "concat"]);

/**
 * Runs the kernels in their order; each node must find what it reads. Returns how often each node was
 * computed.
 */
function execute(graph: Graph): Map<string, number> {
  const times = new Map<string, number>();
  const known = new Set([...graph.inputs, ...graph.parameters]);
  const passOn = (): void => {
    for (const { inputs, outputs, op } of graph.nodes) {
      const fixed = inputs.every(({ role }) => role === "weight" || role === "constant");
      if ((MOVES_NOTHING.has(op.kind) || fixed) && inputs.every((input) => known.has(input)))
        for (const output of outputs) known.add(output);
    }
  };
  for (const { nodes } of fuse(graph)) {
    passOn();
    for (const node of nodes) {
      for (const input of node.inputs)
        expect(known.has(input), `${node.name} reads ${input.name}`).toBe(true);
      for (const output of node.outputs) known.add(output);
      times.set(node.name, (times.get(node.name) ?? 0) + 1);
    }
  }
  return times;
}

describe.each(networkNames())("%s", (name) => {
  it("computes every node once, in an order that works", () => {
    const graph = buildGraph(name, 1);
    const times = execute(graph);
    const computed = graph.nodes.filter(
      ({ op, inputs }) =>
        !MOVES_NOTHING.has(op.kind) && inputs.some(({ role }) => role === "activation" || role === "input"),
    );
    for (const node of computed) expect(times.get(node.name), node.name).toBe(1);
  });
});
