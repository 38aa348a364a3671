/** Operators that only shapes, masks and tables are computed with: all that they read must be known. */
import { elementCount } from "../../models/graph.ts";
import { axisFrom, type Call, type Operators } from "../call.ts";
import { tensorValue } from "../tensor-data.ts";
import { Unsupported } from "../unsupported.ts";
import {
  broadcastShape,
  broadcastTo,
  integers,
  makeValue,
  onlyNumber,
  scalar,
  stridesOf,
  type Value,
} from "../value.ts";
import type { Entry } from "../writer.ts";

function known(call: Call, index: number): Value {
  call.input(index);
  return call.known(index, `input ${index}`) as Value;
}

function shape(call: Call): Entry {
  const extents = call.shape(0);
  return integers(extents.slice(call.attributes.int("start", 0), call.attributes.int("end", extents.length)));
}

function range(call: Call): Entry {
  const [start, limit, step] = [0, 1, 2].map((index) => onlyNumber(known(call, index)) as number) as [
    number,
    number,
    number,
  ];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  return makeValue(
    known(call, 0).kind,
    [count],
    Array.from({ length: count }, (_, index) => start + index * step),
  );
}

function mod(call: Call): Entry {
  const [a, b] = [known(call, 0), known(call, 1)];
  const isC = call.attributes.int("fmod", 0) === 1;
  const extents = broadcastShape([a.shape, b.shape]);
  const [left, right] = [broadcastTo(a, extents).data, broadcastTo(b, extents).data];
  const data = left.map((number, at) => {
    const by = right[at] as number;
    return isC ? number % by : number - by * Math.floor(number / by);
  });
  return { kind: a.kind, shape: extents, data, trained: false };
}

function cumSum(call: Call): Entry {
  const x = known(call, 0);
  const axis = axisFrom(onlyNumber(known(call, 1)) ?? 0, x.shape.length);
  if (call.attributes.int("exclusive", 0) + call.attributes.int("reverse", 0) > 0)
    throw new Unsupported("it sums exclusively or backwards");
  const stride = stridesOf(x.shape)[axis] as number;
  const data = x.data.slice();
  for (let at = 0; at < data.length; at++)
    if (Math.floor(at / stride) % (x.shape[axis] as number) > 0)
      data[at] = (data[at] as number) + (data[at - stride] as number);
  return { ...x, data };
}

/** A tensor, or numbers as attributes of their own. */
function constant(call: Call): Entry {
  const { attributes, file } = call;
  const tensor = attributes.tensor("value");
  if (tensor !== undefined) return tensorValue(tensor, file, false);
  const [floats, ints] = [attributes.floats("value_floats"), attributes.ints("value_ints")];
  if (floats !== undefined) return makeValue("float", [floats.length], floats);
  if (ints !== undefined) return integers(ints);
  if (attributes.find("value_float") !== undefined)
    return scalar("float", attributes.float("value_float", 0));
  if (attributes.find("value_int") !== undefined) return scalar("integer", attributes.int("value_int", 0));
  throw new Unsupported("it is no number");
}

function constantOfShape(call: Call): Entry {
  const tensor = call.attributes.tensor("value");
  const value = tensor === undefined ? scalar("float", 0) : tensorValue(tensor, call.file, false);
  return broadcastTo({ ...value, shape: [] }, [...known(call, 0).data]);
}

/** Matrices without what lies above, or below, a diagonal. */
function trilu(call: Call): Entry {
  const x = call.input(0);
  const diagonal = onlyNumber(call.known(1, "diagonal") ?? scalar("integer", 0)) as number;
  const isUpper = call.attributes.int("upper", 1) === 1;
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const keeps = Array.from({ length: rows * columns }, (_, at) => {
    const beyond = (at % columns) - Math.floor(at / columns) - diagonal;
    return Number(isUpper ? beyond >= 0 : beyond <= 0);
  });
  const kind = call.writer.kindOf(x);
  return call.emit({ kind: "where" }, makeValue("truth", [rows, columns], keeps), x, scalar(kind, 0));
}

/** The places of what is not 0, a column each. */
function nonZero(call: Call): Entry {
  const x = known(call, 0);
  const strides = stridesOf(x.shape);
  const places = [...x.data.keys()].filter((at) => x.data[at] !== 0);
  const rows = strides.map((stride, axis) =>
    places.map((at) => Math.floor(at / stride) % (x.shape[axis] as number)),
  );
  return makeValue("integer", [rows.length, places.length], rows.flat());
}

export const KNOWN_OPERATORS: Operators = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: shape,
  Size: (call) => scalar("integer", elementCount(call.shape(0))),
  Range: range,
  Mod: mod,
  CumSum: cumSum,
  Trilu: trilu,
  NonZero: nonZero,
};
