/** Elementwise work as steps over numbered values, as cpp/dnn/map.h has it; its operations as functions of numbers for what is computed while planning. */
import { BINARY, UNARY } from "../models/functions.ts";

/** In the order of map.h's MapOp. */
export const MAP_OPS = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "min",
  "max",
  "equal",
  "less",
  "lessEqual",
  "greater",
  "greaterEqual",
  "both",
  "either",
  "differ",
  "select",
  "fma",
  "addConstant",
  "mulConstant",
  "powConstant",
  "minConstant",
  "maxConstant",
  "subFromConstant",
  "divConstant",
  "relu",
  "relu6",
  "hardswish",
  "hardsigmoid",
  "silu",
  "gelu",
  "geluTanh",
  "sigmoid",
  "tanh",
  "erf",
  "exp",
  "log",
  "sqrt",
  "reciprocal",
  "negate",
  "abs",
  "floor",
  "ceil",
  "round",
  "sign",
  "sin",
  "cos",
  "softplus",
  "mish",
  "isNot",
  "leakyRelu",
  "elu",
  "celu",
] as const;
export type MapOp = (typeof MAP_OPS)[number];

export const MOST_OPERANDS = 4;
export const MOST_STEPS = 16;

/** Values are numbered: operands first (0 ... MOST_OPERANDS - 1), then the results of the steps; the last one is the output. */
export interface MapStep {
  readonly op: MapOp;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly constant: number;
}

export const step = (op: MapOp, a: number, b = 0, c = 0, constant = 0): MapStep => ({
  op,
  a,
  b,
  c,
  constant,
});
export const withConstant = (op: MapOp, a: number, constant: number): MapStep => step(op, a, 0, 0, constant);

type Compute = (a: number, b: number, c: number, k: number) => number;

const COMPUTE: Readonly<Record<MapOp, Compute>> = {
  add: BINARY.add,
  sub: BINARY.sub,
  mul: BINARY.mul,
  div: BINARY.div,
  pow: BINARY.pow,
  min: BINARY.min,
  max: BINARY.max,
  equal: BINARY.equal,
  less: BINARY.less,
  lessEqual: BINARY.lessOrEqual,
  greater: BINARY.greater,
  greaterEqual: BINARY.greaterOrEqual,
  both: BINARY.and,
  either: BINARY.or,
  differ: BINARY.xor,
  select: (a, b, c) => (a !== 0 ? b : c),
  fma: (a, b, c) => a * b + c,
  addConstant: (a, _b, _c, k) => a + k,
  mulConstant: (a, _b, _c, k) => a * k,
  powConstant: (a, _b, _c, k) => a ** k,
  minConstant: (a, _b, _c, k) => Math.min(a, k),
  maxConstant: (a, _b, _c, k) => Math.max(a, k),
  subFromConstant: (a, _b, _c, k) => k - a,
  divConstant: (a, _b, _c, k) => k / a,
  relu: UNARY.relu,
  relu6: UNARY.relu6,
  hardswish: UNARY.hardswish,
  hardsigmoid: UNARY.hardsigmoid,
  silu: UNARY.silu,
  gelu: UNARY.gelu,
  geluTanh: UNARY.geluTanh,
  sigmoid: UNARY.sigmoid,
  tanh: UNARY.tanh,
  erf: UNARY.erf,
  exp: UNARY.exp,
  log: UNARY.log,
  sqrt: UNARY.sqrt,
  reciprocal: UNARY.reciprocal,
  negate: UNARY.neg,
  abs: UNARY.abs,
  floor: UNARY.floor,
  ceil: UNARY.ceil,
  round: UNARY.round,
  sign: UNARY.sign,
  sin: UNARY.sin,
  cos: UNARY.cos,
  softplus: UNARY.softplus,
  mish: UNARY.mish,
  isNot: UNARY.not,
  leakyRelu: (a, _b, _c, k) => (a < 0 ? k * a : a),
  elu: (a, _b, _c, k) => (a < 0 ? k * Math.expm1(a) : a),
  celu: (a, _b, _c, k) => Math.max(a, 0) + Math.min(0, k * Math.expm1(a / k)),
};

/** The chain's result for these operands. */
export function computeSteps(steps: readonly MapStep[], operands: readonly number[]): number {
  const values = [...operands, ...new Array<number>(MOST_OPERANDS - operands.length).fill(0)];
  for (const { op, a, b, c, constant } of steps)
    values.push(COMPUTE[op](values[a] as number, values[b] as number, values[c] as number, constant));
  return steps.length === 0 ? (operands[0] as number) : (values.at(-1) as number);
}
