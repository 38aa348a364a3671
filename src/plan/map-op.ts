/** Elementwise work as steps over numbered values, as cpp/dnn/map.h has it; its operations as functions of numbers for what is computed while planning. */

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

const truth = (holds: boolean): number => (holds ? 1 : 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x)));

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26; off by at most 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

/** Halves go to the even neighbour. */
function roundToEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const clamp = (x: number, least: number, most: number): number => Math.min(Math.max(x, least), most);

const COMPUTE: Readonly<Record<MapOp, Compute>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  equal: (a, b) => truth(a === b),
  less: (a, b) => truth(a < b),
  lessEqual: (a, b) => truth(a <= b),
  greater: (a, b) => truth(a > b),
  greaterEqual: (a, b) => truth(a >= b),
  both: (a, b) => truth(a !== 0 && b !== 0),
  either: (a, b) => truth(a !== 0 || b !== 0),
  differ: (a, b) => truth((a !== 0) !== (b !== 0)),
  select: (a, b, c) => (a !== 0 ? b : c),
  fma: (a, b, c) => a * b + c,
  addConstant: (a, _b, _c, k) => a + k,
  mulConstant: (a, _b, _c, k) => a * k,
  powConstant: (a, _b, _c, k) => a ** k,
  minConstant: (a, _b, _c, k) => Math.min(a, k),
  maxConstant: (a, _b, _c, k) => Math.max(a, k),
  subFromConstant: (a, _b, _c, k) => k - a,
  divConstant: (a, _b, _c, k) => k / a,
  relu: (a) => Math.max(a, 0),
  relu6: (a) => clamp(a, 0, 6),
  hardswish: (a) => a * clamp(a / 6 + 0.5, 0, 1),
  hardsigmoid: (a) => clamp(a / 6 + 0.5, 0, 1),
  silu: (a) => a * sigmoid(a),
  gelu: (a) => 0.5 * a * (1 + erf(a * Math.SQRT1_2)),
  geluTanh,
  sigmoid,
  tanh: Math.tanh,
  erf,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  reciprocal: (a) => 1 / a,
  negate: (a) => -a,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundToEven,
  sign: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  softplus,
  mish: (a) => a * Math.tanh(softplus(a)),
  isNot: (a) => truth(a === 0),
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
