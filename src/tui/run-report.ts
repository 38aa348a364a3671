/** Gathers what a report of the run is made of: the view, the requests on record, and what the history has seen. */
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { RequestRecords, Session, ShadowComparison, View } from "../engine/session.ts";
import type { Comparison, RunReport, TenantLatencies, Timeline } from "../export/index.ts";
import type { HistoryReader } from "./history.ts";

/** Points of a timeline: some two a px of its chart. */
const TIMELINE_POINTS = 240;
const NS_PER_S = 1e9;
const MS_PER_NS = 1e-6;
/** Rows of OUTCOMES (core/request.ts) that completed: within the SLO, and late. */
const COMPLETED = [0, 1];

function latenciesOf(records: RequestRecords, tenants: readonly TenantSnapshot[]): TenantLatencies[] {
  return tenants.map(({ name, class: tenantClass, sloMs }) => {
    const latenciesMs: number[] = [];
    for (let row = 0; row < records.count; row++) {
      const isIts = records.tenancies[records.tenancy[row]!]?.name === name;
      if (isIts && COMPLETED.includes(records.outcome[row]!)) {
        latenciesMs.push(records.latencyNs[row]! * MS_PER_NS);
      }
    }
    return { name, class: tenantClass, sloMs, latenciesMs: Float64Array.from(latenciesMs) };
  });
}

function timelineOf(history: HistoryReader, tenants: readonly TenantSnapshot[]): Timeline {
  const { fromNs, untilNs } = history.span;
  const stepMs = Math.max(1, Math.ceil(((untilNs - fromNs) * MS_PER_NS) / TIMELINE_POINTS));
  const count = Math.max(1, Math.ceil(((untilNs - fromNs) * MS_PER_NS) / stepMs));
  const series = (key: string, figure: (view: View) => number): number[] => [
    ...history.series(figure, `report ${key}`, untilNs, stepMs, count),
  ];
  const copyGBs = ({ snapshot }: View, id: number): number =>
    [...snapshot.copies.h2d, ...snapshot.copies.d2h]
      .filter(({ tenant }) => tenant === id)
      .reduce((sum, { gBs }) => sum + gBs, 0);
  const share = ({ snapshot }: View, id: number): number =>
    snapshot.tenants.find((tenant) => tenant.id === id)?.recentSmRan ?? Number.NaN;
  return {
    atS: Array.from({ length: count }, (_, step) => (untilNs - (count - 1 - step) * stepMs * 1e6) / NS_PER_S),
    tenants: tenants.map(({ id, name }) => ({
      name,
      smShares: series(`sm ${id}`, (view) => share(view, id)),
      copyGBs: series(`copy ${id}`, (view) => copyGBs(view, id)),
    })),
  };
}

function comparisonOf({ actual, shadow, tenants }: ShadowComparison): Comparison {
  const figures =
    (of: "p50Ms" | "p99Ms" | "throughputPerS") => (tenant: ShadowComparison["tenants"][number]) =>
      [tenant.actual[of], tenant.shadow[of]] as const;
  return {
    columns: [actual.policy, shadow.policy].map((policy, at) =>
      at === 0 ? `${policy} (as it was)` : policy,
    ),
    rows: tenants.map((tenant) => ({
      tenant: tenant.name,
      p50Ms: figures("p50Ms")(tenant),
      p99Ms: figures("p99Ms")(tenant),
      throughputPerS: figures("throughputPerS")(tenant),
    })),
  };
}

/** `comparison`: the last one made; null: none was. */
export async function reportOf(
  session: Session,
  history: HistoryReader,
  comparison: ShadowComparison | null,
  madeAt: string,
): Promise<RunReport> {
  const records = await session.requests(0);
  const view = session.view();
  const { tenants, marks } = view.snapshot;
  return {
    title: view.mix,
    madeAt,
    view,
    latencies: latenciesOf(records, tenants),
    timeline: timelineOf(history, tenants),
    marks: marks.map(({ atNs, text }) => ({ x: atNs / NS_PER_S, label: text })),
    comparison: comparison === null ? null : comparisonOf(comparison),
  };
}
