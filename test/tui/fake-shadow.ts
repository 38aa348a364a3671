/** What the fake session says of requests that ended and of runs under other settings. */
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { TenantClass } from "../../src/core/spec.ts";
import type { RequestRecords } from "../../src/engine/request-records.ts";
import type {
  ComparedFigures,
  ComparedTenant,
  ShadowComparison,
  ShadowFigures,
  ShadowOptions,
} from "../../src/engine/shadow-figures.ts";

/** One request a tenant every 50 ms. */
export function fakeRecords({ tenants, atNs }: Snapshot, sinceNs: number): RequestRecords {
  const rows = Math.floor(Math.max(0, atNs - sinceNs) / 50e6) * tenants.length;
  return {
    tenancies: tenants.map(({ id, name, class: tenantClass }) => ({
      id,
      name,
      class: tenantClass,
      joinedNs: 0,
    })),
    completeFromNs: sinceNs,
    untilNs: atNs,
    count: rows,
    tenancy: Uint32Array.from({ length: rows }, (_, row) => row % tenants.length),
    outcome: new Uint8Array(rows),
    arrivedNs: Float64Array.from(
      { length: rows },
      (_, row) => sinceNs + Math.floor(row / tenants.length) * 50e6,
    ),
    latencyNs: Float64Array.from({ length: rows }, (_, row) => (1 + (row % 7)) * 1e6),
  };
}

function figures(p50Ms: number, tail: number, sloMs: number | null, perS: number): ShadowFigures {
  const at = (share: number): number => p50Ms * (0.8 + 0.4 * share + tail * share ** 12);
  const quantilesMs = Float64Array.from({ length: 201 }, (_, step) => at(step / 200));
  const inTime = sloMs === null ? 1 : quantilesMs.filter((ms) => ms <= sloMs).length / quantilesMs.length;
  return {
    completed: Math.round(perS * 10),
    lost: 0,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    sloAttainment: sloMs === null ? null : inTime,
    throughputPerS: perS,
    quantilesMs,
  };
}

/** The shadow has longer tails for LS and does more for BE, as policies without isolation do. */
export function fakeComparison(
  { tenants, atNs, policy, cfsPeriodPackets, beChannelShare, gpu }: Snapshot,
  { sinceNs, ...shadow }: ShadowOptions,
): ShadowComparison {
  const compared = (tenantClass: TenantClass, sloMs: number | null, perS: number): ComparedFigures =>
    tenantClass === "LS"
      ? { actual: figures(2, 0.5, sloMs, perS), shadow: figures(2.4, 6, sloMs, perS) }
      : { actual: figures(60, 0.3, sloMs, perS), shadow: figures(40, 0.3, sloMs, perS * 1.5) };
  return {
    fromNs: Math.max(0, sinceNs),
    untilNs: atNs,
    actual: { policy, cfsPeriodPackets, beChannelShare },
    shadow,
    gpu,
    actualIsReal: false,
    changes: 0,
    tenants: tenants.map(
      ({ id, name, class: tenantClass, sloMs }): ComparedTenant => ({
        id,
        name,
        class: tenantClass,
        sloMs,
        ...compared(tenantClass, sloMs, tenantClass === "LS" ? 20 + id : 5 + id),
      }),
    ),
    classes: { LS: compared("LS", 10, 80), BE: compared("BE", null, 10) },
  };
}
