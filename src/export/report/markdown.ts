/** A report of a run for people who were not there: Markdown, and SVG charts beside it. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import type { View } from "../../engine/session.ts";
import { type Chart, chartSvg, type Series } from "./svg-chart.ts";

export interface TenantLatencies {
  readonly name: string;
  readonly class: TenantClass;
  readonly sloMs: number | null;
  /** One a completed request, in any order. */
  readonly latenciesMs: Float64Array;
}

/** Figures over time: one a tenant and instant; NaN where it was not there. */
export interface Timeline {
  readonly atS: readonly number[];
  readonly tenants: readonly {
    readonly name: string;
    /** Of the GPU's SMs, 0..1. */
    readonly smShares: readonly number[];
    /** Both directions. */
    readonly copyGBs: readonly number[];
  }[];
}

/** One column of figures a policy (or setting), one row a tenant. */
export interface Comparison {
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly tenant: string;
    readonly p50Ms: readonly number[];
    readonly p99Ms: readonly number[];
    readonly throughputPerS: readonly number[];
  }[];
}

export interface RunReport {
  readonly title: string;
  /** When it was made, for people. */
  readonly madeAt: string;
  readonly view: View;
  readonly latencies: readonly TenantLatencies[];
  readonly timeline: Timeline;
  /** Moments that the operator marked, in s of the GPU's clock. */
  readonly marks: readonly { readonly x: number; readonly label: string }[];
  readonly comparison: Comparison | null;
}

/** Points of a distribution: more than its chart has px would not be seen. */
const CDF_POINTS = 200;

const fixed = (value: number | null, digits: number): string =>
  value === null || !Number.isFinite(value) ? "–" : value.toFixed(digits);

const percent = (share: number | null): string => fixed(share === null ? null : share * 100, 1);

/** Names come from operators: nothing in them may end a cell or begin markup. */
const cell = (value: string): string => value.replaceAll(/[\\|`*_<>[\]]/g, "\\$&").replaceAll(/\s+/g, " ");

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = titles.map((_, index) => (index === 0 ? "---" : "---:"));
  return [line(titles), line(rule), ...rows.map(line)].join("\n");
}

/** The cumulative distribution at quantiles that lie evenly. */
export function cdf(latenciesMs: Float64Array): Series["points"] {
  const sorted = latenciesMs.slice().sort();
  const count = Math.min(CDF_POINTS, sorted.length);
  return Array.from({ length: count }, (_, index) => {
    const share = (index + 1) / count;
    return [sorted[Math.ceil(share * sorted.length) - 1]!, share] as const;
  });
}

function tenantsTable(tenants: readonly TenantSnapshot[]): string {
  const titles = [
    "tenant",
    "class",
    "model",
    "nice",
    "requests",
    "p50 ms",
    "p99 ms",
    "max ms",
    "SLO ms",
    "SLO %",
    "req/s",
    "SM %",
  ];
  const rows = tenants.map((tenant) => [
    cell(tenant.name),
    tenant.class,
    cell(tenant.model),
    String(tenant.nice),
    String(tenant.requests.completed),
    fixed(tenant.latencyMs.p50, 3),
    fixed(tenant.latencyMs.p99, 3),
    fixed(tenant.latencyMs.max, 3),
    fixed(tenant.sloMs, 1),
    percent(tenant.sloAttainment),
    fixed(tenant.throughputPerS, 1),
    percent(tenant.smRan),
  ]);
  return table(titles, rows);
}

function blameTable(tenants: readonly TenantSnapshot[]): string {
  const parts = ["queue", "smWait", "copyWait", "copy", "execution", "sharing"] as const;
  const titles = ["tenant", "mean ms", "queue", "SM wait", "copy wait", "copy", "execution", "sharing"];
  const rows = tenants.map(({ name, latencyMs, blameMs }) => [
    cell(name),
    fixed(latencyMs.mean, 3),
    ...parts.map((part) => fixed(blameMs[part], 3)),
  ]);
  return table(titles, rows);
}

function comparisonTable({ columns, rows }: Comparison): string {
  const titles = ["tenant", ...columns.flatMap((name) => [`${cell(name)} p50 ms`, "p99 ms", "req/s"])];
  const lines = rows.map(({ tenant, p50Ms, p99Ms, throughputPerS }) => [
    cell(tenant),
    ...columns.flatMap((_, at) => [
      fixed(p50Ms[at]!, 3),
      fixed(p99Ms[at]!, 3),
      fixed(throughputPerS[at]!, 1),
    ]),
  ]);
  return table(titles, lines);
}

function latencyChart(latencies: readonly TenantLatencies[], wanted: TenantClass): string {
  const shown = latencies.filter(({ class: of, latenciesMs }) => of === wanted && latenciesMs.length > 0);
  const slos = new Map(shown.flatMap(({ name, sloMs }) => (sloMs === null ? [] : [[sloMs, name] as const])));
  return chartSvg({
    title: `Latency of ${wanted} requests`,
    x: { title: "ms", scale: "log" },
    y: { title: "share of the requests that were faster", scale: "linear", from: 0, to: 1 },
    series: shown.map(({ name, latenciesMs }) => ({ name, points: cdf(latenciesMs) })),
    marks: [...slos].map(([x, name]) => ({ x, label: `SLO of ${name}` })),
  });
}

function timelineChart(
  report: RunReport,
  title: string,
  y: Chart["y"],
  of: (tenant: Timeline["tenants"][number]) => readonly number[],
): string {
  const { atS, tenants } = report.timeline;
  return chartSvg({
    title,
    x: { title: "s of the GPU's clock", scale: "linear" },
    y,
    series: tenants.map((tenant) => ({
      name: tenant.name,
      points: of(tenant).map((value, index) => [atS[index]!, value] as const),
    })),
    stacked: true,
    marks: report.marks,
  });
}

/** Files by name: `NAME.md` and the charts it shows. */
export function runReport(report: RunReport, name: string): Map<string, string> {
  const { view, title, madeAt, comparison } = report;
  const { snapshot, backend } = view;
  const { tenants, gpu, policy, cfsPeriodPackets, beChannelShare, atNs } = snapshot;
  const hasBe = report.latencies.some((of) => of.class === "BE" && of.latenciesMs.length > 0);
  const charts: [string, string, string][] = [
    ["latency-ls", "Latency of LS requests", latencyChart(report.latencies, "LS")],
    ...(hasBe
      ? [
          ["latency-be", "Latency of BE requests", latencyChart(report.latencies, "BE")] as [
            string,
            string,
            string,
          ],
        ]
      : []),
    [
      "sms",
      "SMs over time",
      timelineChart(
        report,
        "SMs over time",
        { title: "share of the GPU", scale: "linear", from: 0, to: 1 },
        (t) => t.smShares,
      ),
    ],
    [
      "pcie",
      "PCIe over time",
      timelineChart(report, "PCIe over time", { title: "GB/s", scale: "linear", from: 0 }, (t) => t.copyGBs),
    ],
  ];
  const text = [
    `# ${cell(title)}`,
    "",
    `${cell(gpu)} (${backend}), policy ${policy}, cfsPeriod ${cfsPeriodPackets} packets of 1 KiB, ` +
      `BE ${percent(beChannelShare)} % of the VRAM channels; at ${fixed(atNs / 1e9, 1)} s. Made ${madeAt}.`,
    "",
    "## Tenants",
    "",
    tenantsTable(tenants),
    "",
    "## Where the latency went",
    "",
    "Means over completed requests, in ms. The parts sum to the mean.",
    "",
    blameTable(tenants),
    "",
    ...(comparison === null
      ? []
      : ["## Compared", "", "The same arrivals under other settings.", "", comparisonTable(comparison), ""]),
    "## Over time",
    "",
    ...charts.flatMap(([id, alt]) => [`![${alt}](${encodeURI(`${name}-${id}.svg`)})`, ""]),
  ].join("\n");
  return new Map([[`${name}.md`, text], ...charts.map(([id, , svg]) => [`${name}-${id}.svg`, svg] as const)]);
}
