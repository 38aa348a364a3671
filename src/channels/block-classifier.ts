/**
 * Finds the colour of every block of a pool: the partition of each of its lanes. Pages go side by side, block after block, so
 * that the blocks already known foretell the next. The pages form two crews: while the GPU tests one candidate of every open
 * block of one crew, the verdicts on the other are heard and its next candidates chosen.
 */
import { ColourPredictor, UNKNOWN } from "./colour-predictor.ts";
import type { ConflictTester } from "./conflict-tester.ts";
import { type Layout, SECTOR_BYTES } from "./layout.ts";
import { OpenBlock } from "./open-block.ts";
import { NOWHERE, type PartitionFinder } from "./partition-finder.ts";
import { SideBatch } from "./side-batch.ts";

/** GPUs map memory in pages of 2 MiB; inside one, physical addresses follow virtual ones. */
const PAGE_BYTES = 2 << 20;
/** Rounds before the next block of every page joins; who is not known by then goes on beside it. */
const ROUNDS_PER_STEP = 3;
/** A colour seen less often is tested twice: disturbances make colours that nobody else has. */
const FAMILIAR_TIMES = 4;
const CREWS = 2;

interface Crew {
  readonly pages: readonly number[];
  open: OpenBlock[];
  batch: SideBatch<OpenBlock> | undefined;
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
  private readonly crews: readonly Crew[];
  private runs = 0;

  constructor(tester: ConflictTester, finder: PartitionFinder, layout: Layout, poolBytes: number) {
    this.tester = tester;
    this.finder = finder;
    this.layout = layout;
    this.blocksPerPage = PAGE_BYTES / layout.granuleBytes;
    this.blocks = new Int16Array(poolBytes / layout.granuleBytes).fill(UNKNOWN);
    const pages = Array.from({ length: poolBytes / PAGE_BYTES }, (_, page) => page);
    // Every crew has pages of every side.
    this.crews = Array.from({ length: CREWS }, (_, crew) => ({
      pages: pages.filter((page) => Math.floor(page / finder.sides) % CREWS === crew),
      open: [],
      batch: undefined,
    }));
  }

  /**
   * Classifies everything; `report` hears the share that is done. Returns the number of blocks that fit nowhere. Run again, it asks every
   * block anew on its page's next side, its own colour first: some 3 tests a block, and what was disturbed the first time is put right.
   */
  run(report: (share: number) => void): number {
    for (let offset = 0; offset < this.blocksPerPage; offset++) {
      for (let round = 0; round < ROUNDS_PER_STEP; round++) {
        for (const crew of this.crews) {
          this.finish(crew);
          if (round === 0) for (const page of crew.pages) crew.open.push(this.opened(page, offset));
          this.begin(crew);
        }
      }
      report((offset + 1) / this.blocksPerPage);
    }
    while (this.crews.some(({ batch }) => batch !== undefined)) {
      for (const crew of this.crews) {
        this.finish(crew);
        this.begin(crew);
      }
    }
    this.runs++;
    return this.blocks.reduce((lost, colour) => lost + (colour === UNKNOWN ? 1 : 0), 0);
  }

  private pageOf(page: number): Int16Array {
    return this.blocks.subarray(page * this.blocksPerPage, (page + 1) * this.blocksPerPage);
  }

  private opened(page: number, offset: number): OpenBlock {
    const { lanes } = this.layout;
    const known = this.pageOf(page);
    const colour = known[offset]!;
    if (colour !== UNKNOWN) {
      // Forgotten until it is found again; nobody foretells anything from it meanwhile, as others of its page come later.
      known[offset] = UNKNOWN;
      return new OpenBlock(page, offset, lanes, [], [colour]);
    }
    const contexts = this.predictor.contextsOf(known, offset);
    return new OpenBlock(page, offset, lanes, contexts, this.predictor.rank(contexts));
  }

  /** Begins one test for every open block of a crew, each page on a side of its own choosing. */
  private begin(crew: Crew): void {
    if (crew.open.length === 0) return;
    const batch = new SideBatch<OpenBlock>(this.finder.sides);
    crew.open = crew.open.filter((block) => {
      const side = (block.page + this.runs) % this.finder.sides;
      const representative = this.nextTrial(block, side);
      if (representative !== undefined) batch.add(side, representative, this.sectorOf(block), block);
      return representative !== undefined;
    });
    batch.begin(this.tester);
    crew.batch = batch;
  }

  /** Hears the verdicts on a crew's tests under way. */
  private finish(crew: Crew): void {
    if (crew.batch === undefined) return;
    crew.batch.finish(this.tester, (block) => block.hit());
    crew.batch = undefined;
    crew.open = crew.open.filter((block) => !this.settle(block));
  }

  private sectorOf(block: OpenBlock): number {
    const { granuleBytes, interleaveBytes } = this.layout;
    const start = (block.page * this.blocksPerPage + block.offset) * granuleBytes;
    return (start + block.lane * interleaveBytes) / SECTOR_BYTES;
  }

  /** The representative to test next for the block's lane; undefined when no partition is left. */
  private nextTrial(block: OpenBlock, side: number): number | undefined {
    if (block.partition !== NOWHERE) {
      const next = this.finder.representative(side, block.partition, ++block.attempt);
      if (next !== undefined) return next;
      block.ruleOut();
    }
    block.try(this.candidate(block));
    return block.partition === NOWHERE ? undefined : this.finder.representative(side, block.partition, 0);
  }

  /** The likeliest partition of a block's lane that is not ruled out: from the guesses, from colours seen, from all. */
  private candidate(block: OpenBlock): number {
    for (const guesses of [block.guesses, this.predictor.byFrequency()]) {
      for (const colour of guesses) {
        const partitions = this.colours[colour]!;
        if (block.fits(partitions)) return partitions[block.lane]!;
      }
    }
    return this.finder.partitions.findIndex((_, partition) => !block.isRuledOut(partition));
  }

  /** Books a block whose lanes are all known; true when it is done. */
  private settle(block: OpenBlock): boolean {
    if (!block.isFound()) return false;
    const colour = this.indexOf(block.found);
    if (this.predictor.timesSeen(colour) < FAMILIAR_TIMES && !block.isConfirming) {
      block.confirm(colour);
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
