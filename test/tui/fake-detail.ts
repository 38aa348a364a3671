/** What the fake session tells of the latencies of its tenants: smooth arithmetic of the time, so that it is the same every time. */
import { LATENCY_EDGES_MS } from "../../src/core/latency-buckets.ts";
import type {
  Blame,
  Delay,
  LatencyCounts,
  LatencySummary,
  RequestPhase,
  SlowRequest,
  TenantDetail,
} from "../../src/core/snapshot.ts";
import type { FakeTenant } from "./fake-mix.ts";

/** A smooth value in 0..1 that differs by what it is asked for. */
export const wave = (seconds: number, what: number): number =>
  0.5 + 0.5 * Math.sin(seconds * (1 + (what % 5) / 3) + what * 1.7);

export const completedOf = (tenant: FakeTenant, seconds: number): number =>
  Math.floor(seconds * (tenant.class === "LS" ? 20 : 5));

export function tailOf(tenant: FakeTenant, seconds: number): Blame {
  const part = (index: number): number => tenant.baseMs * 0.3 * wave(seconds / 3, tenant.id + index);
  return {
    queue: part(1),
    smWait: part(2),
    copyWait: part(3),
    copy: tenant.baseMs * 0.12,
    execution: tenant.baseMs * 0.55,
    sharing: part(4),
  };
}

const BINS_PER_OCTAVE = 8;

/** One hump at the tenant's usual latency, and a smaller one at twice that. */
function histogramOf({ baseMs }: FakeTenant): TenantDetail["histogram"] {
  const first = Math.floor(Math.log2(baseMs * 0.7) * BINS_PER_OCTAVE);
  const counts = Array.from({ length: 16 }, (_, bin) =>
    Math.round(90 * Math.exp(-(((bin - 4) / 2) ** 2)) + 12 * Math.exp(-((bin - 12) ** 2))),
  );
  const edgesMs = Array.from({ length: 17 }, (_, bin) => 2 ** ((first + bin) / BINS_PER_OCTAVE));
  return { edgesMs, counts };
}

const SHAPE: readonly (readonly [keyof Blame, number])[] = [
  ["queue", 0.1],
  ["copyWait", 0.15],
  ["copy", 0.1],
  ["smWait", 0.2],
  ["execution", 0.15],
  ["sharing", 0.05],
  ["smWait", 0.05],
  ["execution", 0.15],
  ["copy", 0.05],
];

function phasesOf(arrivedNs: number, latencyNs: number): RequestPhase[] {
  let fromNs = arrivedNs;
  return SHAPE.map(([part, share]) => {
    const phase = { part, fromNs, untilNs: fromNs + share * latencyNs };
    fromNs = phase.untilNs;
    return phase;
  });
}

function slowRequest(
  tenant: FakeTenant,
  others: readonly FakeTenant[],
  id: number,
  seconds: number,
): SlowRequest {
  const latencyMs = tenant.baseMs * (2.4 - 0.09 * (id % 10) + 0.05 * wave(seconds / 30, id));
  const arrivedNs = Math.max(0, seconds - 1 - (id % 10) * 3.1) * 1e9;
  const other = (index: number): FakeTenant => others[(id + index) % others.length] ?? tenant;
  const delays: Delay[] = [
    { by: other(1).id, byName: other(1).name, resource: "SMs", ms: latencyMs * 0.25 },
    { by: other(0).id, byName: other(0).name, resource: "PCIe in", ms: latencyMs * 0.15 },
    { by: -1, byName: tenant.name, resource: "queue", ms: latencyMs * 0.1 },
    { by: other(2).id, byName: other(2).name, resource: "VRAM", ms: latencyMs * 0.05 },
  ];
  return { id, arrivedNs, latencyMs, phases: phasesOf(arrivedNs, latencyMs * 1e6), delays };
}

export function detailOf(tenant: FakeTenant, all: readonly FakeTenant[], seconds: number): TenantDetail {
  const others = all.filter((other) => other !== tenant);
  return {
    tenant: tenant.id,
    histogram: histogramOf(tenant),
    slowest: Array.from({ length: 10 }, (_, index) => slowRequest(tenant, others, 340 + index, seconds)),
  };
}

export function bits(from: number, to: number): [number, number, number] {
  const words: [number, number, number] = [0, 0, 0];
  for (let index = from; index < to; index++) words[index >> 5]! |= 1 << (index & 31);
  return words;
}

export const latency = (count: number, p50: number): LatencySummary =>
  count === 0
    ? { count, p50: Number.NaN, p90: Number.NaN, p99: Number.NaN, max: Number.NaN, mean: Number.NaN }
    : { count, p50, p90: p50 * 1.2, p99: p50 * 1.45, max: p50 * 2, mean: p50 * 1.05 };

/** All of them as fast as the median. */
export function bucketsOf(count: number, p50Ms: number): LatencyCounts {
  const edge = LATENCY_EDGES_MS.findIndex((ms) => p50Ms <= ms);
  const bucket = edge < 0 ? LATENCY_EDGES_MS.length : edge;
  const counts = count === 0 ? [] : [...Array<number>(bucket).fill(0), count];
  return { counts, sumMs: count * p50Ms };
}

/** Longer periods move more; 1 at 512 packets. */
export function periodLaw(packets: number): number {
  const law = (ofPackets: number): number => ofPackets / (ofPackets + 300);
  return law(packets) / law(512);
}
