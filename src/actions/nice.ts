/**
 * The steps that [ and ] take through nice. Three steps double it and ten make it ten times as much (the series
 * 1 1.25 1.6 2 2.5 3.2 4 5 6.4 8), so values stay round and a step back undoes a step forth.
 */

const SERIES = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8];
export const NICE = { least: 1, most: 1_000_000_000 } as const;

const LADDER: readonly number[] = [
  ...new Set(
    Array.from({ length: 9 }, (_, decade) => SERIES.map((step) => Math.round(step * 10 ** decade))).flat(),
  ),
  NICE.most,
];

/** The next rung above or below a positive integer; the same one at either end. */
export function stepNice(nice: number, direction: 1 | -1): number {
  if (direction > 0) return LADDER.find((rung) => rung > nice) ?? Math.max(nice, NICE.most);
  return LADDER.findLast((rung) => rung < nice) ?? NICE.least;
}

/** What each nice buys of the bus while everyone waits for it, 0..1. */
export function sharesOf(nices: readonly number[]): number[] {
  const sum = nices.reduce((total, nice) => total + nice, 0);
  return nices.map((nice) => nice / sum);
}
