/** What is known while a file is read: numbers and their shape. Shapes are computed of them, and weights are such values too. */
import type { Shape } from "../models/graph.ts";
import { elementCount } from "../models/graph.ts";

/** Floats of all widths are held as floats of 32 bits, integers of all widths as doubles, truths as 0 and 1. */
export type Kind = "float" | "integer" | "truth";
export type Numbers = Float32Array | Float64Array;

/** The largest float of 32 bits. */
export const MOST_FLOAT = 3.4028234663852886e38;

export interface Value {
  readonly kind: Kind;
  readonly shape: Shape;
  /** Row-major. */
  readonly data: Numbers;
  /** Comes from weights, so that training has made it. */
  readonly trained: boolean;
}

export function numbers(kind: Kind, count: number): Numbers {
  return kind === "float" ? new Float32Array(count) : new Float64Array(count);
}

export function makeValue(
  kind: Kind,
  shape: Shape,
  data: Numbers | readonly number[],
  trained = false,
): Value {
  const held = data instanceof Float32Array || data instanceof Float64Array ? data : null;
  const fits = held !== null && held instanceof Float32Array === (kind === "float");
  return { kind, shape, data: fits ? held : numbersFrom(kind, data), trained };
}

function numbersFrom(kind: Kind, data: ArrayLike<number>): Numbers {
  return kind === "float" ? Float32Array.from(data) : Float64Array.from(data);
}

export const integers = (data: readonly number[]): Value => makeValue("integer", [data.length], data);
export const scalar = (kind: Kind, number: number): Value => makeValue(kind, [], [number]);

/** The only number; undefined where there are several, or none. */
export const onlyNumber = (value: Value): number | undefined =>
  value.data.length === 1 ? value.data[0] : undefined;

/** Elements from entry to entry of each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  return strides;
}

/** The elements at offset + indices x strides, for all indices below `shape`, row-major. */
export function strided(data: Numbers, shape: Shape, strides: readonly number[], offset = 0): Numbers {
  const result =
    data instanceof Float32Array
      ? new Float32Array(elementCount(shape))
      : new Float64Array(elementCount(shape));
  if (result.length === 0) return result;
  const last = shape.length - 1;
  const [columns, step] = [shape[last] ?? 1, strides[last] ?? 0];
  const index: number[] = new Array(Math.max(last, 0)).fill(0);
  let from = offset;
  for (let to = 0; to < result.length; to += columns) {
    for (let column = 0; column < columns; column++)
      result[to + column] = data[from + column * step] as number;
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== shape[axis]) break;
      from -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

/** Throws where the shapes do not broadcast. */
export function broadcastShape(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes
      .map((shape) => shape[axis - rank + shape.length] ?? 1)
      .filter((extent) => extent !== 1);
    if (new Set(extents).size > 1)
      throw new Error(`shapes ${shapes.map((shape) => `[${shape}]`).join(" and ")} do not broadcast`);
    return extents[0] ?? 1;
  });
}

/** The value repeated along axes of extent 1, to a shape that it broadcasts to. */
export function broadcastTo(value: Value, shape: Shape): Value {
  if (value.shape.join() === shape.join()) return value;
  const missing = shape.length - value.shape.length;
  const own = stridesOf(value.shape);
  const strides = shape.map((_, axis) =>
    (value.shape[axis - missing] ?? 1) === 1 ? 0 : (own[axis - missing] as number),
  );
  return { ...value, shape, data: strided(value.data, shape, strides) };
}

/** Side of the squares in which matrices are turned: their rows stay in a cache. */
const SQUARE = 32;

function turnedMatrix(data: Numbers, [rows, columns]: readonly [number, number]): Numbers {
  const result = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let top = 0; top < rows; top += SQUARE)
    for (let left = 0; left < columns; left += SQUARE) {
      const [bottom, right] = [Math.min(top + SQUARE, rows), Math.min(left + SQUARE, columns)];
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++)
          result[column * rows + row] = data[row * columns + column] as number;
    }
  return result;
}

export function transposed(value: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => value.shape[axis] as number);
  const { data } = value;
  if (permutation.join() === "1,0")
    return { ...value, shape, data: turnedMatrix(data, value.shape as readonly [number, number]) };
  const strides = stridesOf(value.shape);
  const along = permutation.map((axis) => strides[axis] as number);
  return { ...value, shape, data: strided(data, shape, along) };
}
