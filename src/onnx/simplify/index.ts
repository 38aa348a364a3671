/**
 * Makes of the nodes that a file spells out those that the graph has a word for, so that a network that comes from a file is the one that
 * the builders write, and a planner need not know how exporters spell.
 */
import type { Node, Tensor } from "../../models/graph.ts";
import type { Value } from "../value.ts";
import type { GraphWriter } from "../writer.ts";
import { spelledActivation } from "./activations.ts";
import { Draft, needed, type Pattern } from "./draft.ts";
import { regroupedNorm, scaledNorm, spelledLayerNorm } from "./norms.ts";
import { addedBias, paddedConv, scaledOperand, scaledProduct, transposedOperand } from "./products.ts";
import { joinedReshapes, joinedTransposes, needlessExpand, negatedCondition, plainTruth } from "./views.ts";

const PATTERNS: readonly Pattern[] = [
  joinedTransposes,
  needlessExpand,
  plainTruth,
  negatedCondition,
  spelledActivation,
  spelledLayerNorm,
  regroupedNorm,
  joinedReshapes,
  scaledNorm,
  transposedOperand,
  scaledOperand,
  scaledProduct,
  addedBias,
  paddedConv,
];

export interface Simplified {
  readonly nodes: readonly Node[];
  /** In the order in which nodes first read them. */
  readonly parameters: readonly Tensor[];
  /** An output, as it is called outside. */
  readonly renamed: (output: Tensor) => Tensor;
  readonly content: (parameter: Tensor) => Value | undefined;
}

/** outputs: with their names outside. */
export function simplified(
  writer: GraphWriter,
  inputs: readonly Tensor[],
  outputs: ReadonlyMap<Tensor, string>,
): Simplified {
  const isOutput = new Set(outputs.keys());
  const draft = new Draft(writer, isOutput);
  while (draft.rewrite(PATTERNS));
  return finished(needed(draft.nodes, isOutput), writer, inputs, outputs);
}

/** The nodes with tensors of their final names and roles. */
function finished(
  nodes: readonly Node[],
  writer: GraphWriter,
  inputs: readonly Tensor[],
  outputs: ReadonlyMap<Tensor, string>,
): Simplified {
  const made = new Map<Tensor, Tensor>(inputs.map((input) => [input, input]));
  const parameters: Tensor[] = [];
  const contents = new Map<Tensor, Value>();
  const final = (tensor: Tensor, isStatistic: boolean): Tensor => {
    const known = made.get(tensor);
    if (known !== undefined) return known;
    const name = outputs.get(tensor) ?? tensor.name;
    const result: Tensor =
      isStatistic && tensor.role === "weight" ? { ...tensor, role: "statistic" } : { ...tensor, name };
    made.set(tensor, result);
    const content = writer.content(tensor);
    if (content !== undefined) {
      parameters.push(result);
      contents.set(result, content);
    }
    return result;
  };
  const finishedNodes = nodes.map((node): Node => {
    const isStatistic = (index: number): boolean => node.op.kind === "batchNorm" && index > 2;
    return {
      ...node,
      inputs: node.inputs.map((input, index) => final(input, isStatistic(index))),
      outputs: node.outputs.map((output) => final(output, false)),
    };
  });
  return {
    nodes: finishedNodes,
    parameters,
    renamed: (output) => made.get(output) as Tensor,
    content: (parameter) => contents.get(parameter),
  };
}
