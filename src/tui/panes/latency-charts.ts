/** The latencies of one tenant: how they are spread, how they went on over time, and what its p99 was made of. */
import type { Blame, TenantDetail, TenantSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import { digits3, ms } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import { textWidth } from "../screen/width.ts";
import { theme } from "../theme.ts";
import { BLAME_PARTS, paintBlame, paintBlameLegend } from "./blame.ts";
import { paintChart, type Rule } from "./chart.ts";
import type { Scene } from "./pane.ts";
import { placeOn, type Scale, scaleAround } from "./scale.ts";
import { paintStack } from "./stack.ts";

/** Between figures over time: two of them are a column of dots. */
const STEP_MS = 500;
const STEPS_A_COLUMN = 2;
/** An SLO further than this from what is measured would squeeze that to nothing: it is left to the caption. */
const FARTHEST_SLO = 3;

/** The figure of the tenant at any moment; NaN while it was not there. Its id may have been another's before. */
const figureOf =
  ({ id, name }: TenantSnapshot, figure: (row: TenantSnapshot) => number) =>
  ({ snapshot }: View): number => {
    const row = snapshot.tenants.find((other) => other.id === id && other.name === name);
    return row === undefined ? Number.NaN : figure(row);
  };

/** Under what the history remembers a figure of the tenant. */
const keyOf = ({ id, name }: TenantSnapshot, what: string): string => `${what} of ${id} ${name}`;

const isNear = (sloMs: number | null, mostMs: number): sloMs is number =>
  sloMs !== null && sloMs <= mostMs * FARTHEST_SLO;

export function paintLatencyOverTime(canvas: Canvas, { history, atNs }: Scene, tenant: TenantSnapshot): void {
  const steps = Math.max(1, canvas.width * STEPS_A_COLUMN);
  const secondsAgo = Float64Array.from({ length: steps }, (_, step) => ((step - steps + 1) * STEP_MS) / 1000);
  const past = (name: "p50" | "p99"): Float64Array =>
    history.series(
      figureOf(tenant, ({ recentLatencyMs }) => recentLatencyMs[name]),
      keyOf(tenant, name),
      atNs,
      STEP_MS,
      steps,
    );
  const [p50, p99] = [past("p50"), past("p99")];
  const most = p99.reduce((highest, value) => Math.max(highest, value || 0), 0);
  const { sloMs } = tenant;
  const isShown = isNear(sloMs, most);
  const rules: Rule[] =
    sloMs === null
      ? []
      : [
          {
            axis: "left",
            at: sloMs,
            name: `SLO ${ms(sloMs)}${isShown ? "" : ", above"}`,
            glyph: "╌",
            style: theme.bad,
          },
        ];
  paintChart(canvas, {
    x: { scale: { kind: "linear", from: secondsAgo[0]!, until: 0 }, title: "s", format: String },
    left: {
      scale: scaleAround("linear", p99, isShown ? [0, sloMs] : [0]),
      title: "ms",
      format: (value) => String(Number(value.toPrecision(3))),
    },
    series: [
      { name: "p99", mark: "●", style: theme.warn, xs: secondsAgo, ys: p99, draw: "line" },
      { name: "p50", mark: "○", style: theme.accent, xs: secondsAgo, ys: p50, draw: "line" },
    ],
    rules,
  });
}

/** From so many rows on, a title stands above the histogram; from so many, values below it. */
const TITLE_ROWS = 5;
const LABEL_ROWS = 2;
/** Between labels below it. */
const LABEL_GAP = 3;

/** Requests whose latency falls in the column's part of the scale, spread evenly over each bin. */
function countsByColumn(
  { edgesMs, counts }: TenantDetail["histogram"],
  scale: Scale,
  columns: number,
): Float64Array {
  const inColumn = new Float64Array(columns);
  for (const [bin, count] of counts.entries()) {
    const from = placeOn(scale, edgesMs[bin]!) * columns;
    const until = placeOn(scale, edgesMs[bin + 1]!) * columns;
    for (let column = Math.floor(from); column < Math.min(columns, until); column++) {
      const overlap = Math.min(until, column + 1) - Math.max(from, column);
      inColumn[column]! += (count * overlap) / (until - from);
    }
  }
  return inColumn;
}

/** ms at the edges of every so many columns, where they do not touch. */
function paintLabels(canvas: Canvas, scale: Scale): void {
  const y = canvas.height - 1;
  let free = 0;
  for (let column = 0; column < canvas.width; column++) {
    const text = digits3(scale.from * (scale.until / scale.from) ** (column / canvas.width));
    if (column < free || column + textWidth(text) > canvas.width) continue;
    canvas.text(column, y, text, theme.faint);
    free = column + textWidth(text) + LABEL_GAP;
  }
}

export function paintHistogram(canvas: Canvas, detail: TenantDetail, { sloMs }: TenantSnapshot): void {
  const { edgesMs, counts } = detail.histogram;
  const [from, last] = [edgesMs[0], edgesMs.at(-1)];
  if (from === undefined || last === undefined) {
    canvas.text(0, 0, "no request ended in the last ten seconds", theme.faint);
    return;
  }
  const slo = isNear(sloMs, last) && sloMs > from ? sloMs : null;
  const scale: Scale = { kind: "log", from, until: Math.max(last, (slo ?? 0) * 1.1) };
  const title = canvas.height >= TITLE_ROWS ? 1 : 0;
  const rows = canvas.height - title - (canvas.height >= LABEL_ROWS ? 1 : 0);
  const inColumn = countsByColumn(detail.histogram, scale, canvas.width);
  const most = inColumn.reduce((highest, count) => Math.max(highest, count), 0);
  const sloColumn =
    slo === null ? -1 : Math.min(canvas.width - 1, Math.floor(placeOn(scale, slo) * canvas.width));
  if (slo !== null) for (let row = 0; row < rows; row++) canvas.text(sloColumn, title + row, "┊", theme.bad);
  for (const [column, count] of inColumn.entries()) {
    const isLate = slo !== null && column >= sloColumn;
    canvas.column(column, title, 1, rows, count / most, isLate ? theme.bad : theme.accent);
  }
  if (title > 0) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const x = canvas.text(0, 0, `${total} requests by ms`, theme.faint);
    if (slo !== null && x + 12 < canvas.width)
      canvas.textRight(canvas.width, 0, `┊ SLO ${ms(slo)}`, theme.bad);
  }
  if (rows + title < canvas.height) paintLabels(canvas, scale);
}

const sumOf = (blame: Blame): number => BLAME_PARTS.reduce((sum, { part }) => sum + blame[part], 0);

/** Columns for the values beside the parts over time. */
const GUTTER = 6;

/** What the parts of its p99 were over time, on each other. */
function paintTailOverTime(canvas: Canvas, { history, atNs }: Scene, tenant: TenantSnapshot): void {
  const columns = Math.max(0, canvas.width - GUTTER);
  const past = BLAME_PARTS.map(({ part, glyph, style }) => ({
    glyph,
    style,
    values: history.series(
      figureOf(tenant, (row) => row.recentTailMs[part]),
      keyOf(tenant, `tail ${part}`),
      atNs,
      STEP_MS * STEPS_A_COLUMN,
      columns,
    ),
  }));
  let most = 0;
  for (let step = 0; step < columns; step++) {
    // Nothing was known yet: NaN.
    const sum = past.reduce((total, { values }) => total + (values[step] || 0), 0);
    most = Math.max(most, sum);
  }
  for (let row = 0; row < canvas.height; row++) canvas.text(GUTTER - 1, row, "│", theme.off);
  canvas.textRight(GUTTER - 1, 0, ms(most), theme.faint);
  canvas.textRight(GUTTER - 1, canvas.height - 1, "0", theme.faint);
  paintStack(canvas.part({ x: GUTTER, y: 0, width: columns, height: canvas.height }), past, most);
}

/** Fewer rows over time say nothing. */
const LEAST_PAST = 2;

/** What the slowest hundredth of its requests spent where: now, and with more rows over time. */
export function paintTail(canvas: Canvas, scene: Scene, tenant: TenantSnapshot): void {
  const { recentTailMs } = tenant;
  if (!(sumOf(recentTailMs) > 0)) return;
  const x = canvas.text(0, 0, "p99: ", theme.faint);
  paintBlameLegend(canvas, x, 0, recentTailMs);
  paintBlame(canvas, { x: 0, y: 1, width: canvas.width, height: 1 }, recentTailMs);
  const height = canvas.height - 2;
  if (height >= LEAST_PAST)
    paintTailOverTime(canvas.part({ x: 0, y: 2, width: canvas.width, height }), scene, tenant);
}
