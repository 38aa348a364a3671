/**
 * Contents for networks that nobody trained: the same for the same names, whatever the order in which they are asked for. Weights are
 * scaled so that what every layer gives has a variance of about 1, as in He et al., "Delving Deep into Rectifiers": it neither vanishes nor
 * grows, and no half overflows. For that, mean and variance of each tensor are estimated along the graph, as if all were normal.
 */
import type { ActivationFunction, Graph, Node, Tensor } from "./graph.ts";
import { elementCount } from "./graph.ts";
import type { TensorValues, TrainedNetwork } from "./values.ts";

/** Evenly spread between center - reach and center + reach. */
interface Spread {
  readonly center: number;
  readonly reach: number;
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
}

/** Zero on average, of this standard deviation. */
const deviating = (deviation: number): Spread => ({ center: 0, reach: Math.sqrt(3) * deviation });
const momentsOf = ({ center, reach }: Spread): Moments => ({ mean: center, variance: reach ** 2 / 3 });
const meanSquare = ({ mean, variance }: Moments): number => mean ** 2 + variance;
const UNIT: Moments = { mean: 0, variance: 1 };

/** Biases, shifts, running means. */
const NEAR_ZERO = deviating(0.05);
/** Gains, running variances. */
const NEAR_ONE: Spread = { center: 1, reach: 0.1 };
/** What tokens are told apart by, so more than any shift. */
const EMBEDDED = deviating(1);

/** The network with contents that `seed` determines; constants have their own. */
export function seeded(graph: Graph, seed = 1): TrainedNetwork {
  const spreads = spreadsOf(graph);
  const values = (tensor: Tensor): TensorValues => {
    if (tensor.values !== undefined)
      return tensor.type === "int32" ? Int32Array.from(tensor.values) : Float32Array.from(tensor.values);
    const spread = spreads.get(tensor) ?? NEAR_ZERO;
    return filled(elementCount(tensor.shape), hash(tensor.name, seed), spread);
  };
  return { graph, values };
}

/** How each parameter that a node reads is spread: so that the first node to read it gives what it should. */
function spreadsOf(graph: Graph): ReadonlyMap<Tensor, Spread> {
  const parameters = new Set(graph.parameters);
  const spreads = new Map<Tensor, Spread>();
  const known = new Map<Tensor, Moments>();
  const moments = (tensor: Tensor | undefined): Moments => (tensor && known.get(tensor)) ?? UNIT;
  for (const node of graph.nodes) {
    node.inputs.forEach((tensor, index) => {
      if (!parameters.has(tensor) || tensor.values !== undefined || spreads.has(tensor)) return;
      const spread = spreadOf(node, index, meanSquare(moments(node.inputs[0])));
      spreads.set(tensor, spread);
      known.set(tensor, momentsOf(spread));
    });
    const result = resultMoments(node, node.inputs.map(moments));
    for (const output of node.outputs) known.set(output, result);
  }
  return spreads;
}

/** Of input `index` of the node, whose first input has this mean square. */
function spreadOf(node: Node, index: number, square: number): Spread {
  switch (node.op.kind) {
    case "conv":
    case "linear":
    case "convTranspose":
      return index === 1 ? deviating(1 / Math.sqrt(fanIn(node) * square)) : NEAR_ZERO;
    case "batchNorm":
      return index === 1 || index === 4 ? NEAR_ONE : NEAR_ZERO;
    case "layerNorm":
    case "groupNorm":
      return index === 1 ? NEAR_ONE : NEAR_ZERO;
    case "gather":
      return EMBEDDED;
    case "mul":
      return NEAR_ONE;
    default:
      return NEAR_ZERO;
  }
}

/** Products that a result of a convolution or of a linear layer sums. */
function fanIn({ op, inputs }: Node): number {
  const shape = inputs[1]?.shape ?? [];
  if (op.kind !== "convTranspose") return elementCount(shape.slice(1));
  const overlapping = elementCount(shape.slice(2)) / (op.stride[0] * op.stride[1]);
  return ((shape[0] ?? 1) / op.groups) * Math.max(1, overlapping);
}

/** Of max(x, 0) where x is normal. The normal distribution function is taken for a logistic one: 0.01 off at most. */
function rectified({ mean, variance }: Moments): Moments {
  const deviation = Math.sqrt(variance);
  const z = mean / deviation;
  const above = 1 / (1 + Math.exp(-1.702 * z));
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const result = mean * above + deviation * density;
  const square = (mean ** 2 + variance) * above + mean * deviation * density;
  return { mean: result, variance: Math.max(square - result ** 2, 0) };
}

function activated(name: ActivationFunction, x: Moments): Moments {
  switch (name) {
    case "relu":
    case "relu6":
    case "gelu":
    case "geluTanh":
    case "silu":
    case "hardswish":
    case "mish":
      return rectified(x);
    case "sigmoid":
    case "hardsigmoid":
      return { mean: 0.5, variance: 0.04 };
    case "tanh":
      return { mean: 0, variance: 0.4 };
    default:
      return x;
  }
}

/** Of a node's results, from those of its inputs, as if these were independent; nothing but an estimate. */
function resultMoments(node: Node, inputs: readonly Moments[]): Moments {
  const { op } = node;
  const [a = UNIT, b = UNIT] = inputs;
  switch (op.kind) {
    case "conv":
    case "linear":
    case "convTranspose":
    case "layerNorm":
    case "groupNorm":
      return UNIT;
    case "activation":
      return activated(op.function, a);
    case "add":
      return { mean: a.mean + b.mean, variance: a.variance + b.variance };
    case "sub":
      return { mean: a.mean - b.mean, variance: a.variance + b.variance };
    case "mul": {
      const mean = a.mean * b.mean;
      return { mean, variance: meanSquare(a) * meanSquare(b) - mean ** 2 };
    }
    case "matmul": {
      const depth = node.inputs[0]?.shape.at(-1) ?? 1;
      return { mean: 0, variance: depth * op.alpha ** 2 * meanSquare(a) * meanSquare(b) };
    }
    // Where rows are alike, what is mixed of them is no smaller than they are: as if each looked at one.
    case "softmax":
      return { mean: 0, variance: 1 / (node.inputs[0]?.shape[op.axis] ?? 1) };
    default:
      return a;
  }
}

/** FNV-1a of the name, begun with the seed. */
function hash(name: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed;
  for (let at = 0; at < name.length; at++) state = Math.imul(state ^ name.charCodeAt(at), 0x01000193);
  return state;
}

/** Marsaglia's xorshift of 32 bits, of which a number takes 24: what a float holds exactly. */
function filled(count: number, start: number, { center, reach }: Spread): Float32Array {
  const values = new Float32Array(count);
  const [least, step] = [center - reach, (2 * reach) / 2 ** 24];
  // Zero would stay zero.
  let state = start === 0 ? 1 : start;
  for (let at = 0; at < count; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[at] = least + (state >>> 8) * step;
  }
  return values;
}
