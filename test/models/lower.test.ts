import { describe, expect, it } from "vitest";
import type { Kernel } from "../../src/core/kernel.ts";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Graph, Tensor } from "../../src/models/graph.ts";
import { elementCount, sizeBytes } from "../../src/models/graph.ts";
import { lower, multiplyAccumulates, parameterCount } from "../../src/models/index.ts";
import { buildGraph, networkNames } from "./graphs.ts";

const sum = (kernels: readonly Kernel[], of: (kernel: Kernel) => number): number =>
  kernels.reduce((total, kernel) => total + of(kernel), 0);

/**
 * Kernels of each network at any batch: most are convolutions and linear layers, counted in the papers'
 * tables.
 */
const KERNELS: Readonly<Record<string, number>> = {
  "mobilenetv3-large": 81,
  "squeezenet1.1": 30,
  "shufflenetv2-x1.0": 72,
  "efficientnet-b0": 115,
  resnet34: 39,
  mobilebert: 387,
  "mobilevit-s": 103,
  "efficientformer-l1": 58,
  resnet152: 158,
  densenet161: 247,
  vgg19: 24,
  "bert-base": 110,
};

/**
 * Elements of parameters that batch norms add to what their convolutions read, in place of gain and shift.
 */
function normElementsSaved(graph: Graph): number {
  const makers = new Map<Tensor, Graph["nodes"][number]>(
    graph.nodes.flatMap((n) => n.outputs.map((t) => [t, n])),
  );
  return graph.nodes
    .filter((node) => node.op.kind === "batchNorm")
    .reduce((saved, node) => {
      const conv = makers.get(node.inputs[0] as Tensor);
      const channels = elementCount(node.inputs[1]?.shape ?? []);
      if (conv?.op.kind !== "conv") return saved;
      return saved + channels * (conv.inputs.length > 2 ? 2 : 1);
    }, 0);
}

/**
 * Elements of tables that are not looked up: words, positions, segments; EfficientFormer's biases are spread
 * instead.
 */
const UNREAD: Readonly<Record<string, number>> = {
  "bert-base": (30522 - 128) * 768 + (512 - 128) * 768,
  mobilebert: (30522 - 128) * 128 + (512 - 128) * 512,
  "efficientformer-l1": 8 * 49 - 8 * 49 * 49,
};

describe.each(networkNames())("%s lowered", (name) => {
  const graph = buildGraph(name, 1);
  const { kernels, storedBytes, ...network } = lower(graph);

  it("has as many kernels as a compiler would launch", () => {
    expect(kernels).toHaveLength(KERNELS[name] as number);
    expect(lower(buildGraph(name, 8)).kernels).toHaveLength(KERNELS[name] as number);
  });

  it("computes its multiply-accumulates, and little beside them", () => {
    const ratio = sum(kernels, ({ flops }) => flops) / (2 * multiplyAccumulates(graph));
    expect(ratio).toBeGreaterThan(1);
    expect(ratio).toBeLessThan(1.06);
  });

  it("reads each parameter that inference needs once", () => {
    const elements = parameterCount(graph) - normElementsSaved(graph) - (UNREAD[name] ?? 0);
    expect(sum(kernels, ({ weightBytes }) => weightBytes)).toBe(4 * elements);
  });

  it("occupies what it reads, and the rest of its lookup tables", () => {
    const read = sum(kernels, ({ weightBytes }) => weightBytes);
    const trained = 4 * parameterCount(graph);
    expect(storedBytes).toBeGreaterThanOrEqual(read);
    expect(storedBytes).toBeLessThanOrEqual(trained);
    expect(storedBytes).toBeGreaterThan(0.98 * trained);
  });

  it("moves its input and output over PCIe", () => {
    expect(network).toEqual({
      name,
      batch: 1,
      inputBytes: graph.inputs.reduce((bytes, tensor) => bytes + sizeBytes(tensor), 0),
      outputBytes: graph.outputs.reduce((bytes, tensor) => bytes + sizeBytes(tensor), 0),
    });
  });

  it.each([1, 4, 16])("at batch %d has short blocks, whole numbers and consistent bytes", (batch) => {
    for (const kernel of lower(buildGraph(name, batch)).kernels) {
      const { grid, flops, weightBytes, readBytes, writtenBytes, footprintBytes } = kernel;
      expect(flops / grid, kernel.name).toBeLessThanOrEqual(3.1e6);
      expect((weightBytes + readBytes + writtenBytes) / grid, kernel.name).toBeLessThanOrEqual(256 * 1024);
      for (const value of [grid, flops, weightBytes, readBytes, writtenBytes, footprintBytes])
        expect(Number.isSafeInteger(value) && value >= 0, `${kernel.name}: ${value}`).toBe(true);
      expect(grid).toBeGreaterThan(0);
      expect(writtenBytes).toBeGreaterThan(0);
      expect(weightBytes + readBytes + writtenBytes, kernel.name).toBeGreaterThanOrEqual(
        0.7 * footprintBytes,
      );
    }
  });

  it("fits the SMs of every GPU", () => {
    for (const { threadsPerBlock, registersPerThread, sharedBytesPerBlock } of kernels) {
      expect(threadsPerBlock * registersPerThread).toBeLessThanOrEqual(65536 / 2);
      expect(sharedBytesPerBlock).toBeLessThanOrEqual(48 * 1024);
    }
  });

  it("takes batch times the operations, and no more of the parameters", () => {
    const eight = lower(buildGraph(name, 8)).kernels;
    expect(sum(eight, ({ flops }) => flops)).toBe(8 * sum(kernels, ({ flops }) => flops));
    const weights = kernels.map(({ weightBytes }) => weightBytes);
    eight.forEach((kernel, index) => {
      if (!kernel.name.startsWith("embedding")) expect(kernel.weightBytes).toBe(weights[index]);
    });
  });

  it("is the same each time", () => {
    expect(lower(buildGraph(name, 1)).kernels).toEqual(kernels);
  });
});

describe("bounds", () => {
  const boundsOf = (name: string, batch: number): Map<string, string> =>
    new Map(lower(buildGraph(name, batch)).kernels.map((kernel) => [kernel.name, kernel.bound]));

  it("are memory for what reads much and computes little", () => {
    const vgg = boundsOf("vgg19", 1);
    expect(vgg.get("linear1+relu")).toBe("memory");
    expect(vgg.get("stage1.maxPool1")).toBe("memory");
    expect(boundsOf("mobilenetv3-large", 1).get("block15.conv2+hardswish")).toBe("memory");
    expect(boundsOf("bert-base", 1).get("layer0.norm1")).toBe("memory");
  });

  it("are compute for large products", () => {
    expect(boundsOf("vgg19", 1).get("stage3.conv2+relu")).toBe("compute");
    expect(boundsOf("vgg19", 64).get("linear1+relu")).toBe("compute");
    expect(boundsOf("bert-base", 8).get("layer0.linear5+gelu")).toBe("compute");
  });
});

describe("a batch norm", () => {
  const weightBytesOf = (body: (g: GraphBuilder, x: Tensor) => Tensor): number => {
    const g = new GraphBuilder("net", 1);
    const result = body(g, g.input("x", [1, 8, 16, 16]));
    return sum(lower(g.build([result])).kernels, ({ weightBytes }) => weightBytes) / 4;
  };

  it("becomes its convolution's bias, or changes the one there is", () => {
    expect(weightBytesOf((g, x) => g.batchNorm(g.conv(x, { out: 16 })))).toBe(8 * 16 + 16);
    expect(weightBytesOf((g, x) => g.batchNorm(g.conv(x, { out: 16, bias: true })))).toBe(8 * 16 + 16);
  });

  it("is a scale and a shift elsewhere", () => {
    expect(weightBytesOf((g, x) => g.batchNorm(x))).toBe(16);
    expect(weightBytesOf((g, x) => g.batchNorm(g.relu(g.conv(x, { out: 16 }))))).toBe(8 * 16 + 32);
  });
});

describe("the listing of SqueezeNet 1.1", () => {
  it("is as it was", async () => {
    const rows = lower(buildGraph("squeezenet1.1", 1)).kernels.map((kernel) => {
      const { name, grid, threadsPerBlock, flops, weightBytes, readBytes, writtenBytes, bound } = kernel;
      return [name, `${grid}x${threadsPerBlock}`, flops, weightBytes, readBytes, writtenBytes, bound].join(
        " ",
      );
    });
    const title = "name grid flops weightBytes readBytes writtenBytes bound";
    await expect(`${[title, ...rows].join("\n")}\n`).toMatchFileSnapshot("squeezenet.kernels.txt");
  });
});
