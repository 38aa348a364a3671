/** Operations on what is known while a file is read: arithmetic of shapes, masks, tables of positions. */

import { BINARY, UNARY } from "../models/functions.ts";
import {
  BINARY_FUNCTIONS,
  type BinaryFunction,
  elementCount,
  type Op,
  type ReduceFunction,
  type Shape,
  tellsTruth,
} from "../models/graph.ts";
import {
  broadcastTo,
  type Kind,
  makeValue,
  type Numbers,
  numbers,
  strided,
  stridesOf,
  transposed,
  type Value,
} from "./value.ts";

const BINARY_KINDS: ReadonlySet<string> = new Set(BINARY_FUNCTIONS);
const isBinary = (op: Op): op is Op & { kind: BinaryFunction } => BINARY_KINDS.has(op.kind);

/** The results, of shapes that were inferred. null: nobody computes that while a file is read. */
export function evaluate(op: Op, inputs: readonly Value[], shapes: readonly Shape[]): Value[] | null {
  const [x, second, third] = inputs as [Value, Value, Value];
  const [shape] = shapes as [Shape];
  const trained = inputs.some((input) => input.trained);
  if (isBinary(op)) return [binary(op.kind, x, second, shape, trained)];
  switch (op.kind) {
    case "activation": {
      const kind = op.function === "not" ? "truth" : x.kind;
      return [makeValue(kind, shape, x.data.map(UNARY[op.function]), trained)];
    }
    case "clip":
      return [{ ...x, data: x.data.map((number) => Math.min(Math.max(number, op.min), op.max)) }];
    case "where":
      return [choose(x, second, third, shape, trained)];
    case "cast":
      return [
        makeValue(
          op.type === "int32" ? "integer" : "float",
          shape,
          op.type === "int32" ? x.data.map(Math.trunc) : x.data,
          trained,
        ),
      ];
    case "reshape":
      return [{ ...x, shape }];
    case "transpose":
      return [transposed(x, op.permutation)];
    case "expand":
      return [broadcastTo(x, shape)];
    case "slice":
      return [cut(x, op.axis, op.start, op.step ?? 1, shape)];
    case "split":
      return splitUp(x, op.axis, shapes);
    case "concat":
      return [joined(inputs, op.axis, shape, trained)];
    case "gather":
      return [gathered(x, second, op.axis, shape, trained)];
    case "reduce":
      return [reduced(x, op.function, op.axes, shape)];
    case "linear":
      return inputs.length === 2 ? [product(x, transposed(second, [1, 0]), shape, trained)] : null;
    case "matmul":
      return op.transposeB || op.alpha !== 1 || x.shape.length !== 2
        ? null
        : [product(x, second, shape, trained)];
    default:
      return null;
  }
}

function binary(name: BinaryFunction, a: Value, b: Value, shape: Shape, trained: boolean): Value {
  const of = BINARY[name];
  const kind: Kind = tellsTruth({ kind: name }) ? "truth" : a.kind;
  const isWhole = name === "div" && kind === "integer";
  const [left, right] = [broadcastTo(a, shape).data, broadcastTo(b, shape).data];
  const data = numbers(kind, left.length);
  for (let at = 0; at < data.length; at++) {
    const result = of(left[at] as number, right[at] as number);
    data[at] = isWhole ? Math.trunc(result) : result;
  }
  return { kind, shape, data, trained };
}

function choose(condition: Value, a: Value, b: Value, shape: Shape, trained: boolean): Value {
  const whole = (value: Value): Numbers => broadcastTo(value, shape).data;
  const [decides, left, right] = [whole(condition), whole(a), whole(b)];
  const data = numbers(a.kind, decides.length);
  for (let at = 0; at < data.length; at++) data[at] = (decides[at] === 0 ? right[at] : left[at]) as number;
  return { kind: a.kind, shape, data, trained };
}

/** Entries start, start + step, ... of an axis, as many as the shape has. */
function cut(x: Value, axis: number, start: number, step: number, shape: Shape): Value {
  const strides = stridesOf(x.shape);
  const stride = strides[axis] as number;
  return { ...x, shape, data: strided(x.data, shape, strides.with(axis, stride * step), start * stride) };
}

function splitUp(x: Value, axis: number, shapes: readonly Shape[]): Value[] {
  let start = 0;
  return shapes.map((shape) => {
    const piece = cut(x, axis, start, 1, shape);
    start += shape[axis] as number;
    return piece;
  });
}

function joined(inputs: readonly Value[], axis: number, shape: Shape, trained: boolean): Value {
  const first = inputs[0] as Value;
  const data = numbers(first.kind, elementCount(shape));
  const rows = elementCount(shape.slice(0, axis));
  const width = elementCount(shape.slice(axis));
  let column = 0;
  for (const input of inputs) {
    const part = elementCount(input.shape.slice(axis));
    for (let row = 0; row < rows; row++)
      data.set(input.data.subarray(row * part, (row + 1) * part), row * width + column);
    column += part;
  }
  return { kind: first.kind, shape, data, trained };
}

function gathered(x: Value, indices: Value, axis: number, shape: Shape, trained: boolean): Value {
  const entries = x.shape[axis] as number;
  const [before, size] = [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis + 1))];
  const data = numbers(x.kind, elementCount(shape));
  let to = 0;
  for (let outer = 0; outer < before; outer++)
    for (const index of indices.data) {
      const from = (outer * entries + (index < 0 ? index + entries : index)) * size;
      data.set(x.data.subarray(from, from + size), to);
      to += size;
    }
  return { kind: x.kind, shape, data, trained };
}

interface Reduction {
  readonly first: number;
  readonly join: (sum: number, x: number) => number;
  readonly last?: (sum: number, count: number) => number;
}

const REDUCTIONS: Readonly<Record<ReduceFunction, Reduction>> = {
  sum: { first: 0, join: (sum, x) => sum + x },
  mean: { first: 0, join: (sum, x) => sum + x, last: (sum, count) => sum / count },
  max: { first: Number.NEGATIVE_INFINITY, join: (most, x) => Math.max(most, x) },
  min: { first: Number.POSITIVE_INFINITY, join: (least, x) => Math.min(least, x) },
  prod: { first: 1, join: (product, x) => product * x },
  sumSquare: { first: 0, join: (sum, x) => sum + x * x },
  l1: { first: 0, join: (sum, x) => sum + Math.abs(x) },
  l2: { first: 0, join: (sum, x) => sum + x * x, last: Math.sqrt },
  logSumExp: { first: 0, join: (sum, x) => sum + Math.exp(x), last: Math.log },
};

function reduced(x: Value, name: ReduceFunction, axes: readonly number[], shape: Shape): Value {
  const { first, join, last } = REDUCTIONS[name];
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const rows = transposed(x, [...kept, ...axes]).data;
  const count = elementCount(shape);
  const length = rows.length / count;
  const data = numbers(x.kind, count);
  for (let row = 0; row < count; row++) {
    let result = first;
    for (const number of rows.subarray(row * length, (row + 1) * length)) result = join(result, number);
    data[row] = last === undefined ? result : last(result, length);
  }
  return { kind: x.kind, shape, data, trained: x.trained };
}

/** a [..., m, k] x b [k, n] */
function product(a: Value, b: Value, shape: Shape, trained: boolean): Value {
  const [depth, columns] = b.shape as [number, number];
  const data = numbers(a.kind, elementCount(shape));
  for (let at = 0; at < data.length; at++) {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++)
      sum += (a.data[row * depth + k] as number) * (b.data[k * columns + column] as number);
    data[at] = sum;
  }
  return { kind: a.kind, shape, data, trained };
}
