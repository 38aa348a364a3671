/**
 * Finds the colour of every block of a pool: the partition of each of its lanes. Pages go side by side, block after block, so
 * that the blocks already known foretell the next; each round tests one candidate of every open block in one launch.
 */
import { ColourPredictor, UNKNOWN } from "./colour-predictor.ts";
import type { ConflictTester } from "./conflict-tester.ts";
import { type Layout, SECTOR_BYTES } from "./layout.ts";
import { NOWHERE, type PartitionFinder } from "./partition-finder.ts";
import { SideBatch } from "./side-batch.ts";

/** GPUs map memory in pages of 2 MiB; inside one, physical addresses follow virtual ones. */
export const PAGE_BYTES = 2 << 20;
/** Rounds before the next block of every page joins; who is not known by then goes on beside it. */
const ROUNDS_PER_STEP = 3;
/** A colour seen less often is tested twice: disturbances make colours that nobody else has. */
const FAMILIAR_TIMES = 4;

interface OpenLane {
  readonly block: OpenBlock;
  readonly lane: number;
}

interface OpenBlock {
  readonly page: number;
  readonly offset: number;
  /** Partition of each lane, or NOWHERE. */
  readonly found: number[];
  /** Partitions ruled out, for each lane. */
  readonly ruledOut: number[][];
  /** Partition and representative in test, for each lane. */
  readonly trial: { partition: number; attempt: number }[];
  readonly contexts: readonly number[];
  guesses: readonly number[];
  isConfirming: boolean;
}

export class BlockClassifier {
  /** Colour of each block: an index into `colours`, or UNKNOWN. */
  readonly blocks: Int16Array;
  /** Partitions of the lanes, by colour. */
  readonly colours: number[][] = [];
  private readonly colourIndex = new Map<string, number>();
  private readonly predictor = new ColourPredictor();
  private readonly tester: ConflictTester;
  private readonly finder: PartitionFinder;
  private readonly layout: Layout;
  private readonly blocksPerPage: number;
  private open: OpenBlock[] = [];

  constructor(tester: ConflictTester, finder: PartitionFinder, layout: Layout, poolBytes: number) {
    this.tester = tester;
    this.finder = finder;
    this.layout = layout;
    this.blocksPerPage = PAGE_BYTES / layout.granuleBytes;
    this.blocks = new Int16Array(poolBytes / layout.granuleBytes).fill(UNKNOWN);
  }

  /** Classifies everything; `report` hears the share that is done. Returns the number of blocks that fit nowhere. */
  run(report: (share: number) => void): number {
    const pages = this.blocks.length / this.blocksPerPage;
    for (let offset = 0; offset < this.blocksPerPage; offset++) {
      for (let page = 0; page < pages; page++) this.open.push(this.opened(page, offset));
      for (let round = 0; round < ROUNDS_PER_STEP && this.open.length > 0; round++) this.round();
      report((offset + 1) / this.blocksPerPage);
    }
    while (this.open.length > 0) this.round();
    return this.blocks.reduce((lost, colour) => lost + (colour === UNKNOWN ? 1 : 0), 0);
  }

  private pageOf(page: number): Int16Array {
    return this.blocks.subarray(page * this.blocksPerPage, (page + 1) * this.blocksPerPage);
  }

  private opened(page: number, offset: number): OpenBlock {
    const { lanes } = this.layout;
    const contexts = this.predictor.contextsOf(this.pageOf(page), offset);
    return {
      page,
      offset,
      found: new Array<number>(lanes).fill(NOWHERE),
      ruledOut: Array.from({ length: lanes }, () => []),
      trial: Array.from({ length: lanes }, () => ({ partition: NOWHERE, attempt: 0 })),
      contexts,
      guesses: this.predictor.rank(contexts),
      isConfirming: false,
    };
  }

  /** One test for every lane that is not known yet, each page on a side of its own choosing. */
  private round(): void {
    const batch = new SideBatch<OpenLane>(this.finder.sides);
    const lost = new Set<OpenBlock>();
    for (const block of this.open) {
      const side = block.page % this.finder.sides;
      for (let lane = 0; lane < this.layout.lanes; lane++) {
        if (block.found[lane] !== NOWHERE) continue;
        const representative = this.nextTrial(block, lane, side);
        if (representative === undefined) lost.add(block);
        else batch.add(side, representative, this.sectorOf(block, lane), { block, lane });
      }
    }
    batch.run(this.tester, ({ block, lane }) => {
      block.found[lane] = block.trial[lane]!.partition;
    });
    this.open = this.open.filter((block) => !lost.has(block) && !this.settle(block));
  }

  private sectorOf(block: OpenBlock, lane: number): number {
    const { granuleBytes, interleaveBytes } = this.layout;
    const start = (block.page * this.blocksPerPage + block.offset) * granuleBytes;
    return (start + lane * interleaveBytes) / SECTOR_BYTES;
  }

  /** The representative to test next for a lane; undefined when no partition is left. */
  private nextTrial(block: OpenBlock, lane: number, side: number): number | undefined {
    const trial = block.trial[lane]!;
    if (trial.partition !== NOWHERE) {
      const next = this.finder.representative(side, trial.partition, ++trial.attempt);
      if (next !== undefined) return next;
      block.ruledOut[lane]!.push(trial.partition);
    }
    trial.partition = this.candidate(block, lane);
    trial.attempt = 0;
    return trial.partition === NOWHERE ? undefined : this.finder.representative(side, trial.partition, 0);
  }

  /** The likeliest partition of a lane that is not ruled out: from the guesses, from colours seen, from all. */
  private candidate(block: OpenBlock, lane: number): number {
    const fits = (colour: number): boolean => this.fits(block, colour);
    const guess = block.guesses.find(fits) ?? this.predictor.byFrequency().find(fits);
    if (guess !== undefined) return this.colours[guess]![lane]!;
    return this.finder.partitions.findIndex((_, partition) => !block.ruledOut[lane]!.includes(partition));
  }

  /** Does a colour agree with what is known of the block's lanes? */
  private fits(block: OpenBlock, colour: number): boolean {
    const partitions = this.colours[colour]!;
    for (let lane = 0; lane < partitions.length; lane++) {
      const found = block.found[lane]!;
      const agrees =
        found === NOWHERE ? !block.ruledOut[lane]!.includes(partitions[lane]!) : found === partitions[lane];
      if (!agrees) return false;
    }
    return true;
  }

  /** Books a block whose lanes are all known; true when it is done. */
  private settle(block: OpenBlock): boolean {
    if (block.found.includes(NOWHERE)) return false;
    const colour = this.indexOf(block.found);
    if (this.predictor.timesSeen(colour) < FAMILIAR_TIMES && !block.isConfirming) {
      block.isConfirming = true;
      block.guesses = [colour];
      for (let lane = 0; lane < this.layout.lanes; lane++) {
        block.found[lane] = NOWHERE;
        block.ruledOut[lane]!.length = 0;
        block.trial[lane]!.partition = NOWHERE;
      }
      return false;
    }
    this.predictor.learn(block.contexts, colour);
    this.pageOf(block.page)[block.offset] = colour;
    return true;
  }

  private indexOf(partitions: readonly number[]): number {
    const key = partitions.join();
    const known = this.colourIndex.get(key);
    if (known !== undefined) return known;
    this.colourIndex.set(key, this.colours.length);
    return this.colours.push([...partitions]) - 1;
  }
}
