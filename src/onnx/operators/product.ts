/** Products of matrices. What is multiplied by weights from the right is a linear layer. */
import { elementCount, type Shape } from "../../models/graph.ts";
import type { Call, Operators } from "../call.ts";
import { broadcastShape, broadcastTo, transposed, type Value } from "../value.ts";
import { type Entry, isKnown } from "../writer.ts";

/** A known matrix the other way round; the same one for the same matrix, so that layers that share weights still do. */
const turned = new WeakMap<Value, Value>();

function turn(call: Call, matrix: Value): Value {
  const known = turned.get(matrix) ?? transposed(matrix, [1, 0]);
  turned.set(matrix, known);
  call.writer.nameAfter(known, matrix);
  return known;
}

const scaledBy = (value: Value, factor: number): Value =>
  factor === 1 ? value : { ...value, data: value.data.map((number) => number * factor) };

function gemm(call: Call): Entry {
  const { attributes } = call;
  const [alpha, beta] = [attributes.float("alpha", 1), attributes.float("beta", 1)];
  const turnedIf = (x: Entry, attribute: string): Entry =>
    attributes.int(attribute, 0) === 1 ? call.transpose(x, [1, 0]) : x;
  const a = turnedIf(call.input(0), "transA");
  const b = call.input(1);
  const c = call.optional(2);
  if (!isKnown(b) || (c !== undefined && !isKnown(c))) {
    const product = call.emit({ kind: "matmul", transposeB: false, alpha }, a, turnedIf(b, "transB"));
    if (c === undefined) return product;
    return call.emit(
      { kind: "add" },
      product,
      beta === 1 ? c : call.emit({ kind: "mul" }, c, call.float(beta)),
    );
  }
  const weight = attributes.int("transB", 0) === 1 ? b : turn(call, b);
  const out = weight.shape[0] as number;
  const linear = (...bias: Value[]): Entry =>
    call.emit({ kind: "linear" }, a, scaledBy(weight, alpha), ...bias);
  if (c === undefined) return linear();
  const isVector = elementCount(c.shape) === 1 || c.shape.slice(0, -1).every((extent) => extent === 1);
  const added = scaledBy(c, beta);
  if (!isVector) return call.emit({ kind: "add" }, linear(), added);
  if (c.shape.length === 1 && c.shape[0] === out) return linear(added);
  return linear(broadcastTo({ ...added, shape: added.shape.slice(-1) }, [out]));
}

function matMul(call: Call): Entry {
  const [left, right] = [call.input(0), call.input(1)];
  // A vector is a matrix of one row on the left, of one column on the right.
  const a = left.shape.length === 1 ? call.reshape(left, [1, ...left.shape]) : left;
  const b = right.shape.length === 1 ? call.reshape(right, [...right.shape, 1]) : right;
  const product = matrixProduct(call, a, b);
  const shape = product.shape.filter(
    (_, axis) =>
      !(left.shape.length === 1 && axis === product.shape.length - 2) &&
      !(right.shape.length === 1 && axis === product.shape.length - 1),
  );
  return call.reshape(product, shape);
}

function matrixProduct(call: Call, a: Entry, b: Entry): Entry {
  const isOneMatrix =
    b.shape.slice(0, -2).every((extent) => extent === 1) && b.shape.length <= a.shape.length;
  if (isKnown(b) && isOneMatrix) {
    const matrix = call.reshape(b, b.shape.slice(-2)) as Value;
    return call.emit({ kind: "linear" }, a, turn(call, matrix));
  }
  const op = { kind: "matmul", transposeB: false, alpha: 1 } as const;
  if (isOneMatrix && a.shape.length > 2) {
    const rows = call.reshape(a, [elementCount(a.shape.slice(0, -1)), a.shape.at(-1) as number]);
    const product = call.emit(op, rows, call.reshape(b, b.shape.slice(-2)));
    return call.reshape(product, [...a.shape.slice(0, -1), b.shape.at(-1) as number]);
  }
  const leading = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const repeated = (x: Entry): Entry => repeatLeading(call, x, leading);
  return call.emit(op, repeated(a), repeated(b));
}

/** Matrices along the leading axes, each as often as the shape says. */
function repeatLeading(call: Call, x: Entry, leading: Shape): Entry {
  return call.emit({ kind: "expand", shape: [...leading, ...x.shape.slice(-2)] }, x);
}

export const PRODUCT_OPERATORS: Operators = { Gemm: gemm, MatMul: matMul };
