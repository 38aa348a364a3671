/** A graph's results the plainest way: every node on row-major arrays of doubles, no two nodes at once. What plans are compared with. */
import type { Node, Op, Shape, Tensor } from "../../src/models/graph.ts";
import { elementCount } from "../../src/models/graph.ts";
import type { TrainedNetwork } from "../../src/models/values.ts";

export interface Values {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

type OpOf<Kind extends Op["kind"]> = Extract<Op, { kind: Kind }>;

/** Of the outputs, by their names. `inputs` by name too. */
export function interpret(
  { graph, values }: TrainedNetwork,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
): Map<string, ArrayLike<number>> {
  const known = new Map<Tensor, Values>();
  for (const tensor of graph.inputs)
    known.set(tensor, { shape: tensor.shape, data: inputs.get(tensor.name) as ArrayLike<number> });
  for (const tensor of graph.parameters) known.set(tensor, { shape: tensor.shape, data: values(tensor) });
  for (const node of graph.nodes) {
    const results = resultsOf(
      node,
      node.inputs.map((input) => known.get(input) as Values),
    );
    node.outputs.forEach((output, index) => {
      known.set(output, { shape: output.shape, data: results[index] as number[] });
    });
  }
  return new Map(graph.outputs.map((output) => [output.name, (known.get(output) as Values).data]));
}

/** Calls `visit` with each index of the shape, row-major. */
function each(shape: Shape, visit: (index: readonly number[]) => void): void {
  const index = shape.map(() => 0);
  for (let left = elementCount(shape); left > 0; left--) {
    visit(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
}

const at = ({ shape, data }: Values, index: readonly number[]): number =>
  data[shape.reduce((place, extent, axis) => place * extent + (index[axis] as number), 0)] as number;

/** As in broadcasting. */
const wide = (values: Values, index: readonly number[]): number =>
  at(
    values,
    values.shape.map((extent, axis) =>
      extent === 1 ? 0 : (index[axis + index.length - values.shape.length] as number),
    ),
  );

function filled(shape: Shape, of: (index: readonly number[]) => number): number[] {
  const result: number[] = [];
  each(shape, (index) => result.push(of(index)));
  return result;
}

function resultsOf(node: Node, inputs: readonly Values[]): number[][] {
  const shape = (node.outputs[0] as Tensor).shape;
  const { op } = node;
  const [x, y, z] = inputs as [Values, Values, Values];
  if (op.kind === "split")
    return splitResults(
      op,
      x,
      node.outputs.map((output) => output.shape),
    );
  if (op.kind === "softmax") return [softmax(op.axis, x)];
  if (op.kind === "layerNorm") return [layerNorm(op.epsilon, x, y, z)];
  if (op.kind === "reshape") return [Array.from(x.data)];
  return [filled(shape, elementOf(op, inputs, shape))];
}

type Element = (index: readonly number[]) => number;

function elementOf(op: Op, inputs: readonly Values[], shape: Shape): Element {
  const [x, y] = inputs as [Values, Values];
  switch (op.kind) {
    case "conv":
      return convElement(op, inputs);
    case "linear":
      return linearElement(inputs);
    case "matmul":
      return matmulElement(op, x, y);
    case "batchNorm":
      return normElement(op, inputs);
    case "activation":
      return (index) => activated(op.function, at(x, index));
    case "add":
      return (index) => wide(x, index) + wide(y, index);
    case "sub":
      return (index) => wide(x, index) - wide(y, index);
    case "mul":
      return (index) => wide(x, index) * wide(y, index);
    case "maxPool":
    case "avgPool":
      return pooledElement(op, x);
    case "reduce":
      return meanElement(op, x);
    case "gather":
      return (index) => {
        const rank = y.shape.length;
        const entry = at(y, index.slice(op.axis, op.axis + rank));
        return at(x, [...index.slice(0, op.axis), entry, ...index.slice(op.axis + rank)]);
      };
    case "concat":
      return (index) => {
        let place = index[op.axis] as number;
        const piece = inputs.find(({ shape: own }) => {
          if (place < (own[op.axis] as number)) return true;
          place -= own[op.axis] as number;
          return false;
        }) as Values;
        return at(piece, index.with(op.axis, place));
      };
    case "slice":
      return (index) => at(x, index.with(op.axis, op.start + (index[op.axis] as number) * (op.step ?? 1)));
    case "pad":
      return (index) => {
        const inner = index.map((place, axis) => place - (op.before[axis] as number));
        return inner.some((place, axis) => place < 0 || place >= (x.shape[axis] as number))
          ? 0
          : at(x, inner);
      };
    case "transpose":
      return (index) =>
        at(
          x,
          op.permutation.map((_, axis) => index[op.permutation.indexOf(axis)] as number),
        );
    default:
      throw new Error(`${op.kind} of [${shape.join()}] is not interpreted`);
  }
}

function convElement(op: OpOf<"conv">, [x, weight, bias]: readonly Values[]): Element {
  const [, perGroup = 1, height = 1, width = 1] = weight?.shape ?? [];
  const outPerGroup = (weight?.shape[0] as number) / op.groups;
  return ([n = 0, o = 0, row = 0, column = 0]) => {
    let sum = bias === undefined ? 0 : at(bias, [o]);
    const first = Math.floor(o / outPerGroup) * perGroup;
    for (let c = 0; c < perGroup; c++)
      for (let ky = 0; ky < height; ky++)
        for (let kx = 0; kx < width; kx++) {
          const y = row * op.stride[0] - op.padding[0] + ky * op.dilation[0];
          const xx = column * op.stride[1] - op.padding[1] + kx * op.dilation[1];
          if (y < 0 || xx < 0 || y >= (x?.shape[2] as number) || xx >= (x?.shape[3] as number)) continue;
          sum += at(x as Values, [n, first + c, y, xx]) * at(weight as Values, [o, c, ky, kx]);
        }
    return sum;
  };
}

function linearElement([x, weight, bias]: readonly Values[]): Element {
  return (index) => {
    const o = index.at(-1) as number;
    let sum = bias === undefined ? 0 : at(bias, [o]);
    const inner = weight?.shape[1] as number;
    for (let k = 0; k < inner; k++)
      sum += at(x as Values, [...index.slice(0, -1), k]) * at(weight as Values, [o, k]);
    return sum;
  };
}

function matmulElement({ transposeB, alpha }: OpOf<"matmul">, a: Values, b: Values): Element {
  return (index) => {
    const [row, column] = index.slice(-2) as [number, number];
    const before = index.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < (a.shape.at(-1) as number); k++)
      sum += at(a, [...before, row, k]) * at(b, transposeB ? [...before, column, k] : [...before, k, column]);
    return alpha * sum;
  };
}

function normElement({ epsilon }: OpOf<"batchNorm">, inputs: readonly Values[]): Element {
  const [x, gain, shift, mean, variance] = inputs as [Values, Values, Values, Values, Values];
  return (index) => {
    const c = [index[1] as number];
    return ((at(x, index) - at(mean, c)) / Math.sqrt(at(variance, c) + epsilon)) * at(gain, c) + at(shift, c);
  };
}

function activated(name: string, x: number): number {
  switch (name) {
    case "relu":
      return Math.max(x, 0);
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    case "silu":
      return x / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh(x);
    case "hardswish":
      return (x * Math.min(Math.max(x + 3, 0), 6)) / 6;
    default:
      throw new Error(`${name} is not interpreted`);
  }
}

function pooledElement(op: OpOf<"maxPool" | "avgPool">, x: Values): Element {
  return ([n = 0, c = 0, row = 0, column = 0]) => {
    const seen: number[] = [];
    for (let ky = 0; ky < op.kernel[0]; ky++)
      for (let kx = 0; kx < op.kernel[1]; kx++) {
        const y = row * op.stride[0] - op.padding[0] + ky;
        const xx = column * op.stride[1] - op.padding[1] + kx;
        if (y >= 0 && xx >= 0 && y < (x.shape[2] as number) && xx < (x.shape[3] as number))
          seen.push(at(x, [n, c, y, xx]));
      }
    if (op.kind === "maxPool") return Math.max(...seen);
    const count = op.countPadding ? op.kernel[0] * op.kernel[1] : seen.length;
    return seen.reduce((sum, value) => sum + value, 0) / count;
  };
}

function meanElement(op: OpOf<"reduce">, x: Values): Element {
  if (op.function !== "mean") throw new Error(`${op.function} is not interpreted`);
  const kept = [...x.shape.keys()].filter((axis) => !op.axes.includes(axis));
  const inner = op.axes.map((axis) => x.shape[axis] as number);
  return (index) => {
    const outer = op.keepDims ? kept.map((axis) => index[axis] as number) : index;
    let sum = 0;
    each(inner, (places) => {
      const whole = x.shape.map(
        (_, axis) =>
          (op.axes.includes(axis) ? places[op.axes.indexOf(axis)] : outer[kept.indexOf(axis)]) as number,
      );
      sum += at(x, whole);
    });
    return sum / elementCount(inner);
  };
}

function splitResults(op: OpOf<"split">, x: Values, shapes: readonly Shape[]): number[][] {
  let start = 0;
  return shapes.map((shape) => {
    const first = start;
    start += shape[op.axis] as number;
    return filled(shape, (index) => at(x, index.with(op.axis, first + (index[op.axis] as number))));
  });
}

function softmax(axis: number, x: Values): number[] {
  const length = x.shape[axis] as number;
  return filled(x.shape, (index) => {
    let sum = 0;
    for (let k = 0; k < length; k++) sum += Math.exp(at(x, index.with(axis, k)) - at(x, index));
    return 1 / sum;
  });
}

function layerNorm(epsilon: number, x: Values, gain: Values, shift: Values): number[] {
  const width = x.shape.at(-1) as number;
  const result: number[] = [];
  for (let row = 0; row * width < x.data.length; row++) {
    const values = Array.from({ length: width }, (_, k) => x.data[row * width + k] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / width;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    values.forEach((value, k) => {
      result.push(((value - mean) / Math.sqrt(variance + epsilon)) * at(gain, [k]) + at(shift, [k]));
    });
  }
  return result;
}
