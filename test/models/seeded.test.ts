import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/models/builder.ts";
import type { Graph, Tensor } from "../../src/models/graph.ts";
import { seeded } from "../../src/models/seeded.ts";
import { buildGraph } from "./graphs.ts";

function parameter(graph: Graph, name: string): Tensor {
  return graph.parameters.find((tensor) => tensor.name === name) as Tensor;
}

function moments(values: ArrayLike<number>): { mean: number; square: number } {
  let [sum, squares] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    sum += values[at] as number;
    squares += (values[at] as number) ** 2;
  }
  return { mean: sum / values.length, square: squares / values.length };
}

describe("seeded contents", () => {
  const graph = buildGraph("resnet34", 1);

  it("are the same for the same name and seed, and differ between names and seeds", () => {
    const begin = (of: Graph, name: string, seed?: number): readonly number[] => [
      ...seeded(of, seed).values(parameter(of, name)).slice(0, 8),
    ];
    const first = begin(graph, "layer1.0.conv1.weight");
    expect(begin(buildGraph("resnet34", 4), "layer1.0.conv1.weight")).toEqual(first);
    expect(begin(graph, "layer1.0.conv1.weight", 2)).not.toEqual(first);
    expect(begin(graph, "layer1.1.conv1.weight")).not.toEqual(first);
  });

  it("make of what a layer reads something of variance 1", () => {
    const { values } = seeded(graph);
    const afterRelu = moments(values(parameter(graph, "layer1.0.conv2.weight")));
    expect(afterRelu.mean).toBeCloseTo(0, 3);
    expect(64 * 9 * 0.5 * afterRelu.square).toBeCloseTo(1, 1);
    const first = moments(values(parameter(graph, "conv1.weight")));
    expect(3 * 49 * first.square).toBeCloseTo(1, 1);
  });

  it("of norms keep it so", () => {
    const { values } = seeded(graph);
    const near = (name: string): readonly number[] => [...values(parameter(graph, `norm1.${name}`))];
    for (const value of [...near("gain"), ...near("variance")])
      expect(Math.abs(value - 1)).toBeLessThan(0.11);
    for (const value of [...near("shift"), ...near("mean")]) expect(Math.abs(value)).toBeLessThan(0.1);
  });

  it("leave constants what they are", () => {
    const g = new GraphBuilder("net", 1);
    const places = g.indices("places", [3], [2, 0, 1]);
    const built = g.build([g.embedding(places, 3, 4)]);
    expect(seeded(built).values(places)).toEqual(Int32Array.of(2, 0, 1));
  });
});
