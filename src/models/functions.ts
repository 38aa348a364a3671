/** Functions of one and of two numbers: what they compute, for what is known before anything runs. */
import type { ActivationFunction, BinaryFunction } from "./graph.ts";

/** erf by its series of positive terms: 2 / sqrt(pi) exp(-x x) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...). */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Halves go to the even neighbour, as ONNX says. */
function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

const clamp = (x: number, least: number, most: number): number => Math.min(Math.max(x, least), most);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => (x > 20 ? x : Math.log1p(Math.exp(x)));
const hardsigmoid = (x: number): number => clamp(x / 6 + 0.5, 0, 1);

export const UNARY: Readonly<Record<ActivationFunction, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => clamp(x, 0, 6),
  hardswish: (x) => x * hardsigmoid(x),
  hardsigmoid,
  silu: (x) => x * sigmoid(x),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  sigmoid,
  tanh: Math.tanh,
  erf,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  neg: (x) => -x,
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundToEven,
  sign: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  softplus,
  mish: (x) => x * Math.tanh(softplus(x)),
  not: (x) => Number(x === 0),
};

export const BINARY: Readonly<Record<BinaryFunction, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  equal: (a, b) => Number(a === b),
  less: (a, b) => Number(a < b),
  lessOrEqual: (a, b) => Number(a <= b),
  greater: (a, b) => Number(a > b),
  greaterOrEqual: (a, b) => Number(a >= b),
  and: (a, b) => Number(a !== 0 && b !== 0),
  or: (a, b) => Number(a !== 0 || b !== 0),
  xor: (a, b) => Number((a !== 0) !== (b !== 0)),
};
