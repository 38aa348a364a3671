import fc from "fast-check";
import { expect, test } from "vitest";
import { random, relativeError, runKernel } from "./one-kernel.ts";

const extent = (max: number) => fc.integer({ min: 1, max });
const dense = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));

test("gather takes whole entries; indices below 0 count from the end", () => {
  const cases = fc.record({ outer: extent(3), entries: extent(5), inner: extent(4), seed: fc.nat() });
  fc.assert(
    fc.property(
      cases,
      fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }),
      ({ outer, entries, inner, seed }, picks) => {
        const table = random(seed, outer * entries * inner);
        const indices = Int32Array.from(picks, (pick) => (pick % (2 * entries)) - entries);
        const result = runKernel(
          "gather",
          {
            ...{ extents: [1, outer, 1, picks.length, 1, inner], entries, entryStride: inner },
            ...{ "tableAt.strides": [0, entries * inner, 0, 0, 0, 1], "indicesAt.strides": [0, 0, 0, 1] },
            ...{ "indicesAt.type": 3, "outputAt.strides": dense([1, outer, 1, picks.length, 1, inner]) },
          },
          { table, indices },
          new Float32Array(outer * picks.length * inner),
        );
        const right = result.map((_, i) => {
          const pick = indices[Math.floor(i / inner) % picks.length]!;
          const entry = pick < 0 ? pick + entries : pick;
          return table[(Math.floor(i / inner / picks.length) * entries + entry) * inner + (i % inner)]!;
        });
        expect(result).toEqual(right);
      },
    ),
  );
});

test("gather reads the nearest entry for an index outside of the table", () => {
  const result = runKernel(
    "gather",
    {
      ...{ extents: [1, 1, 1, 4, 1, 1], entries: 3, entryStride: 1 },
      ...{ "indicesAt.strides": [0, 0, 0, 1], "outputAt.strides": [0, 0, 0, 1] },
    },
    { table: new Float32Array([5, 6, 7]), indices: new Int32Array([3, 99, -3, -4]) },
    new Float32Array(4),
  );
  expect([...result]).toEqual([7, 7, 5, 5]);
});

test("pad continues an axis with a constant, its edge or its reflection, and may cut", () => {
  const cases = fc.record({
    size: fc.integer({ min: 2, max: 6 }),
    before: fc.integer({ min: -1, max: 5 }),
    out: extent(12),
    mode: fc.nat(2),
    other: extent(3),
  });
  fc.assert(
    fc.property(cases, ({ size, before, out, mode, other }) => {
      const input = random(3, other * size);
      const result = runKernel(
        "pad",
        {
          ...{
            padding: mode,
            value: 9,
            extents: [1, 1, 1, 1, other, out],
            inputExtents: [1, 1, 1, 1, other, size],
          },
          before: [0, 0, 0, 0, 0, before],
          ...{ "inputAt.strides": [0, 0, 0, 0, size, 1], "outputAt.strides": [0, 0, 0, 0, out, 1] },
        },
        { input },
        new Float32Array(other * out),
      );
      // A reflection goes to and fro.
      const walk = [...Array(size).keys(), ...Array.from({ length: size - 2 }, (_, i) => size - 2 - i)];
      const right = result.map((_, i) => {
        const place = (i % out) - before;
        const row = Math.floor(i / out) * size;
        if (place >= 0 && place < size) return input[row + place]!;
        if (mode === 0) return 9;
        if (mode === 1) return input[row + (place < 0 ? 0 : size - 1)]!;
        return input[row + walk[((place % walk.length) + walk.length) % walk.length]!]!;
      });
      expect(result).toEqual(right);
    }),
  );
});

const pixels = { batch: 1, channels: 1, inHeight: 1, inPixelStride: 1, outHeight: 1, outPixelStride: 1 };

test.each([
  ["floor", 0, [0, 0, 0, 1, 1]],
  ["ceil", 1, [0, 1, 1, 1, 2]],
  ["nearest, the lower of two", 2, [0, 0, 0, 1, 1]],
  ["nearest, the upper of two", 3, [0, 0, 1, 1, 2]],
])("resize, %s", (_, resizing, right) => {
  // Places in the input: -0.1, 0.3, 0.5 (a tie), 1, 1.5 (a tie) with other scales below.
  const at = (scaleX: number, shiftX: number, outWidth: number) =>
    [
      ...runKernel(
        "resize",
        { ...pixels, resizing, inWidth: 3, outWidth, scaleX, shiftX, scaleY: 1 },
        { input: new Float32Array([0, 1, 2]) },
        new Float32Array(outWidth),
      ),
    ].at(-1);
  expect([at(0, -0.1, 1), at(0, 0.3, 1), at(0, 0.5, 1), at(0, 1, 1), at(0.5, 1, 2)]).toEqual(right);
});

test("resize, linear: between four pixels, and the edge beyond it", () => {
  const input = new Float32Array([0, 1, 10, 11]);
  const result = runKernel(
    "resize",
    {
      ...{
        batch: 1,
        channels: 1,
        inHeight: 2,
        inWidth: 2,
        inPixelStride: 1,
        outHeight: 4,
        outWidth: 4,
        outPixelStride: 1,
      },
      ...{ resizing: 4, scaleX: 0.5, shiftX: -0.25, scaleY: 0.5, shiftY: -0.25 },
    },
    { input },
    new Float32Array(16),
  );
  const share = [0, 0.25, 0.75, 1];
  expect(
    relativeError(
      result,
      share.flatMap((y) => share.map((x) => 10 * y + x)),
    ),
  ).toBeLessThan(1e-6);
});

test("pool: the most, the mean of what lies inside, and the mean of the whole window", () => {
  const cases = fc.record({
    size: extent(7),
    kernel: extent(3),
    stride: extent(3),
    pad: fc.nat(1),
    dilation: extent(2),
    mode: fc.nat(2),
    channels: extent(3),
  });
  fc.assert(
    fc.property(cases, ({ size, kernel, stride, pad, dilation, mode, channels }) => {
      fc.pre(pad < kernel && dilation * (kernel - 1) < size);
      const out = Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
      const input = random(5, 2 * size * size * channels);
      const result = runKernel(
        "pool",
        {
          ...{ batch: 2, channels, inHeight: size, inWidth: size, outHeight: out, outWidth: out },
          ...{ inPixelStride: channels, outPixelStride: channels, kernelHeight: kernel, kernelWidth: kernel },
          ...{
            strideY: stride,
            strideX: stride,
            padTop: pad,
            padLeft: pad,
            dilationY: dilation,
            dilationX: dilation,
          },
          ...{ pooling: mode === 0 ? 0 : 1, countPadding: mode === 2 ? 1 : 0 },
        },
        { input },
        new Float32Array(2 * out * out * channels),
      );
      const right = result.map((_, i) => {
        const pixel = Math.floor(i / channels);
        const [image, y, x] = [Math.floor(pixel / out / out), Math.floor(pixel / out) % out, pixel % out];
        const seen: number[] = [];
        for (let ky = 0; ky < kernel; ky++)
          for (let kx = 0; kx < kernel; kx++) {
            const [inY, inX] = [y * stride - pad + ky * dilation, x * stride - pad + kx * dilation];
            if (inY >= 0 && inY < size && inX >= 0 && inX < size)
              seen.push(input[((image * size + inY) * size + inX) * channels + (i % channels)]!);
          }
        if (mode === 0) return Math.max(...seen);
        return seen.reduce((sum, value) => sum + value, 0) / (mode === 2 ? kernel * kernel : seen.length);
      });
      expect(relativeError(result, right)).toBeLessThan(1e-6);
    }),
  );
});
