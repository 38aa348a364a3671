/** What benches make of many figures. */

/** Of sorted values; share 0..1. */
export const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

export const median = (values: Iterable<number>): number => quantile(Float64Array.from(values).sort(), 0.5);
