/** Which memory partition sectors lie in, told by tests against the partitions' representatives. */
import { Prng } from "../core/prng.ts";
import { findPartitions, type Partition } from "./conflict-graph.ts";
import type { ConflictTester } from "./conflict-tester.ts";
import { SideBatch } from "./side-batch.ts";

/**
 * Sectors of the sample whose every pair is tested on every side, by default. A slice that the sample misses has no
 * representative, and its blocks are lost: 900 miss one of an H200's 94 slices once in 150 probes. Time grows with the square:
 * 1 s on an H200.
 */
const SAMPLE = 900;
/** Sampled sectors lie in units of this many: the finest interleave known is 256 bytes. */
const SECTORS_PER_SAMPLE = 8;

export const NOWHERE = -1;

export class PartitionFinder {
  readonly partitions: readonly Partition[];
  private readonly tester: ConflictTester;

  constructor(tester: ConflictTester, poolSectors: number, sample = SAMPLE) {
    this.tester = tester;
    const prng = new Prng(1, "channel-sample");
    const sectors = Array.from(
      { length: sample },
      () => (prng.nextUint32() % Math.floor(poolSectors / SECTORS_PER_SAMPLE)) * SECTORS_PER_SAMPLE,
    );
    this.partitions = findPartitions(sectors, this.matricesOf(sectors));
  }

  /** Every pair's verdict, on every side; a conflict counts when a second test, the other way round, confirms it. */
  private matricesOf(sectors: readonly number[]): Uint8Array[] {
    const { tester, sides } = this;
    const count = sectors.length;
    const first = new Uint32Array((sides * count * (count + 1)) / 2);
    const second = new Uint32Array(first.length);
    let next = 0;
    for (let i = 0; i < count; i++) {
      for (let j = i; j < count; j++) {
        first.fill(sectors[i]!, next, next + sides);
        second.fill(sectors[j]!, next, next + sides);
        next += sides;
      }
    }
    const verdicts = tester.conflicts(first, second);
    const confirming = new SideBatch<{ side: number; i: number; j: number }>(sides);
    next = 0;
    for (let i = 0; i < count; i++) {
      for (let j = i; j < count; j++) {
        for (let side = 0; side < sides; side++) {
          if (verdicts[next++] === 1) confirming.add(side, sectors[j]!, sectors[i]!, { side, i, j });
        }
      }
    }
    const matrices = tester.sides.map(() => new Uint8Array(count * count));
    confirming.run(tester, ({ side, i, j }) => {
      matrices[side]![i * count + j] = 1;
      matrices[side]![j * count + i] = 1;
    });
    return matrices;
  }

  get sides(): number {
    return this.tester.sides.length;
  }

  /** The representative to try as number `attempt` on a side; undefined when all have been tried. */
  representative(side: number, partition: number, attempt: number): number | undefined {
    return this.partitions[partition]!.representatives[side]![attempt];
  }

  /** Tests each sector against every representative of a side: all partitions that it conflicts with there. */
  everyPartitionOf(
    sectors: readonly number[],
    sideOf: (index: number) => number = (index) => index % this.sides,
  ): number[][] {
    const found = sectors.map(() => new Set<number>());
    const batch = new SideBatch<{ index: number; partition: number }>(this.sides);
    sectors.forEach((sector, index) => {
      const side = sideOf(index);
      this.partitions.forEach(({ representatives }, partition) => {
        for (const representative of representatives[side]!) {
          batch.add(side, representative, sector, { index, partition });
        }
      });
    });
    batch.run(this.tester, ({ index, partition }) => found[index]!.add(partition));
    return found.map((partitions) => [...partitions]);
  }
}
