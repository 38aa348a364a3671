/** Conversions between types of elements, by maps without steps. */
import { expect, test } from "vitest";
import { type Elements, random, runKernel } from "./one-kernel.ts";

const TYPE = { f32: 0, f16: 1, bf16: 2, i32: 3 } as const;
type Type = keyof typeof TYPE;

function convert<Output extends Elements>(from: Type, to: Type, values: Elements, output: Output): Output {
  const strides = [0, 0, 0, 0, 0, 1];
  const args = {
    extents: [1, 1, 1, 1, 1, values.length],
    operandCount: 1,
    ...{ "operandAt[0].type": TYPE[from], "operandAt[0].strides": strides },
    ...{ "outputAt.type": TYPE[to], "outputAt.strides": strides },
  };
  return runKernel("map", args, { "operands[0]": values }, output);
}

/** Where two arrays differ first; -1: nowhere. NaN is like NaN. */
const difference = (result: Elements, right: Elements): number =>
  result.findIndex((value, i) => !Object.is(value, right[i]));

const allBits = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

/** By the definition of IEEE 754: sign, exponent and fraction. */
function numberOf(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
  const fraction = (bits & ((1 << fractionBits) - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 * bias + 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

test.each([
  ["f16", 5, 10],
  ["bf16", 8, 7],
] as const)(
  "%s: every value is read right and comes back; between two, the nearest",
  (type, exponentBits, fractionBits) => {
    const right = Float32Array.from(allBits, (bits) => numberOf(bits, exponentBits, fractionBits));
    const read = convert(type, "f32", allBits, new Float32Array(0x10000));
    expect(difference(read, right)).toBe(-1);
    const back = convert("f32", type, read, new Uint16Array(0x10000));
    const isNumber = (bits: number) => !Number.isNaN(right[bits]);
    expect(
      difference(
        back.filter((_, bits) => isNumber(bits)),
        allBits.filter(isNumber),
      ),
    ).toBe(-1);
    expect(
      convert(type, "f32", back, new Float32Array(0x10000)).filter((_, bits) => !isNumber(bits)),
    ).toSatisfy((values: Float32Array) => values.every(Number.isNaN));

    // Halfway between a value and the next one, and the floats just below and above that.
    const last = ((1 << exponentBits) - 1) << fractionBits;
    const lower = allBits.subarray(0, last - 1);
    const half = Float32Array.from(lower, (bits) => (right[bits]! + right[bits + 1]!) / 2);
    const word = new Uint32Array(half.buffer);
    const nudged = (by: number) => new Float32Array(Uint32Array.from(word, (bits) => bits + by).buffer);
    const rounded = (values: Float32Array) => convert("f32", type, values, new Uint16Array(values.length));
    expect(
      difference(
        rounded(half),
        lower.map((bits) => bits + (bits & 1)),
      ),
    ).toBe(-1);
    expect(difference(rounded(nudged(-1)), lower.slice())).toBe(-1);
    expect(
      difference(
        rounded(nudged(1)),
        lower.map((bits) => bits + 1),
      ),
    ).toBe(-1);
  },
);

test("what is larger than the largest half is infinite, from half way to the next one on", () => {
  const values = new Float32Array([65504, 65519, 65520, 1e9, -65520, Number.NEGATIVE_INFINITY]);
  const bits = [0x7bff, 0x7bff, 0x7c00, 0x7c00, 0xfc00, 0xfc00];
  expect([...convert("f32", "f16", values, new Uint16Array(6))]).toEqual(bits);
});

test("integers: copies keep every bit, floats lose what is behind the point", () => {
  const integers = new Int32Array([0, -1, 2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31)]);
  expect(convert("i32", "i32", integers, new Int32Array(5))).toEqual(integers);
  const floats = new Float32Array([1.9, -1.9, 3e9, -3e9, Number.NaN]);
  expect([...convert("f32", "i32", floats, new Int32Array(5))]).toEqual([1, -1, 2 ** 31 - 1, -(2 ** 31), 0]);
});

test("kernels convolve, pool and norm halves as they do floats", () => {
  const seen = random(1, 64);
  for (const type of ["f16", "bf16"] as const) {
    const halves = convert("f32", type, seen, new Uint16Array(64));
    const floats = convert(type, "f32", halves, new Float32Array(64));
    const args = {
      ...{ batch: 1, groups: 1, inHeight: 2, inWidth: 2, inChannels: 8, inPixelStride: 8 },
      ...{ outHeight: 2, outWidth: 2, outChannels: 4, outPixelStride: 4, kernelHeight: 1, kernelWidth: 1 },
      ...{ strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, splits: 1 },
    };
    const right = runKernel(
      "conv_f32_64x64",
      args,
      { input: floats, weight: floats.slice(32) },
      new Float32Array(16),
    );
    const result = runKernel(
      `conv_${type}_64x64`,
      { ...args, type: TYPE[type] },
      { input: halves, weight: halves.slice(32) },
      new Uint16Array(16),
    );
    expect(result).toEqual(convert("f32", type, right, new Uint16Array(16)));
  }
});
