/** What a kernel computes, and which parameters it reads. */
import { nodeMultiplyAccumulates } from "./count.ts";
import type { ActivationFunction, Node } from "./graph.ts";
import { ELEMENT_BYTES, elementCount, isElementwise } from "./graph.ts";
import type { Group } from "./lower-fuse.ts";

/**
 * Operations an element: comparisons, additions and products as one each, a division or an exponential as
 * two, erf as five. They matter little: such work is bound by memory, and next to a product it is lost.
 */
const ACTIVATION_FLOPS: Readonly<Record<ActivationFunction, number>> = {
  relu: 1,
  relu6: 2,
  hardsigmoid: 4,
  hardswish: 5,
  sigmoid: 5,
  silu: 6,
  tanh: 6,
  gelu: 8,
  geluTanh: 11,
  erf: 5,
  exp: 2,
  log: 2,
  sqrt: 2,
  reciprocal: 2,
  neg: 1,
  abs: 1,
  floor: 1,
  ceil: 1,
  round: 1,
  sign: 1,
  sin: 2,
  cos: 2,
  softplus: 5,
  mish: 12,
  not: 1,
};
/** Mean, variance, and (x - mean) x rsqrt(variance) x gain + shift, an element. */
const LAYER_NORM_FLOPS = 7;
/** Maximum, subtraction, exponential, sum and division, an element. */
const SOFTMAX_FLOPS = 7;

/** Three weighted means of two pixels. */
const LINEAR_RESIZE_FLOPS = 9;

/** Floating-point operations; a multiply-accumulate is two. */
export function groupFlops(group: Group): number {
  return group.nodes.reduce((sum, node) => sum + nodeFlops(node, group), 0);
}

function nodeFlops(node: Node, group: Group): number {
  const elements = node.outputs.reduce((sum, output) => sum + elementCount(output.shape), 0);
  switch (node.op.kind) {
    case "conv":
    case "convTranspose":
    case "linear":
    case "matmul":
      return 2 * nodeMultiplyAccumulates(node);
    case "batchNorm":
      return foldedInto(node, group) === undefined ? 2 * elements : 0;
    case "layerNorm":
    case "groupNorm":
      return LAYER_NORM_FLOPS * elements;
    case "softmax":
    case "logSoftmax":
      return SOFTMAX_FLOPS * elements;
    case "activation":
      return ACTIVATION_FLOPS[node.op.function] * elements;
    case "maxPool":
    case "avgPool":
      return node.op.kernel[0] * node.op.kernel[1] * elements;
    case "reduce":
      return elementCount(node.inputs[0]?.shape ?? []);
    case "resize":
      return node.op.mode === "linear" ? LINEAR_RESIZE_FLOPS * elements : 0;
    default:
      return isElementwise(node.op) ? elements : 0;
  }
}

/**
 * Bytes of the parameters that the kernel reads, each once; which those are where some are folded: see
 * lower.ts.
 */
export function groupWeightBytes(group: Group): number {
  return group.nodes.reduce((sum, node) => sum + nodeWeights(node, group), 0) * ELEMENT_BYTES;
}

/** Bytes that these parameters occupy in VRAM: the same, but a lookup's table is there as a whole. */
export function groupStoredBytes(group: Group): number {
  const tables = group.nodes.filter((node) => node.op.kind === "gather").flatMap((node) => node.inputs);
  const constants = tables.filter((tensor) => group.constants.has(tensor));
  const elements = constants.reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
  const others = group.nodes.filter((node) => node.op.kind !== "gather");
  return others.reduce((sum, node) => sum + nodeWeights(node, group), elements) * ELEMENT_BYTES;
}

function nodeWeights(node: Node, group: Group): number {
  const { constants } = group;
  const elements = node.inputs
    .filter((input) => constants.has(input))
    .reduce((sum, input) => sum + elementCount(input.shape), 0);
  switch (node.op.kind) {
    case "batchNorm": {
      const channels = elements / 4;
      const convolution = foldedInto(node, group);
      if (convolution === undefined) return 2 * channels;
      return convolution.inputs.length > 2 ? 0 : channels;
    }
    case "gather": {
      const [table, indices] = node.inputs;
      const entries = table?.shape[node.op.axis] ?? 1;
      const looked = Math.min(entries, elementCount(indices?.shape ?? []));
      return (elements / entries) * looked;
    }
    default:
      return elements;
  }
}

/** The convolution or linear layer whose weight takes up this batch norm. */
function foldedInto(norm: Node, group: Group): Node | undefined {
  const before = group.nodes.find((node) => node.outputs[0] === norm.inputs[0]);
  return before?.op.kind === "conv" || before?.op.kind === "linear" ? before : undefined;
}
