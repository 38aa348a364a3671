/** The models that are graphs of layers. */
import { type Graph, model, modelNames } from "../../src/models/index.ts";

export const networkNames = (): string[] => modelNames().filter((name) => model(name).build !== null);

export function buildGraph(name: string, batch: number): Graph {
  const { build } = model(name);
  if (build === null) throw new Error(`${name} is no graph`);
  return build(batch);
}

/**
 * Where networks may end whose weights are many and alike: vgg19 before its linear layers, which are 120 of its 144 million parameters,
 * bert-base after four of its twelve layers.
 */
export const SHORTENED = { vgg19: "stage5.maxPool1", "bert-base": "layer3.norm2" } as const;

/** The network as far as the node of that name. */
export function upTo(graph: Graph, end: string): Graph {
  const last = graph.nodes.findIndex(({ name }) => name === end);
  if (last < 0) throw new Error(`${graph.name} has no node ${end}`);
  const nodes = graph.nodes.slice(0, last + 1);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return {
    ...graph,
    nodes,
    outputs: nodes[last]!.outputs,
    parameters: graph.parameters.filter((tensor) => read.has(tensor)),
  };
}
