/**
 * Latencies of the last seconds in bins of equal steps of a logarithm, each with what its requests spent where.
 *
 * So the tail can be asked for at any time, whoever is looked at, for the price of a few additions a request. All sums are whole ns,
 * which a double holds exactly: what leaves the window leaves nothing behind.
 */
import { BLAME_PARTS, meanBlame } from "./blame.ts";
import type { Blame, TenantDetail } from "./snapshot.ts";
import { WINDOW_SECONDS } from "./windowed.ts";

/** Bins between a latency and twice it: 9 % apart. Fewer blur the tail; each more costs 0.4 KiB a tenant. */
const BINS_PER_OCTAVE = 8;
/** From 1 us to 1074 s; what is beyond counts in the last bin. */
const OCTAVES = 30;
const BINS = BINS_PER_OCTAVE * OCTAVES;

/** 2 ^ (1 / BINS_PER_OCTAVE): written out, since powers may differ between machines. */
const STEP = 1.0905077326652577;

/** Where bins begin and end, in us. */
const EDGES_US = new Float64Array(BINS + 1);
for (let bin = 0; bin <= BINS; bin++) {
  EDGES_US[bin] =
    bin === 0 ? 1 : bin < BINS_PER_OCTAVE ? EDGES_US[bin - 1]! * STEP : EDGES_US[bin - BINS_PER_OCTAVE]! * 2;
}

/** Of the slowest requests: those beyond the 99th percentile. */
const TAIL_SHARE = 0.01;

const US_PER_NS = 1e-3;
const NS_PER_S = 1e9;
const MS_PER_US = 1e-3;

/** In each bin: the number of requests, then the ns of each part. */
const FIELDS = 1 + BLAME_PARTS.length;

function binOf(ns: number): number {
  const us = ns * US_PER_NS;
  if (us >= EDGES_US[BINS]!) return BINS - 1;
  const octave = Math.max(0, 31 - Math.clz32(us));
  let bin = octave * BINS_PER_OCTAVE;
  while (us >= EDGES_US[bin + 1]!) bin++;
  return bin;
}

export class LatencyBins {
  private readonly seconds = new Float64Array(WINDOW_SECONDS * BINS * FIELDS);
  /** Over all of them. */
  private readonly window = new Float64Array(BINS * FIELDS);
  private second = 0;

  /** @param blameNs its parts, in the order of BLAME_PARTS. */
  record(latencyNs: number, blameNs: readonly number[], nowNs: number): void {
    this.advance(nowNs);
    const { seconds, window } = this;
    const at = binOf(latencyNs) * FIELDS;
    const inSecond = (this.second % WINDOW_SECONDS) * BINS * FIELDS + at;
    window[at] = window[at]! + 1;
    seconds[inSecond] = seconds[inSecond]! + 1;
    for (let part = 1; part < FIELDS; part++) {
      const ns = blameNs[part - 1]!;
      window[at + part] = window[at + part]! + ns;
      seconds[inSecond + part] = seconds[inSecond + part]! + ns;
    }
  }

  /** Mean parts of the slowest hundredth, to whole bins; NaN without any. */
  tail(nowNs: number): Blame {
    this.advance(nowNs);
    const { window } = this;
    let all = 0;
    for (let bin = 0; bin < BINS; bin++) all += window[bin * FIELDS]!;
    const sums = new Array<number>(FIELDS).fill(0);
    for (let bin = BINS - 1; bin >= 0 && sums[0]! < all * TAIL_SHARE; bin--) {
      for (let field = 0; field < FIELDS; field++) sums[field]! += window[bin * FIELDS + field]!;
    }
    const [count = 0, ...parts] = sums;
    return meanBlame(parts, count);
  }

  /** From the first bin with a request to the last; empty without any. */
  histogram(nowNs: number): TenantDetail["histogram"] {
    this.advance(nowNs);
    const counts = Array.from({ length: BINS }, (_, bin) => this.window[bin * FIELDS]!);
    const first = counts.findIndex((count) => count > 0);
    if (first < 0) return { edgesMs: [], counts: [] };
    const end = counts.findLastIndex((count) => count > 0) + 1;
    return {
      edgesMs: Array.from({ length: end - first + 1 }, (_, index) => EDGES_US[first + index]! * MS_PER_US),
      counts: counts.slice(first, end),
    };
  }

  reset(): void {
    this.seconds.fill(0);
    this.window.fill(0);
  }

  /** Forgets the seconds that have left the window. */
  private advance(nowNs: number): void {
    const second = Math.floor(nowNs / NS_PER_S);
    const steps = Math.min(second - this.second, WINDOW_SECONDS);
    for (let step = 0; step < steps; step++) this.forget((second - step) % WINDOW_SECONDS);
    this.second = second;
  }

  private forget(slot: number): void {
    const from = slot * BINS * FIELDS;
    const old = this.seconds.subarray(from, from + BINS * FIELDS);
    for (let index = 0; index < old.length; index++) this.window[index] = this.window[index]! - old[index]!;
    old.fill(0);
  }
}
