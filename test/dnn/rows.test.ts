import fc from "fast-check";
import { expect, test } from "vitest";
import { random, relativeError, runKernel } from "./one-kernel.ts";

const ROUNDING = 1e-5;
const rows = fc.record({
  kept: fc.integer({ min: 1, max: 5 }),
  inner: fc.integer({ min: 1, max: 4 }),
  outer: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(),
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
/** In the order of cpp/dnn/rows.h. */
const REDUCTIONS: readonly ((values: readonly number[]) => number)[] = [
  sum,
  (values) => sum(values) / values.length,
  (values) => Math.max(...values),
  (values) => Math.min(...values),
  (values) => values.reduce((product, value) => product * value, 1),
  (values) => sum(values.map((x) => x * x)),
  (values) => sum(values.map(Math.abs)),
  (values) => Math.hypot(...values),
  (values) => Math.log(sum(values.map(Math.exp))),
];

test("reductions are what their names say, over axes that do not lie side by side", () => {
  fc.assert(
    fc.property(rows, fc.nat(REDUCTIONS.length - 1), ({ kept, inner, outer, seed }, reduction) => {
      // [outer][kept][inner]: outer and inner are reduced.
      const input = random(seed, outer * kept * inner);
      const result = runKernel(
        "reduce",
        {
          ...{ reduction, extents: [1, 1, 1, kept, outer, inner] },
          "inputAt.strides": [0, 0, 0, inner, kept * inner, 1],
          "outputAt.strides": [0, 0, 0, 2],
        },
        { input },
        new Float32Array(2 * kept),
      );
      const right = result.map((_, i) =>
        i % 2 === 1
          ? 0
          : REDUCTIONS[reduction]!([...input].filter((_, at) => Math.floor(at / inner) % kept === i / 2)),
      );
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 100 },
  );
});

test("softmax and its logarithm, of numbers too large for exp as well", () => {
  fc.assert(
    fc.property(rows, fc.nat(1), fc.constantFrom(1, 300), ({ kept, outer, seed }, isLog, scale) => {
      const input = random(seed, kept * outer).map((x) => x * scale);
      const at = { "inputAt.strides": [0, 0, 0, 0, 1, kept], "outputAt.strides": [0, 0, 0, 0, outer, 1] };
      const result = runKernel(
        "softmax",
        { isLog, extents: [1, 1, 1, 1, kept, outer], ...at },
        { input },
        new Float32Array(kept * outer),
      );
      const right = result.map((_, i) => {
        const row = [...input].filter((_, at) => at % kept === Math.floor(i / outer));
        const most = Math.max(...row);
        const all = sum(row.map((x) => Math.exp(x - most)));
        const x = row[i % outer]! - most;
        return isLog === 1 ? x - Math.log(all) : Math.exp(x) / all;
      });
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 60 },
  );
});

test("norms of rows, and of groups of channels with each channel's own gain", () => {
  fc.assert(
    fc.property(rows, fc.boolean(), ({ kept, inner, outer, seed }, isGrouped) => {
      // isGrouped: pixels [outer][kept groups][inner channels]; else rows [kept][outer][inner], normed over both.
      const input = random(seed, outer * kept * inner).map((x) => x + 3);
      const gain = random(seed + 1, kept * inner);
      const shift = random(seed + 2, kept * inner);
      const strides = isGrouped ? [0, 0, 0, inner, kept * inner, 1] : [0, 0, 0, outer * inner, inner, 1];
      const result = runKernel(
        "norm",
        {
          ...{ extents: [1, 1, 1, kept, outer, inner], channelsPerRow: isGrouped ? inner : 0, epsilon: 0.01 },
          ...{ "inputAt.strides": strides, "outputAt.strides": strides },
        },
        { input, gain, shift },
        new Float32Array(input.length),
      );
      const rowOf = (i: number) => (isGrouped ? Math.floor(i / inner) % kept : Math.floor(i / outer / inner));
      const right = result.map((_, i) => {
        const row = [...input].filter((_, at) => rowOf(at) === rowOf(i));
        const mean = sum(row) / row.length;
        const variance = sum(row.map((x) => (x - mean) ** 2)) / row.length;
        const channel = (isGrouped ? rowOf(i) * inner : 0) + (i % inner);
        return ((input[i]! - mean) / Math.sqrt(variance + 0.01)) * gain[channel]! + shift[channel]!;
      });
      expect(relativeError(result, right)).toBeLessThan(1e-4);
    }),
    { numRuns: 60 },
  );
});
