/**
 * The last word on a map: blocks drawn at random are asked whether they lie where the map says. What seems to contradict is
 * noise or a wrong block. What disturbs a test adds to it: on an H200 conflicts were feigned once in some 10,000 tests (by half a
 * percent of the sectors, each tested against 46 representatives) and hardly ever hidden (of 2.5 million blocks none was lost).
 *
 * - Noise: of a sample's 4000 sectors some 20 are doubted at first. Each is asked again, five times on every side: with other SMs
 *   and representatives, in launches of their own. It is cleared where most of one side's answers are the map's partition and no other. A right
 *   sector misses that with 1e-6 on one side, 2e-12 on two; a wrong one gets it only if conflicts are hidden and others feigned, most times.
 * - Wrong blocks: most lanes are booked on one conflict, and on an H200 a block meets 4 to 5 tests of partitions that it does not lie
 *   in. In synthetic memory as hard to foretell (test/channels), with that noise, 6.3e-5 of the blocks were wrong (133 of 2.1 million):
 *   one in 16 maps has one in its sample. A disturbance that lasts makes more. So what is not cleared is put down to the map, which
 *   is repaired once (probe.ts).
 *
 * The promise: a map with a share p of wrong blocks passes a sample with (1 - p)^1000, and at most two samples decide on a map.
 * So one that is handed over has fewer than 0.37 % wrong blocks with a confidence of 95 %, fewer than 0.5 % with 98 %.
 */
import { Prng } from "../core/prng.ts";
import { type Layout, SECTOR_BYTES } from "./layout.ts";
import type { PartitionFinder } from "./partition-finder.ts";

/** Blocks of a sample. Fewer promise less; a thousand are 184,000 tests of 1.2 us on an H200: 0.2 s. */
export const SAMPLE_BLOCKS = 1000;
/** How often every side is asked about a doubted sector: odd, so that there is a majority. */
const ROUNDS_PER_SIDE = 5;

/** A sector at which a partition begins, and which one the map says it is. */
interface Claim {
  readonly block: number;
  readonly sector: number;
  readonly partition: number;
}

/** Whom the check asks. */
type Witnesses = Pick<PartitionFinder, "sides" | "everyPartitionOf">;

export class SampleCheck {
  /** One stream for all samples: each is drawn anew. */
  private readonly prng = new Prng(2, "channel-check");
  private readonly finder: Witnesses;
  private readonly layout: Layout;

  constructor(finder: Witnesses, layout: Layout) {
    this.finder = finder;
    this.layout = layout;
  }

  /** How many blocks of a fresh sample contradict their colour, however they are asked. Some blocks must have one: a colour >= 0. */
  contradictions(colours: readonly (readonly number[])[], blocks: Int16Array): number {
    const claims = Array.from({ length: SAMPLE_BLOCKS }, () => this.draw(blocks)).flatMap((block) =>
      this.claimsOf(block, colours[blocks[block]!]!),
    );
    const found = this.finder.everyPartitionOf(claims.map(({ sector }) => sector));
    const doubted = claims.filter((claim, index) => !isConfirmed(claim, found[index]!));
    return new Set(this.uncleared(doubted).map(({ block }) => block)).size;
  }

  /** A block that has a colour. */
  private draw(blocks: Int16Array): number {
    for (;;) {
      const block = this.prng.nextUint32() % blocks.length;
      if (blocks[block]! >= 0) return block;
    }
  }

  private claimsOf(block: number, partitions: readonly number[]): Claim[] {
    const { granuleBytes, interleaveBytes, lanes } = this.layout;
    return Array.from({ length: granuleBytes / interleaveBytes }, (_, turn) => ({
      block,
      sector: (block * granuleBytes + turn * interleaveBytes) / SECTOR_BYTES,
      partition: partitions[turn % lanes]!,
    }));
  }

  /** The claims that no side confirms in most of its rounds. */
  private uncleared(doubted: readonly Claim[]): Claim[] {
    const { sides } = this.finder;
    const sectors = doubted.map(({ sector }) => sector);
    const confirmations = doubted.map(() => new Array<number>(sides).fill(0));
    for (let round = 0; round < ROUNDS_PER_SIDE * sides; round++) {
      const sideOf = (index: number): number => (index + round) % sides;
      const found = this.finder.everyPartitionOf(sectors, sideOf);
      doubted.forEach((claim, index) => {
        if (isConfirmed(claim, found[index]!)) confirmations[index]![sideOf(index)]!++;
      });
    }
    return doubted.filter((_, index) => Math.max(...confirmations[index]!) < ROUNDS_PER_SIDE / 2);
  }
}

/** Does a sector conflict with its partition, and with no other? */
const isConfirmed = ({ partition }: Claim, found: readonly number[]): boolean =>
  found.length === 1 && found[0] === partition;
