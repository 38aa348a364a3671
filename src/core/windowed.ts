/** Latencies over the whole run and over the last seconds, as HDR histograms. */
import type { Histogram } from "hdr-histogram-js";
// Not the package's index, which brings a WebAssembly program along: 36 of 45 ms, in every process and thread.
import int32 from "hdr-histogram-js/dist/Int32Histogram.js";
import type { LatencySummary } from "./snapshot.ts";

/** Seconds that "recent" means. Shorter jumps about at ten requests a second; longer hides what the operator just did. */
export const WINDOW_SECONDS = 10;

const NS_PER_S = 1e9;
const US_PER_NS = 1e-3;
const MS_PER_US = 1e-3;
const MS_PER_NS = 1e-6;

/** Latencies are recorded in whole us, 1 us to 1000 s; longer ones count as 1000 s. */
const HIGHEST_US = 1e9;

function histogram(digits: 2 | 3): Histogram {
  const counts = new int32.default(1, HIGHEST_US, digits);
  counts.autoResize = false;
  return counts;
}

/** A histogram with an exact mean and maximum beside it. Three digits over the run, two over a window. */
export class LatencyHistogram {
  private readonly counts: Histogram;
  private sumNs = 0;
  private maxNs = 0;

  constructor(digits: 2 | 3) {
    this.counts = histogram(digits);
  }

  record(ns: number): void {
    this.counts.recordValue(Math.min(Math.round(ns * US_PER_NS), HIGHEST_US));
    this.sumNs += ns;
    if (ns > this.maxNs) this.maxNs = ns;
  }

  add(other: LatencyHistogram): void {
    this.counts.add(other.counts);
    this.sumNs += other.sumNs;
    this.maxNs = Math.max(this.maxNs, other.maxNs);
  }

  reset(): void {
    this.counts.reset();
    this.sumNs = 0;
    this.maxNs = 0;
  }

  get count(): number {
    return this.counts.totalCount;
  }

  summary(): LatencySummary {
    const count = this.counts.totalCount;
    if (count === 0) return { count, p50: NaN, p90: NaN, p99: NaN, max: NaN, mean: NaN };
    const max = this.maxNs * MS_PER_NS;
    // A percentile is its bucket's upper edge, which may lie beyond the largest value.
    const at = (percentile: number): number =>
      Math.min(max, this.counts.getValueAtPercentile(percentile) * MS_PER_US);
    return { count, p50: at(50), p90: at(90), p99: at(99), max, mean: (this.sumNs / count) * MS_PER_NS };
  }
}

/** One histogram a second, the last WINDOW_SECONDS of them, and their sum. */
export class WindowedLatency {
  private readonly seconds: LatencyHistogram[] = [];
  private readonly window = new LatencyHistogram(2);
  /** A second has left the window, and is still in the sum: that is made anew when it is asked for, not in a step of the core. */
  private isStale = false;
  private current = 0;

  constructor() {
    for (let second = 0; second < WINDOW_SECONDS; second++) this.seconds.push(new LatencyHistogram(2));
  }

  record(ns: number, nowNs: number): void {
    this.advance(nowNs);
    this.seconds[this.current % WINDOW_SECONDS]!.record(ns);
    if (!this.isStale) this.window.record(ns);
  }

  summary(nowNs: number): LatencySummary {
    this.advance(nowNs);
    if (this.isStale) this.sum();
    return this.window.summary();
  }

  reset(): void {
    for (const second of this.seconds) second.reset();
    this.window.reset();
    this.isStale = false;
  }

  private sum(): void {
    this.window.reset();
    for (const second of this.seconds) if (second.count > 0) this.window.add(second);
    this.isStale = false;
  }

  private advance(nowNs: number): void {
    const second = Math.floor(nowNs / NS_PER_S);
    const steps = Math.min(second - this.current, WINDOW_SECONDS);
    for (let step = 0; step < steps; step++) {
      const leaving = this.seconds[(second - step) % WINDOW_SECONDS]!;
      if (leaving.count === 0) continue;
      leaving.reset();
      this.isStale = true;
    }
    this.current = second;
  }
}

/** A level that changes in steps, averaged over time: since the start, and over the last seconds. */
export class TimeWeighted {
  private level = 0;
  private sinceNs = 0;
  private integral = 0;
  private originNs = 0;
  /** The integral and the time at the beginning of each of the last seconds. */
  private readonly marks = new Float64Array(WINDOW_SECONDS);
  private readonly markNs = new Float64Array(WINDOW_SECONDS);
  private second = 0;
  private nextMarkNs = NS_PER_S;

  set(level: number, nowNs: number): void {
    if (level === this.level) return;
    this.advance(nowNs);
    this.level = level;
  }

  get now(): number {
    return this.level;
  }

  /** Average since the last reset. */
  mean(nowNs: number): number {
    this.advance(nowNs);
    return nowNs > this.originNs ? this.integral / (nowNs - this.originNs) : 0;
  }

  recentMean(nowNs: number): number {
    this.advance(nowNs);
    const oldest = Math.max(0, this.second - WINDOW_SECONDS + 1) % WINDOW_SECONDS;
    const fromNs = Math.max(this.markNs[oldest]!, this.originNs);
    const elapsedNs = nowNs - fromNs;
    return elapsedNs > 0 ? (this.integral - this.marks[oldest]!) / elapsedNs : 0;
  }

  reset(nowNs: number): void {
    this.advance(nowNs);
    this.integral = 0;
    this.originNs = nowNs;
    this.marks.fill(0);
    this.markNs.fill(nowNs);
  }

  private advance(nowNs: number): void {
    if (nowNs >= this.nextMarkNs) this.mark(Math.floor(nowNs / NS_PER_S));
    this.integral += this.level * (nowNs - this.sinceNs);
    this.sinceNs = nowNs;
  }

  /** Notes the integral at the beginning of each second up to `second`. */
  private mark(second: number): void {
    for (let next = Math.max(this.second + 1, second - WINDOW_SECONDS + 1); next <= second; next++) {
      const startNs = next * NS_PER_S;
      this.marks[next % WINDOW_SECONDS] = this.integral + this.level * (startNs - this.sinceNs);
      this.markNs[next % WINDOW_SECONDS] = startNs;
    }
    this.second = second;
    this.nextMarkNs = (second + 1) * NS_PER_S;
  }
}
