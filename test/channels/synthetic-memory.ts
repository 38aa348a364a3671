/** A GPU's memory system, made up: two sides, slices in paths of four, and an address hash that differs from page to page. */
import type { ContentionTimer } from "../../src/channels/conflict-tester.ts";
import { Prng } from "../../src/core/prng.ts";

export const PARTITIONS = 12;
const SMS = 16;
const PAGE_BLOCKS = 2048;
const QUICK_CYCLES = 2850;
const CONFLICT_CYCLES = 5000;
/** Order in which the other side sees the four slices of a partition. */
const OTHER_SIDE = [1, 3, 0, 2];

const parity = (value: number): number => {
  let rest = value;
  for (let shift = 16; shift > 0; shift >>= 1) rest ^= rest >>> shift;
  return rest & 1;
};

/** Masks of a linear hash: bit i of the hash is the parity of the block index under mask i. */
const COLOUR_MASKS = [0x0193, 0x0465, 0x072a, 0x01fc, 0x0538];
const SLICE_MASKS = [0x02d1, 0x0416];

/** Where an irregular block's hash comes from instead (the finaliser of MurmurHash3, public domain). */
function scrambled(block: number): number {
  const once = Math.imul(block ^ (block >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

export class SyntheticMemory implements ContentionTimer {
  private readonly noise = new Prng(9, "noise");
  private readonly disturbances = new Prng(9, "disturbances");
  private feignedShare = 0;
  private biasedShare = 0;
  /** Share of the blocks whose place nothing foretells. */
  private readonly irregularShare: number;
  /** Cycles that a conflict takes; equal to the quick ones on a GPU where nothing can be seen. */
  private conflictCycles: number;
  private blocksMoved = 0;
  private readonly underWay: Uint32Array[] = [];

  constructor(conflictCycles: number = CONFLICT_CYCLES, irregularShare = 0) {
    this.conflictCycles = conflictCycles;
    this.irregularShare = irregularShare;
  }

  /** With three blocks in ten irregular a probe of a large pool needs 7 tests a block, as it does on an H200. */
  static asHardAsAnH200(): SyntheticMemory {
    return new SyntheticMemory(CONFLICT_CYCLES, 0.3);
  }

  /** From now on such a share of the tests without a conflict look like one: what disturbs a test adds to it. */
  feign(share: number): void {
    this.feignedShare = share;
  }

  /** From now on nothing conflicts any more. */
  goBlind(): void {
    this.conflictCycles = QUICK_CYCLES;
  }

  /** From now on every address has the place of another. */
  move(): void {
    this.blocksMoved = 77;
  }

  /** From now on such a share of the pairs of sectors always look like a conflict on the first side, and never on the other. */
  bias(share: number): void {
    this.biasedShare = share;
  }

  sms(): number {
    return SMS;
  }

  begin(first: Uint32Array, second: Uint32Array, count: number, smPairs: Uint32Array): void {
    const cycles = new Uint32Array(count);
    this.underWay.push(cycles);
    const pairs = smPairs.length / 2;
    for (let index = 0; index < count; index++) {
      const a = smPairs[(index % pairs) * 2]!;
      const b = smPairs[(index % pairs) * 2 + 1]!;
      const meets = a % 2 === b % 2 && this.isConflict(first[index]!, second[index]!, a % 2);
      const looksSo = meets || this.disturbances.nextUnit() < this.feignedShare;
      cycles[index] = (looksSo ? this.conflictCycles : QUICK_CYCLES) + (this.noise.nextUint32() % 150);
    }
  }

  finish(cycles: Uint32Array): void {
    cycles.set(this.underWay.shift()!);
  }

  /** Partitions of the two lanes of a 1 KiB block. */
  lanesOf(block: number): readonly [number, number] {
    const page = Math.floor(block / PAGE_BLOCKS);
    const random = scrambled(block);
    const isIrregular = random < this.irregularShare * 2 ** 32;
    const regular = hashOf(block % PAGE_BLOCKS, COLOUR_MASKS) ^ ((page * 0x9d) & 0x1f);
    const hash = isIrregular ? random & 0x1f : regular;
    const low = hash % PARTITIONS;
    const high = (low + 1 + (hash >> 4)) % PARTITIONS;
    return [low, high];
  }

  private isConflict(first: number, second: number, side: number): boolean {
    const [a, sliceA] = this.placeOf(first);
    const [b, sliceB] = this.placeOf(second);
    if (side === 0 && scrambled(first ^ scrambled(second)) < this.biasedShare * 2 ** 32) return true;
    const seen = (slice: number): number => (side === 0 ? slice : OTHER_SIDE[slice]!);
    return a === b && Math.abs(seen(sliceA) - seen(sliceB)) <= 1;
  }

  /** Partition and slice of a sector: lanes alternate every 256 bytes. */
  private placeOf(sector: number): readonly [number, number] {
    const block = (sector >>> 5) + this.blocksMoved;
    const lane = (sector >>> 3) & 1;
    return [this.lanesOf(block)[lane]!, hashOf(block, SLICE_MASKS)];
  }
}

function hashOf(value: number, masks: readonly number[]): number {
  return masks.reduce((hash, mask, bit) => hash | (parity(value & mask) << bit), 0);
}
