/** Networks of the builders, written and read again: the graph is the same but for names, and the weights are where they were. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Graph, Node, Op, Tensor } from "../../src/models/graph.ts";
import { elementCount } from "../../src/models/graph.ts";
import type { TensorValues } from "../../src/models/values.ts";
import { writeOnnx } from "../../src/onnx/export.ts";
import { importOnnx } from "../../src/onnx/import.ts";
import { buildGraph, networkNames, SHORTENED, upTo } from "../models/graphs.ts";
import { folder } from "./models.ts";

/**
 * The graph as a file's reader makes it: what is looked up in a table at fixed places is looked up at once. With it, the table that each
 * result comes from.
 */
function lookedUp(graph: Graph): { readonly graph: Graph; readonly tableOf: ReadonlyMap<Tensor, Tensor> } {
  const parameters = new Set(graph.parameters);
  const tableOf = new Map<Tensor, Tensor>();
  const results = new Map<Tensor, Tensor>();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const [table] = node.inputs as readonly [Tensor];
    if (!node.inputs.every((input) => parameters.has(input)))
      return [{ ...node, inputs: node.inputs.map((input) => results.get(input) ?? input) }];
    const result: Tensor = { ...(node.outputs[0] as Tensor), role: "weight" };
    results.set(node.outputs[0] as Tensor, result);
    tableOf.set(result, table);
    return [];
  });
  return { graph: { ...graph, nodes, parameters: [...graph.parameters, ...tableOf.keys()] }, tableOf };
}

/** The parameters in the order in which nodes read them. */
function parametersInOrder(graph: Graph): Tensor[] {
  const parameters = new Set(graph.parameters);
  return [...new Set(graph.nodes.flatMap((node) => node.inputs))].filter((tensor) => parameters.has(tensor));
}

/** Files hold floats of 32 bits. */
const rounded = (op: Op): Op =>
  Object.fromEntries(
    Object.entries(op).map(([key, value]) => [key, typeof value === "number" ? Math.fround(value) : value]),
  ) as Op;

/** The graph with numbers in place of names: tensors in the order in which nodes read and write them. */
function withoutNames(graph: Graph) {
  const numbers = new Map<Tensor, number>(graph.inputs.map((input, index) => [input, index]));
  const described: unknown[] = [];
  const numberOf = (tensor: Tensor): number => {
    const known = numbers.get(tensor);
    if (known !== undefined) return known;
    const { name: _, ...rest } = tensor;
    described.push(rest);
    numbers.set(tensor, numbers.size);
    return numbers.size - 1;
  };
  const nodes = graph.nodes.map(({ op, inputs, outputs }) => ({
    op: rounded(op),
    inputs: inputs.map(numberOf),
    outputs: outputs.map(numberOf),
  }));
  return { nodes, tensors: described, outputs: graph.outputs.map(numberOf), batch: graph.batch };
}

/** Each parameter is filled with a number of its own, so that a mistaken one shows; matrices have another first entry. */
function marked(graph: Graph): (tensor: Tensor) => TensorValues {
  return (tensor) => {
    if (tensor.values !== undefined) return Int32Array.from(tensor.values);
    const values = new Float32Array(elementCount(tensor.shape)).fill(graph.parameters.indexOf(tensor));
    values[0] = -1;
    return values;
  };
}

describe("written and read again", () => {
  it.each(networkNames())("%s is the same", (name) => {
    const end = (SHORTENED as Readonly<Record<string, string>>)[name];
    const whole = buildGraph(name, 2);
    const graph = end === undefined ? whole : upTo(whole, end);
    const values = marked(graph);
    const file = join(folder, `${name}.onnx`);
    try {
      // Weights in a file of their own: at no time are all of them in memory twice.
      writeOnnx({ graph, values }, file, { mostInlineBytes: 0 });
      const again = importOnnx(file, { name });
      const { graph: expectedGraph, tableOf } = lookedUp(graph);
      expect(withoutNames(again.graph)).toEqual(withoutNames(expectedGraph));
      expect(again.graph.inputs.map((input) => input.name)).toEqual(graph.inputs.map((input) => input.name));
      expect(again.graph.outputs.map((output) => output.name)).toEqual(
        graph.outputs.map((output) => output.name),
      );
      const [before, after] = [parametersInOrder(expectedGraph), parametersInOrder(again.graph)];
      before.forEach((tensor, index) => {
        const [expected, found] = [values(tableOf.get(tensor) ?? tensor), again.values(after[index]!)];
        expect(found.length).toBe(elementCount(tensor.shape));
        for (const at of [0, 1, -1]) expect(found.at(at)).toBe(expected.at(at));
      });
    } finally {
      for (const written of [file, `${file}.data`]) rmSync(written, { force: true });
    }
  });
});
