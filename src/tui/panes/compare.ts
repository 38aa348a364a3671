/** The run beside its shadow: the same arrivals under another policy or setting. */
import type { RunSettings, ShadowComparison, ShadowOptions } from "../../engine/session.ts";
import type { Comparison } from "../comparison.ts";
import { digits3, grouped, ms, percent } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { truncate, wrap } from "../screen/width.ts";
import { theme } from "../theme.ts";
import { paintChart, type Series } from "./chart.ts";
import { COMPARE_COLUMNS, compareRows } from "./compare-rows.ts";
import type { Pane, Scene } from "./pane.ts";
import { scaleAround } from "./scale.ts";
import { atCell, paintTable } from "./table.ts";

const NS_PER_S = 1e9;

type Size = Pick<Canvas, "width" | "height">;

/** "orion, cfsPeriod 64": the policy, and whatever else is not as in the other. */
function settingsText(settings: RunSettings, other: RunSettings): string {
  const { policy, cfsPeriodPackets, beChannelShare } = settings;
  return [
    policy,
    ...(cfsPeriodPackets === other.cfsPeriodPackets ? [] : [`cfsPeriod ${grouped(cfsPeriodPackets)}`]),
    ...(beChannelShare === other.beChannelShare ? [] : [`BE channels ${percent(beChannelShare)} %`]),
  ].join(", ");
}

const seconds = (fromNs: number, untilNs: number): string => `${digits3((untilNs - fromNs) / NS_PER_S)} s`;

/** What was compared, in a few words; the longest that fits. */
function wordings({ actual, shadow, fromNs, untilNs }: ShadowComparison): readonly string[] {
  const [was, then] = [settingsText(actual, shadow), settingsText(shadow, actual)];
  const span = seconds(fromNs, untilNs);
  return [`${was} → ${then} · ${span} from ${seconds(0, fromNs)}`, `${was} → ${then} · ${span}`, `→ ${then}`];
}

/** From so many rows on, remarks may take two. */
const TALL_ROWS = 12;

/** What must be known to read the figures right. */
function remarksOf(
  { changes, actualIsReal, gpu }: ShadowComparison,
  { width, height }: Size,
): readonly string[] {
  const text = [
    "→ shadow: + better, ! worse, = alike",
    ...(actualIsReal ? [`shadow on a simulated ${gpu}`] : []),
    ...(changes === 0
      ? []
      : [`${changes} ${changes === 1 ? "change" : "changes"} meanwhile: the shadow has tenants as set now`]),
  ].join(" · ");
  const room = width >= BESIDE_COLUMNS ? Math.floor(width * TABLE_SHARE) : width;
  return height < TALL_ROWS ? [truncate(text, room)] : wrap(text, Math.max(1, room)).slice(0, 2);
}

const HOW = [
  "Nothing is compared yet.",
  "V runs what has arrived again under another policy, cfsPeriod or channel split, on a simulated GPU of its own, while this run goes on; then both stand side by side here.",
];

function paintWords(canvas: Canvas, lines: readonly string[], style: Style = theme.faint): void {
  const rows = lines.flatMap((line) => wrap(line, Math.max(1, canvas.width - 2)));
  for (const [y, row] of rows.entries()) canvas.text(1, y, row, style);
}

function paintProgress(
  canvas: Canvas,
  { policy, sinceNs }: ShadowOptions,
  untilNs: number,
  share: number,
): void {
  canvas.text(
    1,
    0,
    truncate(`running ${seconds(Math.max(0, sinceNs), untilNs)} again under ${policy}`, canvas.width - 1),
  );
  const label = `${Math.floor(share * 100)} %`.padStart(5);
  const width = Math.max(0, Math.min(60, canvas.width - 2 - label.length));
  canvas.text(1, 1, "░".repeat(width), theme.off);
  canvas.bar(1, 1, Math.round(width * share), 1, theme.accent);
  canvas.text(1 + width, 1, label, theme.strong);
  canvas.text(1, 2, truncate("X stops it", canvas.width - 1), theme.faint);
}

const LEAST_CHART = { rows: 7, columns: 36 } as const;
/** From so many columns on, the chart stands beside the table. */
const BESIDE_COLUMNS = 150;
/** What the table has of the width then. */
const TABLE_SHARE = 0.62;

/** The latencies of the chosen tenant: how many requests were done within each. */
function paintDistribution(
  canvas: Canvas,
  { tenants, shadow }: ShadowComparison,
  selected: number | null,
): void {
  const tenant = tenants.find(({ id }) => id === selected) ?? tenants[0];
  if (tenant === undefined) return;
  const { name, sloMs } = tenant;
  const series = (title: string, mark: string, style: Series["style"], quantiles: Float64Array): Series => ({
    name: title,
    mark,
    style,
    xs: quantiles,
    ys: quantiles.map((_, step) => (100 * step) / Math.max(1, quantiles.length - 1)),
    draw: "line",
  });
  const known = [...tenant.actual.quantilesMs, ...tenant.shadow.quantilesMs];
  paintChart(canvas, {
    x: {
      scale: scaleAround("log", known, sloMs === null ? [] : [sloMs]),
      title: "ms",
      format: ms,
    },
    left: {
      scale: { kind: "linear", from: 0, until: 100 },
      title: `% of ${name} within`,
      format: String,
      ticks: [0, 50, 100],
    },
    series: [
      series("this run", "●", theme.accent, tenant.actual.quantilesMs),
      series(`→ ${shadow.policy}`, "◆", theme.warn, tenant.shadow.quantilesMs),
    ],
    rules: sloMs === null ? [] : [{ axis: "x", at: sloMs, name: "SLO", glyph: "┊", style: theme.bad }],
  });
}

/** Where table and chart stand; null: there is no room for a chart. */
function partsOf({ width, height }: Size, rows: number, remarks: number) {
  const body = { x: 0, y: remarks, width, height: Math.max(0, height - remarks) };
  const tableRows = rows + 1;
  if (width >= BESIDE_COLUMNS && height >= LEAST_CHART.rows) {
    const left = Math.floor(width * TABLE_SHARE);
    const chart = { x: left + 2, y: 0, width: width - left - 2, height };
    return { table: { ...body, width: left }, chart };
  }
  const chartRows = body.height - tableRows;
  if (chartRows < LEAST_CHART.rows || width < LEAST_CHART.columns) return { table: body, chart: null };
  const chart = { ...body, y: body.y + tableRows, height: chartRows };
  return { table: { ...body, height: tableRows }, chart };
}

function paintFound(canvas: Canvas, found: ShadowComparison, scene: Scene): void {
  const rows = compareRows(found, scene);
  const remarks = remarksOf(found, canvas);
  const { table, chart } = partsOf(canvas, rows.length, remarks.length);
  for (const [y, remark] of remarks.entries()) canvas.text(0, y, remark, theme.faint);
  paintTable(canvas.part(table), COMPARE_COLUMNS, rows);
  if (chart !== null) paintDistribution(canvas.part(chart), found, scene.ui.selected);
}

function captions(comparison: Comparison | null): readonly string[] {
  switch (comparison?.kind) {
    case "done":
      return wordings(comparison.found);
    case "running":
      return [`→ ${comparison.options.policy}`];
    default:
      return [];
  }
}

export const compare: Pane = {
  title: "compare",
  caption: ({ ui }) => captions(ui.comparison),
  paint(canvas, scene) {
    const { comparison } = scene.ui;
    switch (comparison?.kind) {
      case undefined:
        return paintWords(canvas, HOW);
      case "running":
        return paintProgress(canvas, comparison.options, comparison.untilNs, comparison.share);
      case "failed":
        return paintWords(canvas, [`not compared: ${comparison.why}`], theme.warn);
      case "done":
        return paintFound(canvas, comparison.found, scene);
    }
  },
  onClick(scene, spot) {
    const { comparison } = scene.ui;
    if (comparison?.kind !== "done") return null;
    const rows = compareRows(comparison.found, scene);
    const { table } = partsOf(spot, rows.length, remarksOf(comparison.found, spot).length);
    const { row } = atCell(COMPARE_COLUMNS, rows, { ...table, x: spot.x, y: spot.y - table.y });
    return row === null || row.id === null ? null : { kind: "select", tenant: row.id };
  },
};
