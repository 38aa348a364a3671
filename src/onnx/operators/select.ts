/** Operators that look entries up. */
import { elementCount, type Shape } from "../../models/graph.ts";
import { axisFrom, type Call, type Operators } from "../call.ts";
import { Unsupported } from "../unsupported.ts";
import { makeValue, stridesOf, type Value } from "../value.ts";
import { type Entry, isKnown } from "../writer.ts";

function gather(call: Call): Entry {
  const [x, indices] = [call.input(0), call.input(1)];
  const axis = axisFrom(call.attributes.int("axis", 0), x.shape.length);
  if (!isKnown(indices)) return call.emit({ kind: "gather", axis }, x, indices);
  const extent = x.shape[axis] as number;
  const counted = indices.data.map((index) => (index < 0 ? index + extent : index));
  if (counted.some((index) => index < 0 || index >= extent))
    throw new Unsupported(`it looks up entries that axis ${axis} of ${extent} does not have`);
  const [first = 0] = counted;
  const isRun = counted.every((index, at) => index === first + at);
  if (isKnown(x) || !isRun || counted.length === 0)
    return call.emit({ kind: "gather", axis }, x, { ...indices, data: counted });
  // Neighbours are a part of the whole.
  const part = call.emit({ kind: "slice", axis, start: first, end: first + counted.length }, x);
  return call.reshape(part, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
}

/** Entries by the places of all elements of the data, which are looked up in one row of them. */
function lookUpElements(call: Call, x: Entry, places: Value): Entry {
  const row = call.reshape(x, [elementCount(x.shape)]);
  return call.emit({ kind: "gather", axis: 0 }, row, places);
}

function gatherElements(call: Call): Entry {
  const x = call.input(0);
  const indices = call.known(1, "indices") as Value;
  const axis = axisFrom(call.attributes.int("axis", 0), x.shape.length);
  const [from, own] = [stridesOf(x.shape), stridesOf(indices.shape)];
  const extent = x.shape[axis] as number;
  const places = indices.data.map((index, at) => {
    const place = own.reduce((sum, stride, other) => {
      const along = Math.floor(at / stride) % (indices.shape[other] as number);
      return other === axis ? sum : sum + along * (from[other] as number);
    }, 0);
    return place + (index < 0 ? index + extent : index) * (from[axis] as number);
  });
  return lookUpElements(call, x, makeValue("integer", indices.shape, places));
}

/** For each entry of the last axis of the indices, its place among the first axes of the data, as if they were one. */
function placesOf({ data, shape }: Value, front: Shape): Float64Array {
  const depth = front.length;
  const strides = stridesOf(front);
  return Float64Array.from({ length: elementCount(shape.slice(0, -1)) }, (_, row) =>
    strides.reduce((sum, stride, axis) => {
      const index = data[row * depth + axis] as number;
      return sum + stride * (index < 0 ? index + (front[axis] as number) : index);
    }, 0),
  );
}

function gatherND(call: Call): Entry {
  const x = call.input(0);
  if (call.attributes.int("batch_dims", 0) !== 0) throw new Unsupported("it has batch_dims");
  const indices = call.known(1, "indices") as Value;
  const depth = indices.shape.at(-1) as number;
  const front = x.shape.slice(0, depth);
  const joined = call.reshape(x, [elementCount(front), ...x.shape.slice(depth)]);
  const places = makeValue("integer", indices.shape.slice(0, -1), placesOf(indices, front));
  return call.emit({ kind: "gather", axis: 0 }, joined, places);
}

/** The data, but for slices that the updates replace: looked up in both, one behind the other. */
function scatterND(call: Call): Entry {
  const [x, updates] = [call.input(0), call.input(2)];
  if (call.attributes.text("reduction", "none") !== "none")
    throw new Unsupported("it joins what it scatters");
  const indices = call.known(1, "indices") as Value;
  const depth = indices.shape.at(-1) as number;
  const [front, rest] = [x.shape.slice(0, depth), x.shape.slice(depth)];
  const count = elementCount(front);
  const from = Float64Array.from({ length: count }, (_, place) => place);
  placesOf(indices, front).forEach((place, row) => {
    from[place] = count + row;
  });
  const rows = (tensor: Entry): Entry =>
    call.reshape(tensor, [elementCount(tensor.shape) / elementCount(rest), ...rest]);
  const both = call.emit({ kind: "concat", axis: 0 }, rows(x), rows(updates));
  return call.reshape(
    call.emit({ kind: "gather", axis: 0 }, both, makeValue("integer", [count], from)),
    x.shape,
  );
}

export const SELECT_OPERATORS: Operators = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterND: scatterND,
};
