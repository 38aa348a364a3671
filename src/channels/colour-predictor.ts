/**
 * Guesses a block's colour from the blocks of its page that are known, so that most tests only confirm. The address hash is
 * mostly linear: where it is, the colours at o ^ a, o ^ b and o ^ a ^ b determine the one at o; for some bits a, the colour at o ^ a
 * alone does. What they determine is learned while probing, for each a and b by itself; nothing about the hash is assumed, and a
 * wrong guess costs tests, never a wrong colour.
 * Measured on the map of 256 MiB of an H200: the first guess is right in 96 % of the blocks.
 */

/** Pairs of bits that vote on one block. More cost time on the host and say little more. */
const MOST_PAIRS = 8;
/** Colours of a context that get votes, the most frequent ones. Torn contexts have dozens, and say nothing with them. */
const MOST_COLOURS = 3;
/** Keys hold colours of seven bits each; more colours than that are not told apart in them. */
const COLOUR_BASE = 128;
/** Bits of an offset in its page are numbered below this. */
const BIT_BASE = 16;

export const UNKNOWN = -1;

/** Colour counts sorted anew after so many blocks: the order moves slowly. */
const RESORT_BLOCKS = 256;

/** Colours seen in one context and how often, in turn, the most frequent first, after the sum: [sum, colour, times, colour, times, ...]. */
type Counts = number[];

const numberOf = (bit: number): number => 31 - Math.clz32(bit);

/** All keys are small integers, which a Map finds fastest. */
function key(a: number, b: number, one: number, other: number, both: number): number {
  const bits = numberOf(a) * BIT_BASE + numberOf(b);
  const colour = (value: number): number => value % COLOUR_BASE;
  return ((bits * COLOUR_BASE + colour(one)) * COLOUR_BASE + colour(other)) * COLOUR_BASE + colour(both);
}

/**
 * The weight of a colour that a context had so many times of `sum`: one that always had the same colour, and often, outweighs many
 * that are torn.
 */
function weight(times: number, sum: number): number {
  const trust = times / (sum + 1);
  return (trust * trust * trust) / (1.02 - trust);
}

export class ColourPredictor {
  private readonly learned = new Map<number, Counts>();
  private readonly totals: number[] = [];
  private frequent: number[] = [];
  private blocksSinceSort = 0;
  /** By colour; all 0 between calls. */
  private readonly votes: number[] = [];

  /**
   * The contexts of the block at `offset` of a page, which `rank` and `learn` take; `known` has the page's colours or
   * UNKNOWN.
   */
  contextsOf(known: Int16Array, offset: number): number[] {
    const contexts: number[] = [];
    for (let low = offset; low !== 0; low &= low - 1) {
      const a = low & -low;
      const one = known[offset ^ a]!;
      if (one !== UNKNOWN) contexts.push(key(a, a, one, 0, 0));
    }
    const most = contexts.length + MOST_PAIRS;
    for (let high = offset & (offset - 1); high !== 0; high &= high - 1) {
      const b = high & -high;
      for (let low = offset; (low & -low) < b && contexts.length < most; low &= low - 1) {
        const a = low & -low;
        const one = known[offset ^ a]!;
        const other = known[offset ^ b]!;
        const both = known[offset ^ a ^ b]!;
        if (one === UNKNOWN || other === UNKNOWN || both === UNKNOWN) continue;
        contexts.push(key(a, b, one, other, both));
      }
    }
    return contexts;
  }

  /** Colours worth testing, the likeliest first. */
  rank(contexts: readonly number[]): number[] {
    const { votes } = this;
    const ranked: number[] = [];
    for (const context of contexts) {
      const counts = this.learned.get(context);
      if (counts === undefined) continue;
      const end = Math.min(counts.length, 1 + 2 * MOST_COLOURS);
      for (let at = 1; at < end; at += 2) {
        const colour = counts[at]!;
        if (!(votes[colour]! > 0)) {
          ranked.push(colour);
          votes[colour] = 0;
        }
        votes[colour]! += weight(counts[at + 1]!, counts[0]!);
      }
    }
    ranked.sort((a, b) => votes[b]! - votes[a]!);
    for (const colour of ranked) votes[colour] = 0;
    return ranked;
  }

  /** All colours seen so far, the most frequent first or nearly so. */
  byFrequency(): readonly number[] {
    if (this.blocksSinceSort >= RESORT_BLOCKS || this.frequent.length < this.totals.length) {
      this.frequent = [...this.totals.keys()].sort((a, b) => this.timesSeen(b) - this.timesSeen(a));
      this.blocksSinceSort = 0;
    }
    return this.frequent;
  }

  timesSeen(colour: number): number {
    return this.totals[colour] ?? 0;
  }

  /** Colours are small integers from 0 on. */
  learn(contexts: readonly number[], colour: number): void {
    this.totals[colour] = this.timesSeen(colour) + 1;
    this.blocksSinceSort++;
    for (const context of contexts) {
      const counts = this.learned.get(context);
      if (counts === undefined) this.learned.set(context, [1, colour, 1]);
      else count(counts, colour);
    }
  }
}

function count(counts: Counts, colour: number): void {
  counts[0]!++;
  for (let at = 1; at < counts.length; at += 2) {
    if (counts[at] !== colour) continue;
    const times = counts[at + 1]! + 1;
    // Before the first that was seen less often.
    let to = at;
    while (to > 1 && counts[to - 1]! < times) to -= 2;
    counts[at] = counts[to]!;
    counts[at + 1] = counts[to + 1]!;
    counts[to] = colour;
    counts[to + 1] = times;
    return;
  }
  counts.push(colour, 1);
}
