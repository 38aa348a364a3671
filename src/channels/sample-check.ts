/**
 * The last word on a map: blocks drawn at random are asked whether they lie where the map says.
 *
 * What seems to contradict can be noise or a wrong block. In bench/results/2026-11-22-h200-*.txt, and what the layout's windows
 * showed there: whatever disturbs a test adds to it, so conflicts are feigned, once in some 10,000 tests (half a percent of
 * the sectors, each tested against 46 representatives, feign one), and hidden never (no block lost of 2.5 million).
 * - Noise: of a sample's 4000 sectors some 20 are doubted at first. Each is asked again, five times on every side: with other SMs and
 *   other representatives, and milliseconds apart. It is cleared when most of one side's answers are the map's partition and no other. A right
 *   sector fails with 1e-6 on a side, 2e-12 on two; one that is wrong would have to hide conflicts and feign others again and again.
 * - Wrong blocks: a lane is mostly booked on one conflict, and on an H200 a block meets 4 to 5 tests of partitions it does not lie in.
 *   At that noise 6e-5 of the blocks of a made-up memory as hard to foretell became wrong, so that a sample of 1000 finds one in one
 *   map of 17. Nothing disturbed need be near any more; so what stays doubted is put down to the map, and the map repaired (probe.ts).
 *
 * What a sample promises: a map with a share p of wrong blocks passes it with (1 - p)^1000. At most two samples decide on a
 * map, so one that passed has fewer than 0.37 % wrong blocks at a confidence of 95 %, fewer than 0.5 % at 98 %.
 */
import { Prng } from "../core/prng.ts";
import { type Layout, SECTOR_BYTES } from "./layout.ts";
import type { PartitionFinder } from "./partition-finder.ts";

/** Blocks of a sample. Fewer promise less; a thousand take a fifth of a second on an H200 (180,000 tests of 1.2 us). */
export const SAMPLE_BLOCKS = 1000;
/** How often every side is asked about a doubted sector: odd, so that most answers are one way or the other. */
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
