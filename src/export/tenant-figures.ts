/** The figures of a tenant, once: JSON fields, CSV columns and Prometheus metrics are all read from this table. */
import type { CopyQueueSnapshot, Snapshot, TenantSnapshot } from "../core/snapshot.ts";

/** A tenant and what the snapshot knows of it elsewhere. */
export interface TenantRow {
  readonly tenant: TenantSnapshot;
  readonly h2d: CopyQueueSnapshot | undefined;
  readonly d2h: CopyQueueSnapshot | undefined;
}

export function tenantRows({ tenants, copies }: Snapshot): TenantRow[] {
  const of = (queues: readonly CopyQueueSnapshot[], id: number): CopyQueueSnapshot | undefined =>
    queues.find((queue) => queue.tenant === id);
  return tenants.map((tenant) => ({
    tenant,
    h2d: of(copies.h2d, tenant.id),
    d2h: of(copies.d2h, tenant.id),
  }));
}

/** As Prometheus knows it: base units, and labels that tell figures of one family apart. */
export interface Metric {
  readonly family: string;
  readonly type: "gauge" | "counter";
  /** Of the family, where the figure's own is in another unit or says too much; the same for each of its figures. */
  readonly help?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** From the figure's unit to the metric's; absent: 1. */
  readonly scale?: number;
}

export interface Figure<Row> {
  /** Field of JSON and column of CSV; its unit stands last. */
  readonly id: string;
  readonly help: string;
  readonly metric: Metric;
  /** NaN: not known, or there is none. */
  readonly of: (row: Row) => number;
}

const S_PER_MS = 1e-3;
const BYTES_PER_KIB = 1024;
const BYTES_PER_GB = 1e9;

const orNaN = (value: number | null | undefined): number => value ?? Number.NaN;

const figure = (
  id: string,
  help: string,
  metric: Metric,
  of: (tenant: TenantSnapshot) => number,
): Figure<TenantRow> => ({ id, help, metric, of: ({ tenant }) => of(tenant) });

const gauge = (family: string, scale = 1): Metric => ({ family, type: "gauge", scale });
const counter = (family: string): Metric => ({ family, type: "counter" });

const requests = (
  outcome: "arrived" | "completed" | "rejected" | "aborted" | "failed",
  help: string,
): Figure<TenantRow> =>
  figure(
    `requests${outcome[0]!.toUpperCase()}${outcome.slice(1)}`,
    help,
    {
      ...counter("requests_total"),
      labels: { outcome },
      help: "requests by outcome; arrived: all of them",
    },
    (t) => t.requests[outcome],
  );

/** Of gauges: the label "quantile" is for summaries, which these are not. */
const atPercentile = (family: string, percent: number, help?: string): Metric => ({
  ...gauge(family, S_PER_MS),
  labels: { percentile: String(percent) },
  ...(help === undefined ? {} : { help }),
});

const latencies = (percent: 50 | 90 | 99): readonly Figure<TenantRow>[] => [
  figure(
    `p${percent}Ms`,
    `latency of the last 10 s: ${percent} % of the requests are faster`,
    atPercentile("latency_recent_seconds", percent, "latency of the last 10 s: so many percent are faster"),
    (t) => t.recentLatencyMs[`p${percent}`],
  ),
  figure(
    `runP${percent}Ms`,
    `latency since the statistics began: ${percent} % of the requests are faster`,
    atPercentile(
      "latency_seconds",
      percent,
      "latency since the statistics began: so many percent are faster",
    ),
    (t) => t.latencyMs[`p${percent}`],
  ),
];

const blame = (part: keyof TenantSnapshot["blameMs"], help: string): Figure<TenantRow> =>
  figure(
    `${part}Ms`,
    `mean of a completed request's time that went into ${help}`,
    {
      ...gauge("latency_part_seconds", S_PER_MS),
      labels: { part },
      help: "mean of a completed request's time that went into each part",
    },
    (t) => t.blameMs[part],
  );

const copies = (direction: "h2d" | "d2h"): readonly Figure<TenantRow>[] => {
  const queue = (
    id: string,
    help: string,
    metric: Metric,
    of: (queue: CopyQueueSnapshot) => number,
  ): Figure<TenantRow> => ({
    id: `${direction}${id}`,
    help,
    metric: { ...metric, labels: { direction } },
    of: (row) => (row[direction] === undefined ? Number.NaN : of(row[direction])),
  });
  return [
    queue(
      "BacklogBytes",
      "bytes that wait for the copy engine",
      gauge("copy_backlog_bytes"),
      (q) => q.backlogBytes,
    ),
    queue(
      "GBs",
      "GB/s (1e9 bytes) since the last snapshot",
      {
        ...gauge("copy_bytes_per_second", BYTES_PER_GB),
        help: "bytes a second over PCIe since the last snapshot",
      },
      (q) => q.gBs,
    ),
    queue(
      "SliceBytes",
      "what one period of cfsPeriod gives it among those who wait now",
      gauge("copy_slice_bytes"),
      (q) => q.sliceBytes,
    ),
    queue(
      "ShareAsked",
      "share of the direction that nice asks for while it waits",
      gauge("copy_share_asked"),
      (q) => q.shareAsked,
    ),
    queue(
      "ShareGot",
      "share of the bytes moved meanwhile that were its own",
      gauge("copy_share_got"),
      (q) => q.shareGot,
    ),
  ];
};

export const TENANT_FIGURES: readonly Figure<TenantRow>[] = [
  figure("nice", "scheduling weight; more is more", gauge("nice"), (t) => t.nice),
  figure("loadOn", "1 while its load is switched on", gauge("load_on"), (t) => (t.loadOn ? 1 : 0)),
  requests("arrived", "requests so far"),
  requests("completed", "requests that completed"),
  requests("rejected", "requests refused because they could no longer meet their SLO"),
  requests("aborted", "requests dropped when the tenant was removed"),
  requests("failed", "requests lost in a failure of the GPU that the tenant is blamed for"),
  figure("inFlight", "requests not yet ended", gauge("requests_in_flight"), (t) => t.requests.inFlight),
  figure(
    "throughputPerS",
    "requests completed a second",
    gauge("requests_per_second"),
    (t) => t.throughputPerS,
  ),
  figure(
    "goodputPerS",
    "requests completed within the SLO a second",
    gauge("goodput_per_second"),
    (t) => t.goodputPerS,
  ),
  ...latencies(50),
  ...latencies(90),
  ...latencies(99),
  figure("aloneMs", "a request alone on the whole GPU", gauge("alone_seconds", S_PER_MS), (t) => t.aloneMs),
  ...([50, 99] as const).map((percent) =>
    figure(
      `copyInP${percent}Ms`,
      "input copies of the last 10 s, from being queued to the last byte",
      atPercentile("copy_in_recent_seconds", percent),
      (t) => t.recentCopyInMs[`p${percent}`],
    ),
  ),
  figure("sloMs", "latency promised to each request", gauge("slo_seconds", S_PER_MS), (t) => orNaN(t.sloMs)),
  figure("sloAttainment", "requests within the SLO, of all that ended, 0..1", gauge("slo_attainment"), (t) =>
    orNaN(t.sloAttainment),
  ),
  blame("queue", "waiting behind the tenant's own requests"),
  blame("smWait", "waiting for SMs"),
  blame("copyWait", "waiting for the copy engine"),
  blame("copy", "copying"),
  blame("execution", "executing, as long as it takes alone"),
  blame("sharing", "executing longer than alone"),
  figure(
    "smHeld",
    "TPCs held over the last 10 s, as a share of the GPU",
    gauge("sm_held"),
    (t) => t.recentSmShare,
  ),
  figure(
    "smRan",
    "TPCs that its thread blocks filled over the last 10 s, as a share of the GPU",
    gauge("sm_ran"),
    (t) => t.recentSmRan,
  ),
  figure(
    "smFloorHeld",
    "share of its running time with at least smRequest",
    gauge("sm_floor_held"),
    (t) => t.smFloorHeld,
  ),
  figure(
    "smRequestPercent",
    "SMs guaranteed while it runs",
    gauge("sm_request_percent"),
    (t) => t.smRequestPercent,
  ),
  figure("smLimitPercent", "most SMs that it may hold", gauge("sm_limit_percent"), (t) => t.smLimitPercent),
  figure(
    "vramKiB",
    "VRAM reserved for parameters",
    gauge("vram_reserved_bytes", BYTES_PER_KIB),
    (t) => t.vramKiB,
  ),
  figure("weightKiB", "parameters of its network", gauge("weight_bytes", BYTES_PER_KIB), (t) => t.weightKiB),
  figure(
    "h2dBytes",
    "bytes copied to the GPU",
    { ...counter("copied_bytes_total"), labels: { direction: "h2d" }, help: "bytes copied over PCIe" },
    (t) => t.h2dBytes,
  ),
  figure(
    "d2hBytes",
    "bytes copied from the GPU",
    { ...counter("copied_bytes_total"), labels: { direction: "d2h" }, help: "bytes copied over PCIe" },
    (t) => t.d2hBytes,
  ),
  ...copies("h2d"),
  ...copies("d2h"),
  figure(
    "preemptions",
    "times that it was told to leave TPCs",
    counter("preemptions_total"),
    (t) => t.preemptions,
  ),
  figure(
    "preemptionP99Ms",
    "from the order to leave TPCs until they were free: 99 % are faster",
    atPercentile("preemption_delay_seconds", 99),
    (t) => t.preemptionDelayMs.p99,
  ),
];
