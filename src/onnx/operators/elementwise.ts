/** Operators whose results come element by element. */
import type { ActivationFunction, BinaryFunction } from "../../models/graph.ts";
import type { Call, Operator, Operators } from "../call.ts";
import { DATA_TYPE } from "../proto.ts";
import { kindOf } from "../tensor-data.ts";
import { Unsupported } from "../unsupported.ts";
import { MOST_FLOAT, onlyNumber } from "../value.ts";
import { type Entry, isKnown } from "../writer.ts";

const activation =
  (name: ActivationFunction): Operator =>
  (call) =>
    call.emit({ kind: "activation", function: name }, call.input(0));

const binary =
  (kind: BinaryFunction): Operator =>
  (call) =>
    call.emit({ kind }, call.input(0), call.input(1));

/** Of any number of operands. */
const folded =
  (kind: BinaryFunction): Operator =>
  (call) =>
    call.inputs().reduce((result, next) => call.emit({ kind }, result, next));

const not = (call: Call, x: Entry): Entry => call.emit({ kind: "activation", function: "not" }, x);

const ROUGHLY = 1e-4;

/** Attribute or input, of which the latter must be known. */
function bound(call: Call, index: number, attribute: string, otherwise: number): number {
  const value = call.known(index, attribute);
  return (value === undefined ? undefined : onlyNumber(value)) ?? call.attributes.float(attribute, otherwise);
}

function clip(call: Call): Entry {
  const x = call.input(0);
  const limit = (number: number): number => Math.min(Math.max(number, -MOST_FLOAT), MOST_FLOAT);
  const [min, max] = [limit(bound(call, 1, "min", -MOST_FLOAT)), limit(bound(call, 2, "max", MOST_FLOAT))];
  if (min === 0 && max === 6) return call.emit({ kind: "activation", function: "relu6" }, x);
  if (min === 0 && max === MOST_FLOAT) return call.emit({ kind: "activation", function: "relu" }, x);
  return call.emit({ kind: "clip", min, max }, x);
}

/** max(0, min(1, alpha x + beta)); the graph has that of slope 1/6 and offset 1/2. */
function hardSigmoid(call: Call): Entry {
  const [alpha, beta] = [call.attributes.float("alpha", 0.2), call.attributes.float("beta", 0.5)];
  const x = call.input(0);
  if (Math.abs(alpha - 1 / 6) < ROUGHLY && beta === 0.5)
    return call.emit({ kind: "activation", function: "hardsigmoid" }, x);
  const line = call.emit({ kind: "add" }, call.emit({ kind: "mul" }, x, call.float(alpha)), call.float(beta));
  return call.emit({ kind: "clip", min: 0, max: 1 }, line);
}

const gelu: Operator = (call) => {
  const isApproximate = call.attributes.text("approximate", "none") === "tanh";
  return call.emit({ kind: "activation", function: isApproximate ? "geluTanh" : "gelu" }, call.input(0));
};

function prelu(call: Call): Entry {
  const [x, slope] = [call.input(0), call.input(1)];
  const known = isKnown(slope) ? onlyNumber(slope) : undefined;
  if (known !== undefined) return call.emit({ kind: "leakyRelu", slope: known }, x);
  const below = call.emit({ kind: "mul" }, call.emit({ kind: "min" }, x, call.float(0)), slope);
  return call.emit({ kind: "add" }, call.emit({ kind: "activation", function: "relu" }, x), below);
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

function selu(call: Call): Entry {
  const slope = call.attributes.float("alpha", SELU_ALPHA);
  const elu = call.emit({ kind: "elu", slope }, call.input(0));
  return call.emit({ kind: "mul" }, elu, call.float(call.attributes.float("gamma", SELU_GAMMA)));
}

/** elu(x / alpha) * alpha, of slope 1. */
function celu(call: Call): Entry {
  const alpha = call.attributes.float("alpha", 1);
  const scaled = call.emit({ kind: "mul" }, call.input(0), call.float(1 / alpha));
  return call.emit({ kind: "mul" }, call.emit({ kind: "elu", slope: 1 }, scaled), call.float(alpha));
}

function cast(call: Call, dataType: number): Entry {
  const x = call.input(0);
  const [from, to] = [call.writer.kindOf(x), kindOf(dataType)];
  if (to === undefined) throw new Unsupported(`it casts to elements of type ${dataType}`);
  if (from === to) return x;
  if (to === "truth") return not(call, not(call, x));
  if (from === "truth" && to === "integer") return isKnown(x) ? { ...x, kind: "integer" } : x;
  return call.emit({ kind: "cast", type: to === "float" ? "float32" : "int32" }, x);
}

function castLike(call: Call): Entry {
  const like = { float: DATA_TYPE.float, integer: DATA_TYPE.int32, truth: DATA_TYPE.bool } as const;
  return cast(call, like[call.writer.kindOf(call.input(1))]);
}

/** Whole numbers are divided as in C. */
function div(call: Call): Entry {
  const [a, b] = [call.input(0), call.input(1)];
  if (call.writer.kindOf(a) !== "float" && !(isKnown(a) && isKnown(b)))
    throw new Unsupported("it divides integers that are computed at run time");
  return call.emit({ kind: "div" }, a, b);
}

/** Only NaN differs from itself. */
function isNaNOf(call: Call): Entry {
  return not(call, call.emit({ kind: "equal" }, call.input(0), call.input(0)));
}

export const ELEMENTWISE_OPERATORS: Operators = {
  Relu: activation("relu"),
  HardSwish: activation("hardswish"),
  Sigmoid: activation("sigmoid"),
  Tanh: activation("tanh"),
  Erf: activation("erf"),
  Exp: activation("exp"),
  Log: activation("log"),
  Sqrt: activation("sqrt"),
  Reciprocal: activation("reciprocal"),
  Neg: activation("neg"),
  Abs: activation("abs"),
  Floor: activation("floor"),
  Ceil: activation("ceil"),
  Round: activation("round"),
  Sign: activation("sign"),
  Sin: activation("sin"),
  Cos: activation("cos"),
  Softplus: activation("softplus"),
  Mish: activation("mish"),
  Not: activation("not"),
  Gelu: gelu,
  HardSigmoid: hardSigmoid,
  Clip: clip,
  LeakyRelu: (call) =>
    call.emit({ kind: "leakyRelu", slope: call.attributes.float("alpha", 0.01) }, call.input(0)),
  Elu: (call) => call.emit({ kind: "elu", slope: call.attributes.float("alpha", 1) }, call.input(0)),
  Selu: selu,
  Celu: celu,
  PRelu: prelu,
  Add: binary("add"),
  Sub: binary("sub"),
  Mul: binary("mul"),
  Div: div,
  Pow: binary("pow"),
  Min: folded("min"),
  Max: folded("max"),
  Sum: folded("add"),
  Equal: binary("equal"),
  Less: binary("less"),
  LessOrEqual: binary("lessOrEqual"),
  Greater: binary("greater"),
  GreaterOrEqual: binary("greaterOrEqual"),
  And: binary("and"),
  Or: binary("or"),
  Xor: binary("xor"),
  IsNaN: isNaNOf,
  Where: (call) => call.emit({ kind: "where" }, call.input(0), call.input(1), call.input(2)),
  Cast: (call) => cast(call, call.attributes.int("to", 0)),
  CastLike: castLike,
  Identity: (call) => call.input(0),
  Dropout: (call) => call.input(0),
};
