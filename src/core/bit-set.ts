/**
 * An immutable set of small indices (0..95), the shape of both TPC masks and VRAM-channel sets.
 *
 * A set bit always means *enabled*. Three 32-bit words hold the largest GPU in the presets (66 TPCs, 47 channels)
 * with room to spare; sets of other widths never meet, which the brands of TpcSet and ChannelSet see to.
 */

import { assert } from "./assert.ts";

export const BIT_SET_CAPACITY = 96;

function popCount32(word: number): number {
  let v = word - ((word >>> 1) & 0x5555_5555);
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333);
  v = (v + (v >>> 4)) & 0x0f0f_0f0f;
  return Math.imul(v, 0x0101_0101) >>> 24;
}

/** The bits of word `index` that lie in [from, to). */
function rangeWord(index: number, from: number, to: number): number {
  const low = Math.max(from - index * 32, 0);
  const high = Math.min(to - index * 32, 32);
  if (low >= high) return 0;
  const below = (bits: number): number => (bits === 32 ? 0xffff_ffff : (1 << bits) - 1);
  return (below(high) & ~below(low)) >>> 0;
}

/** Those made so far, by both ends. */
const ranges = new Map<number, BitSet<string>>();

export class BitSet<Brand extends string> {
  /** Present in types only: keeps TPC masks and channel sets apart. */
  declare readonly brand: Brand;
  /** Indices 0..31, 32..63 and 64..95. Signed: V8 keeps such words in the object and would box unsigned ones one by one. */
  private readonly low: number;
  private readonly middle: number;
  private readonly high: number;

  constructor(word0: number, word1: number, word2: number) {
    this.low = word0 | 0;
    this.middle = word1 | 0;
    this.high = word2 | 0;
  }

  /** The words as unsigned numbers, the way sets travel. */
  get word0(): number {
    return this.low >>> 0;
  }

  get word1(): number {
    return this.middle >>> 0;
  }

  get word2(): number {
    return this.high >>> 0;
  }

  /** The indices from, from + 1, ... to - 1. Ranges recur, so each is made once. */
  static range<B extends string>(from: number, to: number): BitSet<B> {
    assert(from >= 0 && to <= BIT_SET_CAPACITY, "a range is of indices that a set can hold");
    const key = from * (BIT_SET_CAPACITY + 1) + to;
    let range = ranges.get(key);
    if (range === undefined) {
      range = new BitSet<string>(rangeWord(0, from, to), rangeWord(1, from, to), rangeWord(2, from, to));
      ranges.set(key, range);
    }
    return range as BitSet<B>;
  }

  get size(): number {
    return popCount32(this.low) + popCount32(this.middle) + popCount32(this.high);
  }

  get isEmpty(): boolean {
    return (this.low | this.middle | this.high) === 0;
  }

  has(index: number): boolean {
    const word = index < 32 ? this.low : index < 64 ? this.middle : this.high;
    return ((word >>> (index & 31)) & 1) === 1;
  }

  union(other: BitSet<Brand>): BitSet<Brand> {
    if (this.isWithin(other)) return other;
    if (other.isWithin(this)) return this;
    return new BitSet(this.low | other.low, this.middle | other.middle, this.high | other.high);
  }

  intersect(other: BitSet<Brand>): BitSet<Brand> {
    return new BitSet(this.low & other.low, this.middle & other.middle, this.high & other.high);
  }

  minus(other: BitSet<Brand>): BitSet<Brand> {
    return new BitSet(this.low & ~other.low, this.middle & ~other.middle, this.high & ~other.high);
  }

  overlaps(other: BitSet<Brand>): boolean {
    return ((this.low & other.low) | (this.middle & other.middle) | (this.high & other.high)) !== 0;
  }

  isWithin(other: BitSet<Brand>): boolean {
    return ((this.low & ~other.low) | (this.middle & ~other.middle) | (this.high & ~other.high)) === 0;
  }

  equals(other: BitSet<Brand>): boolean {
    return this.low === other.low && this.middle === other.middle && this.high === other.high;
  }

  /** The members with the highest indices, at most `count`. */
  highest(count: number): BitSet<Brand> {
    let excess = this.size - Math.max(count, 0);
    if (excess <= 0) return this;
    let { low, middle, high } = this;
    for (; excess > 0; excess--) {
      if (low !== 0) low &= low - 1;
      else if (middle !== 0) middle &= middle - 1;
      else high &= high - 1;
    }
    return new BitSet(low, middle, high);
  }

  /** The members in rising order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let index = 0; index < BIT_SET_CAPACITY; index++) if (this.has(index)) yield index;
  }

  /** Runs of indices, as people write them: "0-21,44". The empty set is "none". */
  toString(): string {
    const runs: string[] = [];
    for (let from = 0; from < BIT_SET_CAPACITY; from++) {
      if (!this.has(from)) continue;
      let last = from;
      while (last + 1 < BIT_SET_CAPACITY && this.has(last + 1)) last++;
      runs.push(from === last ? `${from}` : `${from}-${last}`);
      from = last;
    }
    return runs.length === 0 ? "none" : runs.join(",");
  }

  /** What toString wrote. Throws on anything else. */
  static parse<B extends string>(text: string): BitSet<B> {
    let set = new BitSet<B>(0, 0, 0);
    if (text === "none") return set;
    for (const run of text.split(",")) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(run);
      if (match === null) throw new RangeError(`not a set of indices: "${text}"`);
      const first = Number(match[1]);
      const last = Number(match[2] ?? first);
      if (last >= BIT_SET_CAPACITY)
        throw new RangeError(`an index of ${BIT_SET_CAPACITY} or more: "${text}"`);
      set = set.union(BitSet.range<B>(first, last + 1));
    }
    return set;
  }
}
