import { describe, expect, it } from "vitest";
import { components, findPartitions } from "../../src/channels/conflict-graph.ts";
import { findLayout } from "../../src/channels/layout.ts";
import { bestSplit } from "../../src/channels/split.ts";
import { findThreshold } from "../../src/channels/threshold.ts";

/** The conflict matrix of samples: i and j conflict where their places, in one path, lie at most 1 apart. */
function matrixOf(places: readonly (readonly [path: number, place: number])[]): Uint8Array {
  return Uint8Array.from(
    places.flatMap(([path, place]) =>
      places.map(([other, at]) => (path === other && Math.abs(place - at) <= 1 ? 1 : 0)),
    ),
  );
}

const twoPaths = [0, 1, 2, 3].flatMap((place) => [
  [0, place] as const,
  [0, place] as const,
  [1, place] as const,
  [1, place] as const,
]);

describe("the conflict graph", () => {
  it("joins what conflicts only through others", () => {
    expect(components([matrixOf(twoPaths)], 16)).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]);
  });

  it("needs two representatives for a path of four slices", () => {
    const partitions = findPartitions([...twoPaths.keys()], [matrixOf(twoPaths)]);
    expect(partitions.map(({ slices }) => slices)).toEqual([4, 4]);
    for (const { representatives } of partitions) expect(representatives[0]).toHaveLength(2);
  });
});

describe("the threshold", () => {
  it("lies between two groups, one about twice as slow", () => {
    const cycles = [2690, 2868, 2945, 2950, 4777, 5022, 5301, 2900, 2880, 5100];
    expect(findThreshold(cycles)).toBe((2950 + 4777) / 2);
  });

  it.each([
    ["one group", [2690, 2868, 2945, 2950, 2900, 2880]],
    ["a smear", [2700, 3000, 3300, 3600, 3900, 4200, 4500, 4800]],
    ["a group too slow for taking turns", [2700, 2710, 2720, 19000, 19100, 19200]],
  ])("is refused for %s", (_, cycles) => {
    expect(() => findThreshold(cycles)).toThrow(/cannot be told apart/);
  });
});

describe("the layout", () => {
  /** Labels of 64 KiB: each block of `blockBytes` takes its lanes in turns of `turnBytes`. */
  const labels = (turnBytes: number, blockBytes: number, lanes: number): number[] =>
    Array.from({ length: 2048 }, (_, sector) => {
      const block = Math.floor((sector * 32) / blockBytes);
      const lane = Math.floor((sector * 32) / turnBytes) % lanes;
      return (block * 7 + lane * 5 + (block >> 3)) % 24;
    });

  it("of an H200: 256 bytes in turn, two partitions a KiB", () => {
    expect(findLayout(labels(256, 1024, 2), 2048)).toEqual({
      interleaveBytes: 256,
      granuleBytes: 1024,
      lanes: 2,
    });
  });

  it("of a GPU that keeps 2 KiB in one partition", () => {
    expect(findLayout(labels(2048, 2048, 1), 2048)).toEqual({
      interleaveBytes: 2048,
      granuleBytes: 2048,
      lanes: 1,
    });
  });

  it("is refused where a KiB holds four partitions", () => {
    expect(() => findLayout(labels(256, 1024, 4), 2048)).toThrow(/every 256 bytes.*uncoloured/);
  });
});

describe("the split", () => {
  it("cuts where the fewest blocks straddle", () => {
    const ring = Array.from({ length: 8 }, (_, a) => ({
      a,
      b: (a + 1) % 8,
      blocks: a === 3 || a === 7 ? 1 : 10,
    }));
    const split = bestSplit(ring, 8, 4);
    expect([split.chosenBlocks, split.otherBlocks]).toEqual([30, 30]);
    expect(split.wastedShare).toBeCloseTo(2 / 62);
  });
});
