/** What the charts of single tenants say: p99 against SLO, and attainment. */
import type { History } from "./history.ts";
import type { BoardSnapshot, BoardTenant } from "./snapshot.ts";

/** Attainment from which on a tenant is well, and below which it is not. */
const GOOD = 0.99;
const BAD = 0.95;

export type Verdict = "good" | "strained" | "bad";

export interface LatencyChart {
  readonly name: string;
  readonly sloMs: number | null;
  readonly nowMs: number | null;
  /** Oldest first; what is not known goes on as it was. */
  readonly p99Ms: readonly number[];
  readonly verdict: Verdict;
}

export interface Attainment {
  readonly name: string;
  /** 0..1 */
  readonly share: number;
  readonly verdict: Verdict;
}

/** How full its SLO is; without one, or without requests, nobody has to look. */
const strain = ({ p99Ms, sloMs }: BoardTenant): number =>
  p99Ms === null || sloMs === null ? 0 : p99Ms / sloMs;

const verdictOf = (tenant: BoardTenant): Verdict => {
  const used = strain(tenant);
  return used > 1 ? "bad" : used > 0.9 ? "strained" : "good";
};

/** The `most` who need looking at most, in the order of the snapshot. */
function neediest<T>(items: readonly T[], most: number, need: (item: T) => number): T[] {
  const chosen = new Set([...items].sort((a, b) => need(b) - need(a)).slice(0, most));
  return items.filter((item) => chosen.has(item));
}

export const lsTenants = ({ tenants }: BoardSnapshot): BoardTenant[] =>
  tenants.filter((tenant) => tenant.class === "LS");

function seriesOf(name: string, { moments }: History): number[] {
  let last = 0;
  return moments.map(({ points }) => {
    last = points.get(name)?.p99Ms ?? last;
    return last;
  });
}

export function latencyCharts(snapshot: BoardSnapshot, history: History, most: number): LatencyChart[] {
  return neediest(lsTenants(snapshot), most, strain).map((tenant) => ({
    name: tenant.name,
    sloMs: tenant.sloMs,
    nowMs: tenant.p99Ms,
    p99Ms: seriesOf(tenant.name, history),
    verdict: verdictOf(tenant),
  }));
}

/** Of the tenants that have an SLO, and of which something has ended. */
export function attainments({ tenants }: BoardSnapshot, most: number): Attainment[] {
  const all = tenants.flatMap(({ name, sloAttainment }) =>
    sloAttainment === null ? [] : [{ name, share: sloAttainment }],
  );
  return neediest(all, most, ({ share }) => 1 - share).map(({ name, share }) => ({
    name,
    share,
    verdict: share >= GOOD ? "good" : share >= BAD ? "strained" : "bad",
  }));
}
