/** Which memory partition sectors lie in, told by tests against the partitions' representatives. */
import { Prng } from "../core/prng.ts";
import { findPartitions, type Partition } from "./conflict-graph.ts";
import type { ConflictTester } from "./conflict-tester.ts";
import { SideBatch } from "./side-batch.ts";

/** Sectors of the sample whose every pair is tested, on every side: enough for 6 of each of 94 slices (an H200). */
const SAMPLE = 560;
/** Sampled sectors lie in units of this many: the finest interleave known is 256 bytes. */
const SECTORS_PER_SAMPLE = 8;

export const NOWHERE = -1;

export class PartitionFinder {
  readonly partitions: readonly Partition[];
  private readonly tester: ConflictTester;

  constructor(tester: ConflictTester, poolSectors: number) {
    this.tester = tester;
    const prng = new Prng(1, "channel-sample");
    const sectors = Array.from(
      { length: SAMPLE },
      () => (prng.nextUint32() % Math.floor(poolSectors / SECTORS_PER_SAMPLE)) * SECTORS_PER_SAMPLE,
    );
    const first = Uint32Array.from({ length: SAMPLE ** 2 }, (_, i) => sectors[Math.floor(i / SAMPLE)]!);
    const second = Uint32Array.from({ length: SAMPLE ** 2 }, (_, i) => sectors[i % SAMPLE]!);
    const matrices = tester.sides.map((_, side) => tester.conflictsOn(side, first, second));
    this.partitions = findPartitions(sectors, matrices);
  }

  get sides(): number {
    return this.tester.sides.length;
  }

  /** The representative to try as number `attempt` on a side; undefined when all have been tried. */
  representative(side: number, partition: number, attempt: number): number | undefined {
    return this.partitions[partition]!.representatives[side]![attempt];
  }

  /** Tests each sector against every representative: all partitions that it conflicts with. */
  everyPartitionOf(sectors: readonly number[]): number[][] {
    const found = sectors.map(() => new Set<number>());
    const batch = new SideBatch<{ index: number; partition: number }>(this.sides);
    sectors.forEach((sector, index) => {
      const side = index % this.sides;
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
