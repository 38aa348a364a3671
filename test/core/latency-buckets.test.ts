import fc from "fast-check";
import { expect, it } from "vitest";
import { LATENCY_EDGES_MS, LatencyBuckets } from "../../src/core/latency-buckets.ts";

it("has edges that rise by half at most", () => {
  LATENCY_EDGES_MS.slice(1).forEach((edge, at) => {
    expect(edge / LATENCY_EDGES_MS[at]!).toBeGreaterThan(1);
    expect(edge / LATENCY_EDGES_MS[at]!).toBeLessThan(1.67);
  });
});

it("counts a latency at an edge below it, and the next ns above", () => {
  LATENCY_EDGES_MS.forEach((edge, at) => {
    const buckets = new LatencyBuckets();
    buckets.record(Math.round(edge * 1e6));
    buckets.record(Math.round(edge * 1e6) + 1);
    expect(buckets.told().counts).toEqual([...Array(at).fill(0), 1, 1]);
  });
});

it("counts each latency once, where it belongs, and adds all of them up", () => {
  const latency = fc.integer({ min: 0, max: 20_000_000_000 });
  fc.assert(
    fc.property(fc.array(latency, { maxLength: 50 }), (latencies) => {
      const buckets = new LatencyBuckets();
      for (const ns of latencies) buckets.record(ns);
      const { counts, sumMs } = buckets.told();
      const expected = [...LATENCY_EDGES_MS, Number.POSITIVE_INFINITY].map(
        (edge, at) =>
          latencies.filter((ns) => ns * 1e-6 <= edge && ns * 1e-6 > (LATENCY_EDGES_MS[at - 1] ?? -1)).length,
      );
      expect(counts).toEqual(expected.slice(0, expected.findLastIndex((count) => count > 0) + 1));
      expect(sumMs).toBeCloseTo(latencies.reduce((sum, ns) => sum + ns, 0) / 1e6, 6);
    }),
  );
});
