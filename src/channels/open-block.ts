/**
 * A block whose colour is sought, lane after lane: once one lane is known, few colours are left for the next, so that testing both
 * at once would waste tests.
 */
import { NOWHERE } from "./partition-finder.ts";

export class OpenBlock {
  readonly page: number;
  readonly offset: number;
  /** What the predictor learns from. */
  readonly contexts: readonly number[];
  /** Colours to test, the likeliest first. */
  guesses: readonly number[];
  /** Partitions of the lanes before `lane`. */
  found: number[] = [];
  /** Partition in test for the lane, or NOWHERE, and the number of its representative. */
  partition = NOWHERE;
  attempt = 0;
  isConfirming = false;
  private readonly lanes: number;
  /** Partitions that the lane does not lie in. */
  private ruledOut: number[] = [];

  constructor(
    page: number,
    offset: number,
    lanes: number,
    contexts: readonly number[],
    guesses: readonly number[],
  ) {
    this.page = page;
    this.offset = offset;
    this.lanes = lanes;
    this.contexts = contexts;
    this.guesses = guesses;
  }

  /** The lane that is sought now. */
  get lane(): number {
    return this.found.length;
  }

  isFound(): boolean {
    return this.found.length === this.lanes;
  }

  try(partition: number): void {
    this.partition = partition;
    this.attempt = 0;
  }

  /** The lane lies in the partition in test. */
  hit(): void {
    this.found.push(this.partition);
    this.partition = NOWHERE;
    this.ruledOut = [];
  }

  /** The lane does not. */
  ruleOut(): void {
    this.ruledOut.push(this.partition);
  }

  isRuledOut(partition: number): boolean {
    return this.ruledOut.includes(partition);
  }

  /** Does a colour agree with what is known? */
  fits(partitions: readonly number[]): boolean {
    const lane = this.found.length;
    for (let known = 0; known < lane; known++) if (this.found[known] !== partitions[known]) return false;
    return !this.ruledOut.includes(partitions[lane]!);
  }

  /** Starts over with one colour, to find it again. */
  confirm(colour: number): void {
    this.isConfirming = true;
    this.guesses = [colour];
    this.found = [];
    this.partition = NOWHERE;
    this.ruledOut = [];
  }
}
