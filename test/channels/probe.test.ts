import { describe, expect, it } from "vitest";
import { BlockClassifier } from "../../src/channels/block-classifier.ts";
import { type ChannelMap, decodeBlocks } from "../../src/channels/channel-map.ts";
import { ConflictTester } from "../../src/channels/conflict-tester.ts";
import { SECTOR_BYTES } from "../../src/channels/layout.ts";
import { PartitionFinder } from "../../src/channels/partition-finder.ts";
import { probeChannels, type Stage, verifyChannels } from "../../src/channels/probe.ts";
import { PARTITIONS, SyntheticMemory } from "./synthetic-memory.ts";

const POOL_MIB = 8;
const provenance = { gpu: "synthetic", driver: "", probedAt: "2026-01-01T00:00:00Z", seconds: 1 };

describe("a probe of synthetic memory", () => {
  const memory = new SyntheticMemory();
  const stages = new Set<Stage>();
  const result = probeChannels(memory, POOL_MIB, (stage) => stages.add(stage));
  const map: ChannelMap = { ...provenance, ...result };

  it("finds the structure", () => {
    expect(result.sides).toEqual([8, 8]);
    expect(result.interleaveBytes).toBe(256);
    expect(result.granuleBytes).toBe(1024);
    expect(result.slices).toEqual(new Array(PARTITIONS).fill(4));
  });

  it("colours every block as the memory does, up to the partitions' names", () => {
    const blocks = decodeBlocks(map.blocks);
    const names = new Map<number, number>();
    for (const [block, colour] of blocks.entries()) {
      const found = result.colours[colour]!;
      memory.lanesOf(block).forEach((partition, lane) => {
        const name = names.get(partition) ?? found[lane]!;
        names.set(partition, name);
        expect(found[lane], `block ${block} lane ${lane}`).toBe(name);
      });
    }
    expect(new Set(names.values()).size).toBe(PARTITIONS);
    expect(result.lostBlocks).toBe(0);
  });

  it("says at each stage where it is", () => {
    expect([...stages]).toEqual(["sides", "partitions", "layout", "blocks", "sample"]);
  });

  it("is verified against the same memory", () => {
    expect(verifyChannels(new SyntheticMemory(), map)).toMatchObject({
      isSameStructure: true,
      holdsColours: true,
    });
  });

  it("does not hold for other pages", () => {
    const moved = Int16Array.from(decodeBlocks(map.blocks)).reverse();
    const blocks = Buffer.from(moved.buffer).toString("base64");
    expect(verifyChannels(new SyntheticMemory(), { ...map, blocks }).holdsColours).toBe(false);
  });
});

it("learns the address hash: a block soon costs little more than the tests that confirm it", () => {
  const tester = new ConflictTester(new SyntheticMemory());
  const layout = { interleaveBytes: 256, granuleBytes: 1024, lanes: 2 };
  const finder = new PartitionFinder(tester, (POOL_MIB * 2 ** 20) / SECTOR_BYTES);
  const before = tester.testCount;
  const classifier = new BlockClassifier(tester, finder, layout, POOL_MIB * 2 ** 20);
  expect(classifier.run(() => {})).toBe(0);
  // Two lanes of 1 to 2 representatives each; without a guess, two lanes of half of 12 partitions: some 20.
  expect((tester.testCount - before) / classifier.blocks.length).toBeLessThan(5);
});

describe("a GPU that shows nothing", () => {
  it("is told, where conflicts take no longer than other tests", () => {
    const flat = new SyntheticMemory(2850);
    expect(() => probeChannels(flat, POOL_MIB, () => {})).toThrow(/cannot be told apart here.*uncoloured/);
  });
});

describe("a map that is wrong is worse than none", () => {
  /** A probe during which the memory changes at the beginning of a stage. */
  const probeWhile = (at: Stage, change: (memory: SyntheticMemory) => void) => () => {
    const memory = new SyntheticMemory();
    let isChanged = false;
    probeChannels(memory, POOL_MIB, (stage) => {
      if (stage === at && !isChanged) change(memory);
      isChanged ||= stage === at;
    });
  };

  it("stops when the sample contradicts the map", () => {
    expect(probeWhile("sample", (memory) => memory.move())).toThrow(
      /of 500 sampled blocks contradict the map/,
    );
  });

  it("stops when blocks fit nowhere", () => {
    expect(probeWhile("blocks", (memory) => memory.goBlind())).toThrow(/blocks fit no partition/);
  });
});
