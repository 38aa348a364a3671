/**
 * Latencies since the statistics began in buckets between round edges. Unlike percentiles, counts of different times and tenants can be
 * added and subtracted, which is what monitoring systems do with them: between two looks they never fall.
 */
import type { LatencyCounts } from "./snapshot.ts";

const NS_PER_MS = 1e6;
const MS_PER_NS = 1e-6;

/** From one input copy to a request that has waited for 10 s. Six a decade: a percentile read from the counts is at most half too high. */
export const LATENCY_EDGES_MS: readonly number[] = [
  ...[0.1, 0.15, 0.2, 0.3, 0.5, 0.7],
  ...[1, 1.5, 2, 3, 5, 7],
  ...[10, 15, 20, 30, 50, 70],
  ...[100, 150, 200, 300, 500, 700],
  ...[1000, 1500, 2000, 3000, 5000, 7000],
  10_000,
];

const EDGES_NS = Float64Array.from(LATENCY_EDGES_MS, (ms) => Math.round(ms * NS_PER_MS));

export class LatencyBuckets {
  private readonly counts = new Float64Array(EDGES_NS.length + 1);
  private sumNs = 0;

  record(ns: number): void {
    let from = 0;
    let until = EDGES_NS.length;
    while (from < until) {
      const middle = (from + until) >> 1;
      if (ns <= EDGES_NS[middle]!) until = middle;
      else from = middle + 1;
    }
    this.counts[from] = this.counts[from]! + 1;
    this.sumNs += ns;
  }

  told(): LatencyCounts {
    const end = this.counts.findLastIndex((count) => count > 0) + 1;
    return { counts: [...this.counts.subarray(0, end)], sumMs: this.sumNs * MS_PER_NS };
  }

  reset(): void {
    this.counts.fill(0);
    this.sumNs = 0;
  }
}
