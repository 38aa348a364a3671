import { expect, it } from "vitest";
import { colourPool, splitRows } from "../../src/channels/colour-pool.ts";
import type { ColourPool } from "../../src/native/index.ts";
import { PARTITIONS, SyntheticMemory } from "./synthetic-memory.ts";

const POOL_MIB = 4;

/** A pool that keeps what it is given. */
class KeptPool implements ColourPool {
  given: Parameters<ColourPool["setColours"]> | undefined;
  isClosed = false;
  private readonly memory: SyntheticMemory;

  constructor(memory: SyntheticMemory) {
    this.memory = memory;
  }

  contentionProbe(): ReturnType<ColourPool["contentionProbe"]> {
    const { memory } = this;
    return {
      sms: () => memory.sms(),
      begin: (...tests) => memory.begin(...tests),
      finish: (cycles) => memory.finish(cycles),
      close: () => {
        this.isClosed = true;
      },
    };
  }

  setColours(...given: Parameters<ColourPool["setColours"]>): void {
    this.given = given;
  }

  colourFacts(): never {
    throw new Error("nobody asks here");
  }
}

it("hands over the colour of every block, and a split for every share", () => {
  const memory = new SyntheticMemory();
  const pool = new KeptPool(memory);
  expect(colourPool(pool, POOL_MIB, () => {})).toMatchObject({ granuleBytes: 1024 });
  const [colours, partitionsOf, lanes, splits] = pool.given!;
  expect(lanes).toBe(2);
  expect(colours).toHaveLength(POOL_MIB * 1024);
  // Two blocks share a partition here where they do in memory.
  const first = (block: number): number => partitionsOf[colours[block]! * lanes]!;
  for (let block = 1; block < 500; block++) {
    const isSame = memory.lanesOf(block)[0] === memory.lanesOf(0)[0];
    expect(first(block) === first(0), `block ${block}`).toBe(isSame);
  }
  expect(splits).toHaveLength((PARTITIONS - 1) * PARTITIONS);
  expect(pool.isClosed).toBe(true);
});

it("leaves a GPU uncoloured whose channels cannot be told apart, and says why", () => {
  const pool = new KeptPool(new SyntheticMemory(2850));
  expect(colourPool(pool, POOL_MIB, () => {})).toMatch(/cannot be told apart here.*stays uncoloured/);
  expect(pool.given).toBeUndefined();
  expect(pool.isClosed).toBe(true);
});

it("does not hide what the GPU itself refuses", () => {
  const memory = new SyntheticMemory();
  memory.finish = () => {
    throw new Error("cuEventQuery: CUDA_ERROR_LAUNCH_FAILED");
  };
  expect(() => colourPool(new KeptPool(memory), POOL_MIB, () => {})).toThrow(/LAUNCH_FAILED/);
});

it("splits a path of partitions at one edge, whatever BE's share", () => {
  const pairs = [0, 1, 2, 3].map((a) => ({ a, b: a + 1, blocks: 10 }));
  const rows = splitRows(pairs, 5);
  for (let size = 1; size < 5; size++) {
    const row = [...rows.subarray((size - 1) * 5, size * 5)];
    expect(row.reduce((sum, isBe) => sum + isBe, 0)).toBe(size);
    expect(row.filter((isBe, partition) => partition > 0 && isBe !== row[partition - 1])).toHaveLength(1);
  }
});
