/** The parts that a latency consists of, as rows of numbers keep them. */
import type { Blame } from "./snapshot.ts";

const MS_PER_NS = 1e-6;

/** In the order in which rows of ns have them. */
export const BLAME_PARTS = [
  "queue",
  "smWait",
  "copyWait",
  "copy",
  "execution",
  "sharing",
] as const satisfies readonly (keyof Blame)[];

export const QUEUE = 0;
export const SM_WAIT = 1;
export const COPY_WAIT = 2;
export const COPY = 3;
export const EXECUTION = 4;
export const SHARING = 5;

/** Mean ms of each part; NaN without requests. `ns`: the sums of `count` requests. */
export function meanBlame(ns: ArrayLike<number>, count: number): Blame {
  const blame = {} as { -readonly [Part in keyof Blame]: number };
  BLAME_PARTS.forEach((part, index) => {
    blame[part] = count === 0 ? NaN : (ns[index]! / count) * MS_PER_NS;
  });
  return blame;
}
