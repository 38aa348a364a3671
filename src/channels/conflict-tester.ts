/**
 * Tests whether sectors of a pool share a slice of L2, by the cycles that two SMs need side by side. Only SMs of one side of
 * the GPU meet at a slice, so the sides are found first; then every side has one pair, and all pairs test at once.
 */
import { MissileError } from "../core/error.ts";
import type { NativeContentionProbe } from "../native/index.ts";
import { findThreshold } from "./threshold.ts";

/** What the tester needs of the addon, or of a test's synthetic memory. */
export type ContentionTimer = Omit<NativeContentionProbe, "close">;

/** Sector both SMs hammer when sides are sought; any will do. */
const MEETING_SECTOR = 80;
/** The least of this many timings counts: whatever disturbs a test only adds to it. */
const TRIES = 3;
/** Tests that go unheeded: a fifth of a second on an H200. */
const WARM_UP_TESTS = 1 << 16;
const APART_TESTS = 200;
/** In sectors: odd, lest a power of two of the address hash is met again and again; all fit into 2 MiB. */
const APART_STRIDE = 317;
/** More sides than any known GPU has; beyond it timings mean nothing. */
const MOST_SIDES = 8;

export class ConflictTester {
  /** SMs that meet one another, by side. */
  readonly sides: readonly (readonly number[])[];
  /** Cycles above which a test is a conflict. */
  readonly thresholdCycles: number;
  testCount = 0;
  private readonly timer: ContentionTimer;
  /** Cycles of the batches under way, the oldest first. */
  private readonly underWay: Uint32Array[] = [];

  /** Finds the sides. Throws MissileError "notBimodal" where the timings do not fall into two groups. */
  constructor(timer: ContentionTimer) {
    this.timer = timer;
    this.warmUp();
    const cycles = this.meetingCycles(0);
    this.thresholdCycles = findThreshold([...cycles.filter((value) => value > 0), ...this.apartCycles()]);
    this.sides = this.findSides(cycles);
  }

  /** Does first[i] conflict with second[i]? Test i runs on side i % sides.length. */
  conflicts(first: Uint32Array, second: Uint32Array): Uint8Array {
    this.begin(first, second);
    return this.finish();
  }

  /** Begins such a batch of tests: at most two may be under way. */
  begin(first: Uint32Array, second: Uint32Array): void {
    this.beginTiming(first, second, this.sides.flatMap(pairOf));
  }

  /** Waits for the oldest batch under way. */
  finish(): Uint8Array {
    const cycles = this.finishTiming();
    const verdicts = new Uint8Array(cycles.length);
    // A plain loop: Uint8Array.from with a function is several times slower, and this runs for every test.
    for (let index = 0; index < cycles.length; index++) {
      if (cycles[index]! > this.thresholdCycles) verdicts[index] = 1;
    }
    return verdicts;
  }

  /** Lets the GPU reach the clocks it will test at. */
  private warmUp(): void {
    const sectors = new Uint32Array(WARM_UP_TESTS).fill(MEETING_SECTOR);
    this.time(sectors, sectors, [0, this.timer.sms() - 1]);
  }

  /** Cycles at sectors of which nearly all lie apart: what a test without conflict takes, also where all SMs meet. */
  private apartCycles(): number[] {
    const sectors = Uint32Array.from({ length: APART_TESTS }, (_, index) => (index + 1) * APART_STRIDE);
    const meeting = new Uint32Array(APART_TESTS).fill(MEETING_SECTOR);
    return [...this.time(meeting, sectors, [0, this.timer.sms() - 1])];
  }

  /** Cycles of `base` and every later SM at one sector; 0 for the others. */
  private meetingCycles(base: number, others?: readonly number[]): number[] {
    const sectors = new Uint32Array(TRIES).fill(MEETING_SECTOR);
    return Array.from({ length: this.timer.sms() }, (_, sm) => {
      if (sm <= base || (others !== undefined && !others.includes(sm))) return 0;
      return Math.min(...this.time(sectors, sectors, [base, sm]));
    });
  }

  private time(first: Uint32Array, second: Uint32Array, smPairs: readonly number[]): Uint32Array {
    this.beginTiming(first, second, smPairs);
    return this.finishTiming();
  }

  private beginTiming(first: Uint32Array, second: Uint32Array, smPairs: readonly number[]): void {
    const count = first.length;
    if (count > 0) this.timer.begin(first, second, count, Uint32Array.from(smPairs));
    this.underWay.push(new Uint32Array(count));
    this.testCount += count;
  }

  private finishTiming(): Uint32Array {
    const cycles = this.underWay.shift()!;
    if (cycles.length > 0) this.timer.finish(cycles);
    return cycles;
  }

  private findSides(fromFirst: readonly number[]): number[][] {
    const sides: number[][] = [];
    let left = fromFirst.map((_, sm) => sm);
    let cycles = fromFirst;
    while (left.length > 1) {
      const base = left[0]!;
      const isMate = (sm: number): boolean => sm === base || (cycles[sm] ?? 0) > this.thresholdCycles;
      const side = left.filter(isMate);
      left = left.filter((sm) => !isMate(sm));
      if (side.length > 1) sides.push(side);
      if (left.length > 1) cycles = this.meetingCycles(left[0]!, left);
      if (sides.length > MOST_SIDES) {
        throw new MissileError("SMs do not fall into sides: the timings mean nothing here", "notBimodal");
      }
    }
    return sides;
  }
}

/** Two SMs far apart, which share no TPC. */
const pairOf = (side: readonly number[]): number[] => [side[0]!, side.at(-1)!];
