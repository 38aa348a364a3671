/** Do timings fall into two groups, one about twice as slow as the other? */
import { MissileError } from "../core/error.ts";

/** A gap between the groups must be at least this share of the faster group's median (measured on an H200: 0.6). */
const LEAST_GAP = 0.25;
/** The slower group takes its turns with another: twice as long, give or take. */
const SLOW_RANGE = [1.4, 2.8] as const;
/** Timings beyond are disturbances, not a group; this many of a hundred may be. */
const OUTLIERS = 0.01;

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;

/** The middle of the gap between the groups. Throws MissileError "notBimodal" where there is no such gap. */
export function findThreshold(cycles: readonly number[]): number {
  const sorted = [...cycles].sort((a, b) => a - b);
  const usable = sorted.slice(0, Math.max(2, Math.ceil(sorted.length * (1 - OUTLIERS))));
  let at = 0;
  for (let index = 1; index + 1 < usable.length; index++) {
    if (usable[index + 1]! - usable[index]! > usable[at + 1]! - usable[at]!) at = index;
  }
  const fast = quantile(usable.slice(0, at + 1), 0.5);
  const slow = quantile(usable.slice(at + 1), 0.5);
  const gap = usable[at + 1]! - usable[at]!;
  const ratio = slow / fast;
  if (!(gap >= LEAST_GAP * fast) || ratio < SLOW_RANGE[0] || ratio > SLOW_RANGE[1]) {
    throw new MissileError(
      `VRAM channels cannot be told apart here: conflicts take ${ratio.toFixed(2)} times as long as other tests, ` +
        `with a gap of ${gap} cycles at ${fast}; the pool stays uncoloured`,
      "notBimodal",
    );
  }
  return (usable[at]! + usable[at + 1]!) / 2;
}
