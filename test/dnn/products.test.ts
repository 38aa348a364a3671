import fc from "fast-check";
import { expect, test } from "vitest";
import { random, relativeError, runKernel } from "./one-kernel.ts";

const ROUNDING = 1e-5;
const extent = (max: number) => fc.integer({ min: 1, max });

test("a matrix product is what its formula says, whatever the strides", () => {
  const cases = fc.record({
    rows: extent(9),
    columns: extent(17),
    depth: extent(33),
    products: extent(3),
    isTransposed: fc.boolean(),
    isShared: fc.boolean(),
    join: fc.nat(3),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ rows, columns, depth, products, isTransposed, isShared, join, seed }) => {
      const a = random(seed, products * rows * depth);
      const b = random(seed + 1, (isShared ? 1 : products) * depth * columns);
      const other = random(seed + 2, products * rows * columns);
      const [bDepthStride, bColumnStride] = isTransposed ? [1, depth] : [columns, 1];
      const result = runKernel(
        "matmul_f32",
        {
          extents: [1, 1, 1, products],
          ...{ rows, columns, depth, join, alpha: 0.5, activation: 1 },
          ...{ aStrides: [0, 0, 0, rows * depth], aRowStride: depth, aDepthStride: 1 },
          ...{ bStrides: [0, 0, 0, isShared ? 0 : depth * columns], bDepthStride, bColumnStride },
          ...{ outStrides: [0, 0, 0, rows * columns], outRowStride: columns, outColumnStride: 1 },
          ...{ otherStrides: [0, 0, 0, rows * columns], otherRowStride: columns, otherColumnStride: 1 },
        },
        { a, b, other },
        new Float32Array(products * rows * columns),
      );
      const right = result.map((_, i) => {
        const [product, row, column] = [
          Math.floor(i / rows / columns),
          Math.floor(i / columns) % rows,
          i % columns,
        ];
        let sum = 0;
        for (let k = 0; k < depth; k++) {
          const at = (isShared ? 0 : product * depth * columns) + k * bDepthStride + column * bColumnStride;
          sum += a[(product * rows + row) * depth + k]! * b[at]!;
        }
        const relu = (x: number) => Math.max(0, x);
        const x = 0.5 * sum;
        return [relu(x), relu(x + other[i]!), relu(x) + other[i]!, relu(x) * other[i]!][join]!;
      });
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 50 },
  );
});

test("attention is the softmax of scaled scores times the values", () => {
  const cases = fc.record({
    batch: extent(2),
    heads: extent(3),
    queries: extent(7),
    keys: extent(9),
    keyWidth: extent(8),
    valueWidth: extent(8),
    hasBias: fc.boolean(),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ batch, heads, queries, keys, keyWidth, valueWidth, hasBias, seed }) => {
      // As projections leave them: [batch][position][head][element].
      const strides = (positions: number, width: number) => [
        positions * heads * width,
        width,
        heads * width,
        1,
      ];
      const query = random(seed, batch * queries * heads * keyWidth);
      const key = random(seed + 1, batch * keys * heads * keyWidth);
      const value = random(seed + 2, batch * keys * heads * valueWidth);
      const bias = random(seed + 3, heads * queries * keys);
      const result = runKernel(
        "attention_f32_32",
        {
          ...{ batch, heads, queries, keys, keyWidth, valueWidth, scale: 3, hasBias: hasBias ? 1 : 0 },
          queryStrides: strides(queries, keyWidth),
          keyStrides: strides(keys, keyWidth),
          valueStrides: strides(keys, valueWidth),
          outStrides: strides(queries, valueWidth),
          biasStrides: [0, queries * keys, keys, 1],
        },
        { query, key, value, bias },
        new Float32Array(batch * queries * heads * valueWidth),
      );
      const right = new Float32Array(result.length);
      for (let place = 0; place < batch * queries * heads; place++) {
        const [image, position, head] = [
          Math.floor(place / heads / queries),
          Math.floor(place / heads) % queries,
          place % heads,
        ];
        const weights = Array.from({ length: keys }, (_, j) => {
          let score = 0;
          for (let i = 0; i < keyWidth; i++)
            score += query[place * keyWidth + i]! * key[((image * keys + j) * heads + head) * keyWidth + i]!;
          return Math.exp(3 * score + (hasBias ? bias[(head * queries + position) * keys + j]! : 0));
        });
        const all = weights.reduce((sum, weight) => sum + weight, 0);
        for (let i = 0; i < valueWidth; i++)
          right[place * valueWidth + i] = weights.reduce(
            (sum, weight, j) =>
              sum + (weight / all) * value[((image * keys + j) * heads + head) * valueWidth + i]!,
            0,
          );
      }
      expect(relativeError(result, right)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 50 },
  );
});
