import fc from "fast-check";
import { expect, test } from "vitest";
import { random, relativeError, runKernel } from "./one-kernel.ts";

const bool = (truth: boolean): number => (truth ? 1 : 0);
const clamp = (x: number, min: number, max: number): number => Math.min(Math.max(x, min), max);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log(1 + Math.exp(x));
/** The series of Abramowitz and Stegun, 7.1.5; enough terms for |x| < 4. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const roundHalfEven = (x: number): number => {
  const below = Math.floor(x);
  const share = x - below;
  return share < 0.5 || (share === 0.5 && below % 2 === 0) ? below : below + 1;
};

/** In the order of cpp/dnn/map.h. */
const OPS: readonly (readonly [string, (a: number, b: number, c: number, k: number) => number])[] = [
  ["add", (a, b) => a + b],
  ["sub", (a, b) => a - b],
  ["mul", (a, b) => a * b],
  ["div", (a, b) => a / b],
  ["pow", (a, b) => a ** b],
  ["min", (a, b) => Math.min(a, b)],
  ["max", (a, b) => Math.max(a, b)],
  ["equal", (a, b) => bool(a === b)],
  ["less", (a, b) => bool(a < b)],
  ["lessEqual", (a, b) => bool(a <= b)],
  ["greater", (a, b) => bool(a > b)],
  ["greaterEqual", (a, b) => bool(a >= b)],
  ["both", (a, b) => bool(a !== 0 && b !== 0)],
  ["either", (a, b) => bool(a !== 0 || b !== 0)],
  ["differ", (a, b) => bool((a !== 0) !== (b !== 0))],
  ["select", (a, b, c) => (a !== 0 ? b : c)],
  ["fma", (a, b, c) => a * b + c],
  ["addConstant", (a, _b, _c, k) => a + k],
  ["mulConstant", (a, _b, _c, k) => a * k],
  ["powConstant", (a, _b, _c, k) => a ** k],
  ["minConstant", (a, _b, _c, k) => Math.min(a, k)],
  ["maxConstant", (a, _b, _c, k) => Math.max(a, k)],
  ["subFromConstant", (a, _b, _c, k) => k - a],
  ["divConstant", (a, _b, _c, k) => k / a],
  ["relu", (a) => Math.max(a, 0)],
  ["relu6", (a) => clamp(a, 0, 6)],
  ["hardswish", (a) => a * clamp(a / 6 + 0.5, 0, 1)],
  ["hardsigmoid", (a) => clamp(a / 6 + 0.5, 0, 1)],
  ["silu", (a) => a * sigmoid(a)],
  ["gelu", (a) => 0.5 * a * (1 + erf(a / Math.SQRT2))],
  ["geluTanh", (a) => 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a ** 3)))],
  ["sigmoid", sigmoid],
  ["tanh", Math.tanh],
  ["erf", erf],
  ["exp", Math.exp],
  ["log", Math.log],
  ["sqrt", Math.sqrt],
  ["reciprocal", (a) => 1 / a],
  ["negate", (a) => -a],
  ["abs", Math.abs],
  ["floor", Math.floor],
  ["ceil", Math.ceil],
  ["round", roundHalfEven],
  ["sign", Math.sign],
  ["sin", Math.sin],
  ["cos", Math.cos],
  ["softplus", softplus],
  ["mish", (a) => a * Math.tanh(softplus(a))],
  ["isNot", (a) => bool(a === 0)],
  ["leakyRelu", (a, _b, _c, k) => (a < 0 ? k * a : a)],
  ["elu", (a, _b, _c, k) => (a < 0 ? k * (Math.exp(a) - 1) : a)],
  ["celu", (a, _b, _c, k) => Math.max(0, a) + Math.min(0, k * (Math.exp(a / k) - 1))],
];

/** Halves from -3 to 3, so that there are zeros, equal ones and ties; numbers above 0 for what is not defined below. */
const operand = (count: number, shift: number, isPositive: boolean): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const half = (((i * 7 + shift * 5) % 13) - 6) / 2;
    return isPositive ? Math.abs(half) + 0.5 : half;
  });

const row = (count: number) => ({ type: 0, strides: [0, 0, 0, 0, 0, 1], count });
const plainArgs = (operands: number, count: number) => ({
  extents: [1, 1, 1, 1, 1, count],
  operandCount: operands,
  ...Object.fromEntries(
    Array.from({ length: operands }, (_, i) => [`operandAt[${i}].strides`, row(count).strides]),
  ),
  "outputAt.strides": row(count).strides,
});

test.each(OPS.map(([name, right], op) => ({ name, right, op })))("map: $name", ({ name, right, op }) => {
  const isPositive = ["div", "pow", "powConstant", "divConstant", "log", "sqrt", "reciprocal"].includes(name);
  const count = 64;
  const [a, b, c] = [0, 1, 2].map((shift) => operand(count, shift, isPositive)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const result = runKernel(
    "map",
    {
      ...plainArgs(3, count),
      ...{
        stepCount: 1,
        "steps[0].op": op,
        "steps[0].a": 0,
        "steps[0].b": 1,
        "steps[0].c": 2,
        "steps[0].constant": 1.5,
      },
    },
    { "operands[0]": a, "operands[1]": b, "operands[2]": c },
    new Float32Array(count),
  );
  expect(
    relativeError(
      result,
      a.map((x, i) => right(x, b[i]!, c[i]!, 1.5)),
    ),
  ).toBeLessThan(1e-5);
});

test("steps read operands and earlier steps; the last one is the output", () => {
  const a = random(1, 10);
  const b = random(2, 10);
  const result = runKernel(
    "map",
    {
      ...plainArgs(2, 10),
      stepCount: 3,
      // (a * b + 2) - a
      ...{ "steps[0].op": 2, "steps[0].a": 0, "steps[0].b": 1 },
      ...{ "steps[1].op": 17, "steps[1].a": 4, "steps[1].constant": 2 },
      ...{ "steps[2].op": 1, "steps[2].a": 5, "steps[2].b": 0 },
    },
    { "operands[0]": a, "operands[1]": b },
    new Float32Array(10),
  );
  expect(
    relativeError(
      result,
      a.map((x, i) => x * b[i]! + 2 - x),
    ),
  ).toBeLessThan(1e-6);
});

test("without steps a map transposes, broadcasts and goes backwards", () => {
  const extents = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 });
  const strides = fc.array(fc.constantFrom(0, 1, 5, -2), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(extents, strides, (shape, steps) => {
      const input = random(7, 200);
      const dense = shape.map((_, axis) =>
        shape.slice(axis + 1).reduce((product, extent) => product * extent, 1),
      );
      const result = runKernel(
        "map",
        {
          extents: shape,
          operandCount: 1,
          "operandAt[0].offset": 30,
          "operandAt[0].strides": steps.map((step) => step >>> 0),
          "outputAt.strides": dense,
        },
        { "operands[0]": input },
        new Float32Array(dense[0]! * shape[0]!),
      );
      const right = result.map((_, i) => {
        const index = dense.map((stride, axis) => Math.floor(i / stride) % shape[axis]!);
        return input[30 + index.reduce((at, entry, axis) => at + entry * steps[axis]!, 0)]!;
      });
      expect(result).toEqual(right);
    }),
  );
});
