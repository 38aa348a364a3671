/** What a network weighs and costs, in the units that papers use. */
import type { Graph, Node } from "./graph.ts";
import { elementCount } from "./graph.ts";

/**
 * Trained parameters. Batch norm's running mean and variance are not among them, as in torchvision's tables.
 */
export function parameterCount(graph: Graph): number {
  return graph.parameters
    .filter((tensor) => tensor.role === "weight")
    .reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
}

/** Multiply-accumulates of convolutions, linear layers and matrix products, for the whole batch. */
export function multiplyAccumulates(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeMultiplyAccumulates(node), 0);
}

export function nodeMultiplyAccumulates(node: Node): number {
  const results = node.outputs.reduce((sum, output) => sum + elementCount(output.shape), 0);
  const [x, weight] = node.inputs;
  switch (node.op.kind) {
    case "conv":
      return results * elementCount((weight?.shape ?? []).slice(1));
    case "convTranspose":
      return elementCount(x?.shape ?? []) * elementCount((weight?.shape ?? []).slice(1));
    case "linear":
    case "matmul":
      return results * (x?.shape.at(-1) ?? 0);
    default:
      return 0;
  }
}
