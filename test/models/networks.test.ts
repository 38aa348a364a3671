import { describe, expect, it } from "vitest";
import { model, multiplyAccumulates, parameterCount } from "../../src/models/index.ts";
import { buildGraph, networkNames } from "./graphs.ts";

/**
 * Trained parameters: torchvision's tables; Hugging Face's BertModel and MobileBertModel; timm's mobilevit_s and
 * efficientformer_l1. Multiply-accumulates in G: torchvision's tables; timm's two are published as 2.0 and 1.3;
 * the BERTs' at 128 tokens are counted by hand below.
 */
const NETWORKS: readonly { name: string; parameters: number; macs: string }[] = [
  { name: "mobilenetv3-large", parameters: 5_483_032, macs: "0.22" },
  { name: "squeezenet1.1", parameters: 1_235_496, macs: "0.35" },
  { name: "shufflenetv2-x1.0", parameters: 2_278_604, macs: "0.14" },
  { name: "efficientnet-b0", parameters: 5_288_548, macs: "0.39" },
  { name: "resnet34", parameters: 21_797_672, macs: "3.66" },
  { name: "mobilebert", parameters: 24_581_888, macs: "2.69" },
  { name: "mobilevit-s", parameters: 5_578_632, macs: "2.00" },
  { name: "efficientformer-l1", parameters: 12_289_928, macs: "1.29" },
  { name: "resnet152", parameters: 60_192_808, macs: "11.51" },
  { name: "densenet161", parameters: 28_681_000, macs: "7.73" },
  { name: "vgg19", parameters: 143_667_240, macs: "19.63" },
  { name: "bert-base", parameters: 109_482_240, macs: "11.17" },
];

describe("the networks", () => {
  it("are the twelve, each by its name", () => {
    expect(networkNames()).toEqual(NETWORKS.map(({ name }) => name));
    for (const name of networkNames()) expect(buildGraph(name, 1).name).toBe(name);
  });

  it.each(NETWORKS)("$name has $parameters parameters", ({ name, parameters }) => {
    expect(parameterCount(buildGraph(name, 1))).toBe(parameters);
  });

  it.each(NETWORKS)("$name takes $macs G multiply-accumulates", ({ name, macs }) => {
    expect((multiplyAccumulates(buildGraph(name, 1)) / 1e9).toFixed(2)).toBe(macs);
  });

  it("count BERT-base's multiply-accumulates as by hand", () => {
    const perLayer = 128 * (4 * 768 * 768 + 2 * 768 * 3072) + 2 * 128 * 128 * 768;
    expect(multiplyAccumulates(buildGraph("bert-base", 1))).toBe(12 * perLayer + 768 * 768);
  });

  it("count MobileBERT's multiply-accumulates as by hand", () => {
    const linear = 2 * 512 * 128 + 2 * 128 * 128 + 512 * 128 + 128 * 128 + 4 * 2 * 128 * 512 + 128 * 512;
    const perLayer = 128 * linear + 2 * 128 * 128 * 128;
    expect(multiplyAccumulates(buildGraph("mobilebert", 1))).toBe(24 * perLayer + 128 * 384 * 512);
  });

  it.each(NETWORKS)("$name scales with its batch and keeps its parameters", ({ name, parameters }) => {
    const [one, five] = [buildGraph(name, 1), buildGraph(name, 5)];
    expect(multiplyAccumulates(five)).toBe(5 * multiplyAccumulates(one));
    expect(parameterCount(five)).toBe(parameters);
    expect(five.outputs.map(({ shape }) => shape)).toEqual(one.outputs.map(({ shape }) => shape.with(0, 5)));
  });

  it.each(NETWORKS)("$name names every node and parameter once", ({ name }) => {
    const { nodes, parameters } = buildGraph(name, 1);
    const names = [...nodes, ...parameters].map((item) => item.name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(NETWORKS)("$name lists its nodes after those whose results they read", ({ name }) => {
    const graph = buildGraph(name, 1);
    const known = new Set([...graph.inputs, ...graph.parameters]);
    for (const node of graph.nodes) {
      for (const input of node.inputs)
        expect(known.has(input), `${node.name} reads ${input.name}`).toBe(true);
      for (const output of node.outputs) known.add(output);
    }
  });
});

describe("an operator's mistake", () => {
  it("in a model's name is answered with the name that is like it, if one is", () => {
    expect(() => model("resnet43")).toThrow(/no model "resnet43"; did you mean "resnet34"\?.*bert-base/);
    expect(() => model("MobileNetV3")).toThrow(/did you mean "mobilenetv3-large"/);
    expect(() => model("cat")).toThrow(/^no model "cat" \(all: mobilenetv3-large, /);
    expect(() => model("toString")).toThrow(expect.objectContaining({ code: "noSuchModel" }));
  });

  it.each([0, -1, 1.5, Number.NaN])("batch %d is refused", (batch) => {
    expect(() => buildGraph("vgg19", batch)).toThrow(
      expect.objectContaining({
        code: "badBatch",
        message: `vgg19: batch ${batch} is not a positive integer`,
      }),
    );
  });
});
