import { describe, expect, it } from "vitest";
import { SAMPLE_BLOCKS, SampleCheck } from "../../src/channels/sample-check.ts";

const layout = { interleaveBytes: 256, granuleBytes: 1024, lanes: 2 };
const COLOURS = [
  [4, 7],
  [7, 4],
];
const BLOCKS = 1 << 20;
/** Every block has the first colour. */
const map = new Int16Array(BLOCKS);
const SECTORS_PER_BLOCK = 32;
const blockOf = (sector: number): number => Math.floor(sector / SECTORS_PER_BLOCK);
/** What is so where the map is right. */
const truth = (sector: number): number => COLOURS[0]![(sector >> 3) & 1]!;

/** Two sides that answer as they are told; `look` counts the batches. */
class Told {
  readonly sides = 2;
  /** Sectors of each batch. */
  readonly asked: (readonly number[])[] = [];
  private readonly answer: (sector: number, side: number, look: number) => number[];

  constructor(answer: (sector: number, side: number, look: number) => number[]) {
    this.answer = answer;
  }

  everyPartitionOf(sectors: readonly number[], sideOf = (index: number): number => index % 2): number[][] {
    const look = this.asked.push(sectors) - 1;
    return sectors.map((sector, index) => this.answer(sector, sideOf(index), look));
  }
}

const contradictionsOf = (told: Told): number => new SampleCheck(told, layout).contradictions(COLOURS, map);
const quarter = (sector: number): boolean => blockOf(sector) % 4 === 0;

describe("a sample", () => {
  it("contradicts nothing where every block is right, and asks nobody twice", () => {
    const told = new Told((sector) => [truth(sector)]);
    expect(contradictionsOf(told)).toBe(0);
    expect(told.asked.filter((sectors) => sectors.length > 0)).toHaveLength(1);
    expect(told.asked[0]).toHaveLength(4 * SAMPLE_BLOCKS);
  });

  it("finds every wrong block, also with one lane wrong", () => {
    const told = new Told((sector) => [quarter(sector) && truth(sector) === 7 ? 9 : truth(sector)]);
    const found = contradictionsOf(told);
    const sampled = new Set(told.asked[0]!.filter(quarter).map(blockOf));
    expect(found).toBe(sampled.size);
    expect(found).toBeGreaterThan(SAMPLE_BLOCKS / 5);
  });

  it("is drawn anew every time, from the blocks that have a colour", () => {
    const told = new Told((sector) => [truth(sector)]);
    const check = new SampleCheck(told, layout);
    const gaps = map.map((_, block) => (block % 2 === 0 ? -1 : 0));
    for (let time = 0; time < 2; time++) check.contradictions(COLOURS, gaps);
    const [first, second] = told.asked.filter((sectors) => sectors.length > 0);
    expect(first!.concat(second!).every((sector) => blockOf(sector) % 2 === 1)).toBe(true);
    const seen = new Set(first);
    expect(second!.filter((sector) => seen.has(sector)).length).toBeLessThan(40);
  });
});

describe("a block that seems to contradict", () => {
  const feigned = (sector: number): number[] => [truth(sector), 11];

  it("is cleared where the first look was disturbed", () => {
    expect(contradictionsOf(new Told((sector, _, look) => (look === 0 ? [11] : [truth(sector)])))).toBe(0);
  });

  it("is cleared by the other side where one always feigns a conflict", () => {
    const told = new Told((sector, side) => (side === 0 ? feigned(sector) : [truth(sector)]));
    expect(contradictionsOf(told)).toBe(0);
  });

  it("is cleared by most of a side's answers", () => {
    // Looks 1, 3, 5, ... ask one half of the sectors on a side, 2, 4, 6, ... the other: two of five are disturbed.
    const told = new Told((sector, _, look) => (look <= 4 ? feigned(sector) : [truth(sector)]));
    expect(contradictionsOf(told)).toBe(0);
  });

  it("is wrong where no side's answers are mostly the map's", () => {
    const told = new Told((sector, _, look) => (look <= 6 ? feigned(sector) : [truth(sector)]));
    expect(contradictionsOf(told)).toBe(new Set(told.asked[0]!.map(blockOf)).size);
  });

  it("is wrong where it meets no representative at all", () => {
    expect(contradictionsOf(new Told((sector) => (quarter(sector) ? [] : [truth(sector)])))).toBeGreaterThan(
      0,
    );
  });
});
