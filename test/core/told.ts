/** What is promised of everything that is told of a slow request. */
import { expect } from "vitest";
import { BLAME_PARTS } from "../../src/core/blame.ts";
import type { Blame, ContendedResource, SlowRequest, TenantDetail } from "../../src/core/snapshot.ts";

const NS_PER_MS = 1e6;
/** Of sums of ms: less than a ns. */
const ROUNDING_MS = 1e-7;

const WAITS: readonly { resources: readonly ContendedResource[]; parts: readonly (keyof Blame)[] }[] = [
  { resources: ["queue"], parts: ["queue"] },
  { resources: ["PCIe in", "PCIe out"], parts: ["copyWait"] },
  { resources: ["SMs", "VRAM"], parts: ["smWait", "sharing"] },
];

export function partsMs({ phases }: SlowRequest): Record<keyof Blame, number> {
  const ms = Object.fromEntries(BLAME_PARTS.map((part) => [part, 0])) as Record<keyof Blame, number>;
  for (const { part, fromNs, untilNs } of phases) ms[part] += (untilNs - fromNs) / NS_PER_MS;
  return ms;
}

/** Phases tile the latency, to the ns; delays never sum to more than the waits that they are of. */
export function expectToldRightly(request: SlowRequest): void {
  const { arrivedNs, latencyMs, phases, delays } = request;
  let atNs = arrivedNs;
  for (const { fromNs, untilNs } of phases) {
    expect(fromNs).toBe(atNs);
    expect(untilNs).toBeGreaterThan(fromNs);
    atNs = untilNs;
  }
  expect((atNs - arrivedNs) / NS_PER_MS).toBeCloseTo(latencyMs, 9);
  const ms = partsMs(request);
  for (const { resources, parts } of WAITS) {
    const lost = delays.filter(({ resource }) => resources.includes(resource));
    const waited = parts.reduce((sum, part) => sum + ms[part], 0);
    expect(lost.reduce((sum, delay) => sum + delay.ms, 0)).toBeLessThanOrEqual(waited + ROUNDING_MS);
  }
  for (const delay of delays) expect(delay.ms).toBeGreaterThan(0);
}

export function expectDetail({ slowest, histogram }: TenantDetail): void {
  for (const request of slowest) expectToldRightly(request);
  const latencies = slowest.map(({ latencyMs }) => latencyMs);
  expect(latencies).toEqual(latencies.toSorted((a, b) => b - a));
  expect(histogram.edgesMs.length).toBe(histogram.counts.length === 0 ? 0 : histogram.counts.length + 1);
}
