import { describe, expect, it } from "vitest";
import type { Product } from "../../src/models/lower-tile.ts";
import {
  BLOCK_FLOPS,
  rowBlocks,
  streamBlocks,
  tileAttention,
  tileProduct,
  tileVectors,
} from "../../src/models/lower-tile.ts";

/** Activations times parameters. */
const product = (rows: number, columns: number, depth: number): Product => ({
  count: 1,
  rows,
  columns,
  depth,
  leftBytes: () => rows * depth * 4,
  rightBytes: columns * depth * 4,
  countedBytes: columns * depth * 4,
  outputBytes: rows * columns * 4,
});

describe("a product's tiles", () => {
  it("are large where that fills a GPU, unsplit where one block may go through all of K", () => {
    const tiling = tileProduct(product(4096, 512, 256));
    expect(tiling.grid).toBe(64 * 8);
    expect(tiling.block.threadsPerBlock).toBe(256);
    expect(tiling.writtenBytes).toBe(4096 * 512 * 4);
    expect(tiling.readBytes).toBe(8 * 4096 * 256 * 4 + 63 * 512 * 256 * 4);
  });

  it("are split along K where a block would be too long, and count the partial sums", () => {
    const tiling = tileProduct(product(4096, 512, 1000));
    expect(tiling.grid).toBe(64 * 8 * 3);
    expect((2 * 4096 * 512 * 1000) / tiling.grid).toBeLessThanOrEqual(BLOCK_FLOPS);
    expect(tiling.writtenBytes).toBe(3 * 4096 * 512 * 4);
    expect(tiling.readBytes).toBe(8 * 4096 * 1000 * 4 + 63 * 512 * 1000 * 4 + 2 * 4096 * 512 * 4);
  });

  it("are small where large ones are too few to fill a GPU", () => {
    const tiling = tileProduct(product(512, 512, 128));
    expect(tiling.grid).toBe(16 * 16);
    expect(tiling.block.threadsPerBlock).toBe(128);
  });

  it("are split for parallelism where few, but not below 128 steps", () => {
    expect(tileProduct(product(49, 160, 960)).grid).toBe(2 * 5 * 7);
    expect(tileProduct(product(49, 512, 4608)).grid).toBeGreaterThanOrEqual(256);
  });

  it("are small where a side is narrow", () => {
    expect(tileProduct(product(12544, 24, 64)).block.threadsPerBlock).toBe(128);
  });
});

describe("few vectors times a weight", () => {
  it("stream the weight, 16 KiB a block, with partial sums of long rows", () => {
    const tiling = tileVectors(4096, 25088, 1);
    expect(tiling.grid).toBe(1024 * 25);
    expect(tiling.writtenBytes).toBe(25 * 4096 * 4);
    expect(tiling.readBytes).toBe(1024 * 25088 * 4 + 24 * 4096 * 4);
  });

  it("take less a block where the weight is small", () => {
    expect(tileVectors(1000, 512, 1).grid).toBe(500);
    expect(tileVectors(16, 8, 2)).toMatchObject({ grid: 1, readBytes: 64, writtenBytes: 128 });
  });
});

describe("attention", () => {
  const head = { count: 12, queries: 128, keys: 128, keyWidth: 64, valueWidth: 64 };
  it("takes 64 queries a block where that fills a GPU", () => {
    const tiling = tileAttention({ ...head, count: 192 });
    expect(tiling).toMatchObject({ grid: 384, writtenBytes: 192 * 128 * 64 * 4 });
    expect(tiling.readBytes).toBe(192 * (128 * 64 + 2 * 128 * 128) * 4);
  });

  it("takes fewer where it does not, or where a block would be too long", () => {
    expect(tileAttention(head).grid).toBe(12 * 8);
    expect(tileAttention({ ...head, count: 192, queries: 2048, keys: 2048 }).grid).toBe(192 * 512);
  });
});

describe("streams", () => {
  it("take 2048 elements a block, fewer where they are few", () => {
    expect(streamBlocks(2048 * 1000)).toBe(1000);
    expect(streamBlocks(512 * 700)).toBe(700);
    expect(streamBlocks(1)).toBe(1);
  });

  it("keep rows whole up to 2048 elements", () => {
    expect(rowBlocks(10_000, 256)).toBe(1250);
    expect(rowBlocks(128, 768)).toBe(128);
    expect(rowBlocks(32, 12_544)).toBe(32 * 7);
  });
});
