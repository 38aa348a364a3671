import fc from "fast-check";
import { expect, test } from "vitest";
import { random, relativeError, runKernel } from "./one-kernel.ts";

/** FP32 sums in another order than the test's FP64 ones. */
const ROUNDING = 1e-5;
const ACTIVATIONS: readonly ((x: number) => number)[] = [(x) => x, (x) => Math.max(x, 0)];

const axis = fc.record({
  extent: fc.integer({ min: 1, max: 9 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  pad: fc.integer({ min: 0, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
});
type Axis = typeof axis extends fc.Arbitrary<infer Value> ? Value : never;

const outExtent = ({ extent, kernel, stride, pad, dilation }: Axis, isTransposed: boolean): number =>
  isTransposed
    ? (extent - 1) * stride - 2 * pad + dilation * (kernel - 1) + 1
    : Math.floor((extent + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;

/** Where a tap of the kernel lies in the input for an output; null: nowhere. */
function source({ extent, stride, pad, dilation }: Axis, isTransposed: boolean, out: number, tap: number) {
  const at = isTransposed ? (out + pad - tap * dilation) / stride : out * stride - pad + tap * dilation;
  return Number.isInteger(at) && at >= 0 && at < extent ? at : null;
}

const conv = fc
  .record({
    y: axis,
    x: axis,
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    ins: fc.integer({ min: 1, max: 40 }),
    outs: fc.integer({ min: 1, max: 12 }),
    isTransposed: fc.boolean(),
    hasBias: fc.boolean(),
    relu: fc.nat(1),
    join: fc.nat(3),
    gap: fc.nat(3),
    seed: fc.nat(),
  })
  .filter(({ y, x, isTransposed }) => outExtent(y, isTransposed) > 0 && outExtent(x, isTransposed) > 0);
type Conv = typeof conv extends fc.Arbitrary<infer Value> ? Value : never;

const operandsOf = (c: Conv, height: number, width: number) => ({
  input: random(c.seed, c.batch * c.y.extent * c.x.extent * (c.groups * c.ins + c.gap) + 1),
  weight: random(c.seed + 1, c.groups * c.outs * c.y.kernel * c.x.kernel * c.ins),
  bias: random(c.seed + 2, c.groups * c.outs),
  other: random(c.seed + 3, c.batch * height * width * c.groups * c.outs),
});

/** Elements of an image's pixel, with a gap after each and one element before the first. */
const argsOf = (c: Conv, height: number, width: number) => ({
  batch: c.batch,
  groups: c.groups,
  inHeight: c.y.extent,
  inWidth: c.x.extent,
  inChannels: c.ins,
  inOffset: 1,
  inPixelStride: c.groups * c.ins + c.gap,
  outHeight: height,
  outWidth: width,
  outChannels: c.outs,
  outOffset: 2,
  outPixelStride: c.groups * c.outs + c.gap,
  otherPixelStride: c.groups * c.outs,
  kernelHeight: c.y.kernel,
  kernelWidth: c.x.kernel,
  strideY: c.y.stride,
  strideX: c.x.stride,
  padTop: c.y.pad,
  padLeft: c.x.pad,
  dilationY: c.y.dilation,
  dilationX: c.x.dilation,
  isTransposed: c.isTransposed ? 1 : 0,
  hasBias: c.hasBias ? 1 : 0,
  activation: c.relu,
  join: c.join,
  splits: 1,
});

/** What the convolution is by its formula, at (pixel, channel) of the output. */
function* naive(c: Conv, operands: ReturnType<typeof operandsOf>, height: number, width: number) {
  const activate = ACTIVATIONS[c.relu]!;
  const channels = c.groups * c.outs;
  for (let pixel = 0; pixel < c.batch * height * width; pixel++) {
    const [image, row, column] = [
      Math.floor(pixel / height / width),
      Math.floor(pixel / width) % height,
      pixel % width,
    ];
    for (let channel = 0; channel < channels; channel++) {
      let sum = c.hasBias ? operands.bias[channel]! : 0;
      for (let ky = 0; ky < c.y.kernel; ky++)
        for (let kx = 0; kx < c.x.kernel; kx++) {
          const y = source(c.y, c.isTransposed, row, ky);
          const x = source(c.x, c.isTransposed, column, kx);
          if (y === null || x === null) continue;
          const at = 1 + ((image * c.y.extent + y) * c.x.extent + x) * (c.groups * c.ins + c.gap);
          const group = Math.floor(channel / c.outs);
          for (let i = 0; i < c.ins; i++)
            sum +=
              operands.input[at + group * c.ins + i]! *
              operands.weight[((channel * c.y.kernel + ky) * c.x.kernel + kx) * c.ins + i]!;
        }
      const other = operands.other[pixel * channels + channel]!;
      const joined = [activate(sum), activate(sum + other), activate(sum) + other, activate(sum) * other];
      yield { at: 2 + pixel * (channels + c.gap) + channel, value: joined[c.join]! };
    }
  }
}

test("a convolution, transposed or not, is what its formula says, and writes nothing else", () => {
  fc.assert(
    fc.property(conv, (c) => {
      const [height, width] = [outExtent(c.y, c.isTransposed), outExtent(c.x, c.isTransposed)];
      const operands = operandsOf(c, height, width);
      const right = new Float32Array(2 + c.batch * height * width * (c.groups * c.outs + c.gap));
      const result = runKernel("conv_direct", argsOf(c, height, width), operands, right);
      for (const { at, value } of naive(c, operands, height, width)) right[at] = value;
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 60 },
  );
});

test("splits of a convolution sum to it", () => {
  fc.assert(
    fc.property(conv, fc.integer({ min: 2, max: 4 }), (any, splits) => {
      const c = { ...any, isTransposed: false, y: { ...any.y, extent: 9 }, x: { ...any.x, extent: 9 } };
      const [height, width] = [outExtent(c.y, false), outExtent(c.x, false)];
      const operands = operandsOf(c, height, width);
      const args = argsOf(c, height, width);
      const output = new Float32Array(2 + c.batch * height * width * (c.groups * c.outs + c.gap));
      const whole = runKernel("conv_f32_64x64", args, operands, output);
      // A GPU's, where parts wait for each other.
      const parts = { partial: new Float32Array(1), arrivals: new Float32Array(1) };
      const joined = runKernel("conv_f32_64x64", { ...args, splits }, { ...operands, ...parts }, output);
      expect(relativeError(joined, whole)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 40 },
  );
});

test("a depthwise convolution is a convolution of groups of one channel", () => {
  fc.assert(
    fc.property(conv, (any) => {
      const c = { ...any, isTransposed: false, ins: 1, outs: 1, groups: any.ins };
      const [height, width] = [outExtent(c.y, false), outExtent(c.x, false)];
      fc.pre(height > 0 && width > 0);
      const operands = operandsOf(c, height, width);
      const args = argsOf(c, height, width);
      const output = new Float32Array(2 + c.batch * height * width * (c.groups + c.gap));
      const right = runKernel("conv_direct", args, operands, output);
      const taps = c.y.kernel * c.x.kernel;
      const weight = operands.weight.map(
        (_, i) => operands.weight[(i % c.groups) * taps + Math.floor(i / c.groups)]!,
      );
      const result = runKernel("depthwise_f32", args, { ...operands, weight }, output);
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 40 },
  );
});

test("a prologue is a map before the convolution, an affine one after its join", () => {
  fc.assert(
    fc.property(conv, fc.boolean(), fc.boolean(), fc.nat(1), (any, isOfImage, hasShift, relu) => {
      // One pixel of the input is read for one of the output.
      const x = { ...any.x, kernel: 1, pad: 0, dilation: 1 };
      const c = { ...any, groups: 1, gap: 0, isTransposed: false, x, y: { ...x, extent: any.y.extent } };
      const [height, width] = [outExtent(c.y, false), outExtent(c.x, false)];
      const operands = operandsOf(c, height, width);
      const args = { ...argsOf(c, height, width), inOffset: 0, outOffset: 0 };
      const scale = random(c.seed + 4, c.ins * c.batch);
      const [prologueShift, gain, shift] = [5, 6, 7].map((i) => random(c.seed + i, Math.max(c.ins, c.outs)));
      const pixels = c.y.extent * c.x.extent;
      const scaled = operands.input.map((value, i) => {
        const at = isOfImage ? Math.floor(i / c.ins / pixels) * c.ins + (i % c.ins) : i % c.ins;
        return ACTIVATIONS[relu]!(value * scale[at]! + (hasShift ? prologueShift![i % c.ins]! : 0));
      });
      const output = new Float32Array(c.batch * height * width * c.outs);
      const plain = runKernel("conv_f32_64x64", args, { ...operands, input: scaled }, output);
      const prologue = {
        ...{ hasPrologue: 1, hasPrologueShift: hasShift ? 1 : 0, prologueActivation: relu },
        prologueScaleStride: isOfImage ? c.ins : 0,
      };
      const views = {
        ...operands,
        prologueScale: scale,
        prologueShift: prologueShift!,
        gain: gain!,
        shift: shift!,
      };
      const result = runKernel("conv_f32_64x64", { ...args, ...prologue, hasAffine: 1 }, views, output);
      const right = plain.map((value, i) => value * gain![i % c.outs]! + shift![i % c.outs]!);
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 40 },
  );
});
