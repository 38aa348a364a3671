import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatencyHistogram, TimeWeighted, WINDOW_SECONDS, WindowedLatency } from "../../src/core/windowed.ts";

const S = 1e9;

describe("latencies", () => {
  it("keep percentiles within a thousandth, the mean and the maximum exact", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 10_000, max: 1e10 }), { minLength: 1, maxLength: 300 }),
        (values) => {
          const histogram = new LatencyHistogram(3);
          for (const value of values) histogram.record(value);
          const sorted = [...values].sort((a, b) => a - b);
          const { p50, max, mean, count } = histogram.summary();
          const median = sorted[Math.ceil(values.length / 2) - 1]! / 1e6;
          expect(Math.abs(p50 - median)).toBeLessThanOrEqual(Math.max(median * 1e-3, 1e-3));
          expect(max).toBeCloseTo(sorted.at(-1)! / 1e6, 6);
          expect(mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / values.length / 1e6, 6);
          expect(count).toBe(values.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("forget what is older than the window, and keep the rest", () => {
    const recent = new WindowedLatency();
    recent.record(5e6, 0.5 * S);
    recent.record(7e6, 3.5 * S);
    expect(recent.summary(3.6 * S).count).toBe(2);
    expect(recent.summary((WINDOW_SECONDS + 0.5) * S).count).toBe(1);
    expect(recent.summary((WINDOW_SECONDS + 4) * S).count).toBe(0);
    recent.record(1e6, 1000 * S);
    expect(recent.summary(1000 * S).max).toBeCloseTo(1, 9);
  });
});

describe("a time-weighted level", () => {
  it("averages over the run and over the window", () => {
    const level = new TimeWeighted();
    level.set(1, 0);
    level.set(0, 10 * S);
    expect(level.recentMean(15 * S)).toBeCloseTo(4 / 9, 9);
    expect(level.mean(20 * S)).toBeCloseTo(0.5, 9);
    expect(level.recentMean(30 * S)).toBe(0);
  });

  it("starts again at a reset, with the level as it is", () => {
    const level = new TimeWeighted();
    level.set(1, 0);
    level.reset(5 * S);
    expect(level.mean(6 * S)).toBe(1);
    expect(level.recentMean(6 * S)).toBeCloseTo(1, 9);
    level.set(0, 6 * S);
    expect(level.mean(10 * S)).toBeCloseTo(0.2, 9);
    expect(level.recentMean(10 * S)).toBeCloseTo(0.2, 9);
  });
});
