/**
 * A chart in dots (Braille): several series over one x axis and one or two y axes. Series differ by their marks as well as by
 * their colours. Names stand in a legend above the plot and values in gutters beside it, so no label ever covers
 * another, or the data; where there is no room for a label it is left out.
 */
import { DotGrid, lineDots } from "../screen/braille.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Rect } from "../screen/screen.ts";
import type { Style } from "../screen/style.ts";
import { textWidth } from "../screen/width.ts";
import { theme } from "../theme.ts";
import { placeOn, type Scale, ticksOf } from "./scale.ts";

export interface Axis {
  readonly scale: Scale;
  /** Stands above the axis: what is counted, and its unit. */
  readonly title: string;
  readonly format: (value: number) => string;
  /** Values to label instead of round ones. */
  readonly ticks?: readonly number[];
}

export interface Series {
  readonly name: string;
  /** One column; it tells the series from others without colour. */
  readonly mark: string;
  readonly style: Style;
  /** Pairs by index; a point with NaN in it is left out, and breaks a line. */
  readonly xs: ArrayLike<number>;
  readonly ys: ArrayLike<number>;
  /** "line" has a mark here and there, "points" one at every point, "both" a line through marks, "steps" holds each y. */
  readonly draw: "line" | "points" | "both" | "steps";
  readonly axis?: "left" | "right";
}

/** A straight rule across the plot at one value: an SLO, a limit, the moment now. */
export interface Rule {
  readonly axis: "x" | "left" | "right";
  readonly at: number;
  readonly name: string;
  /** One column. */
  readonly glyph: string;
  readonly style: Style;
}

export interface Chart {
  readonly x: Axis;
  readonly left: Axis;
  readonly right?: Axis;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
}

/** A line repeats its mark after so many columns; those of several lines are spread between. */
const MARK_COLUMNS = 18;
/** With fewer rows, first the legend goes, then the labels of x; with fewer columns those of y. */
const LEGEND_ROWS = 4;
const X_LABEL_ROWS = 3;
const Y_LABEL_COLUMNS = 20;
const ROWS_A_TICK = 3;

interface Tick {
  readonly value: number;
  readonly label: string;
}

const labelled = (axis: Axis, most: number): Tick[] =>
  (axis.ticks ?? ticksOf(axis.scale, most)).map((value) => ({ value, label: axis.format(value) }));

const gutterOf = (ticks: readonly Tick[]): number =>
  Math.max(0, ...ticks.map(({ label }) => textWidth(label)));

/** Cell that a share of `cells` cells falls in. */
const cellAt = (share: number, cells: number): number => Math.round(share * (cells - 1));

function paintLegend(canvas: Canvas, chart: Chart): void {
  const { left, right } = chart;
  let x = canvas.text(0, 0, left.title, theme.faint) + 2;
  const end = canvas.width - (right === undefined ? 0 : textWidth(right.title) + 2);
  if (right !== undefined) canvas.textRight(canvas.width, 0, right.title, theme.faint);
  const entries = [
    ...chart.series.map(({ mark, name, style }) => ({ sign: mark, name, style })),
    ...(chart.rules ?? []).map(({ glyph, name, style }) => ({ sign: glyph, name, style })),
  ];
  for (const { sign, name, style } of entries) {
    if (name === "" || x + 2 + textWidth(name) > end) continue;
    x = canvas.text(x, 0, sign, style) + 1;
    x = canvas.text(x, 0, name, theme.faint) + 2;
  }
}

function paintYAxis(
  canvas: Canvas,
  plot: Rect,
  axis: Axis,
  ticks: readonly Tick[],
  side: "left" | "right",
): void {
  const x = side === "left" ? plot.x - 1 : plot.x + plot.width;
  const used = new Set<number>();
  for (let row = 0; row < plot.height; row++) canvas.text(x, plot.y + row, "│", theme.off);
  for (const { value, label } of ticks) {
    const share = placeOn(axis.scale, value);
    const row = cellAt(1 - share, plot.height);
    if (!(share >= 0 && share <= 1) || used.has(row)) continue;
    used.add(row);
    canvas.text(x, plot.y + row, side === "left" ? "┤" : "├", theme.off);
    if (side === "left") canvas.textRight(x, plot.y + row, label, theme.faint);
    else canvas.text(x + 1, plot.y + row, label, theme.faint);
  }
}

function paintXAxis(canvas: Canvas, plot: Rect, axis: Axis): void {
  const widest = gutterOf(labelled(axis, 3)) + 2;
  let free = 0;
  // The axis' name stands at its end, if labels leave room there.
  let end = canvas.width;
  if (textWidth(axis.title) > 0 && textWidth(axis.title) <= canvas.width / 3) {
    end -= textWidth(axis.title) + 1;
    canvas.textRight(canvas.width, plot.y + plot.height, axis.title, theme.faint);
  }
  for (const { value, label } of labelled(axis, Math.max(2, Math.floor(plot.width / widest)))) {
    const share = placeOn(axis.scale, value);
    if (!(share >= 0 && share <= 1)) continue;
    const width = textWidth(label);
    const start = Math.max(0, plot.x + cellAt(share, plot.width) - Math.floor(width / 2));
    if (start < free || start + width > end) continue;
    canvas.text(start, plot.y + plot.height, label, theme.faint);
    free = start + width + 1;
  }
}

function paintRule(canvas: Canvas, plot: Rect, chart: Chart, rule: Rule): void {
  const axis = rule.axis === "x" ? chart.x : rule.axis === "left" ? chart.left : chart.right;
  const share = axis === undefined ? Number.NaN : placeOn(axis.scale, rule.at);
  if (!(share >= 0 && share <= 1)) return;
  if (rule.axis === "x") {
    const x = plot.x + cellAt(share, plot.width);
    for (let row = 0; row < plot.height; row++) canvas.text(x, plot.y + row, rule.glyph, rule.style);
  } else
    canvas.text(plot.x, plot.y + cellAt(1 - share, plot.height), rule.glyph.repeat(plot.width), rule.style);
}

/** Where the point lies in dots; NaN: not on the plot's x. What is too high or too low runs along its edge. */
function dotOf(chart: Chart, series: Series, index: number, grid: DotGrid): readonly [number, number] {
  const axis = series.axis === "right" && chart.right !== undefined ? chart.right : chart.left;
  const across = placeOn(chart.x.scale, series.xs[index]!);
  const up = placeOn(axis.scale, series.ys[index]!);
  if (!(across >= 0 && across <= 1) || Number.isNaN(up)) return [Number.NaN, Number.NaN];
  const share = Math.max(0, Math.min(1, up));
  return [Math.round(across * (grid.width - 1)), Math.round((1 - share) * (grid.height - 1))];
}

type Dot = readonly [x: number, y: number];

const pointsOf = (grid: DotGrid, chart: Chart, series: Series): Dot[] =>
  Array.from({ length: series.xs.length }, (_, index) => dotOf(chart, series, index, grid));

/** All dots of a line through the points, in order. */
function* lineThrough(points: readonly Dot[], steps: boolean): Generator<Dot> {
  for (const [index, point] of points.entries()) {
    if (Number.isNaN(point[0])) continue;
    const [x, y] = points[index - 1] ?? point;
    if (Number.isNaN(x)) yield point;
    else if (steps) {
      yield* lineDots(x, y, point[0], y);
      yield* lineDots(point[0], y, ...point);
    } else yield* lineDots(x, y, ...point);
  }
}

/** Draws the series' line, and returns the dots at which it may have marks: its points, or any of the line. */
function drawSeries(grid: DotGrid, chart: Chart, series: Series): readonly Dot[] {
  const points = pointsOf(grid, chart, series);
  if (series.draw === "points") return points;
  const line = [...lineThrough(points, series.draw === "steps")];
  for (const [x, y] of line) grid.dot(x, y, series.style);
  return series.draw === "both" ? points : line;
}

/** Marks at every point, or spread over a line. A cell has one mark: the first. */
function paintMarks(canvas: Canvas, plot: Rect, chart: Chart, dotsOf: readonly (readonly Dot[])[]): void {
  const taken = new Set<number>();
  for (const [nth, series] of chart.series.entries()) {
    const everywhere = series.draw === "points" || series.draw === "both";
    let wanted = Math.floor(((nth + 0.5) * MARK_COLUMNS) / chart.series.length);
    for (const [x, y] of dotsOf[nth]!) {
      const column = x >> 1;
      if (Number.isNaN(x) || (!everywhere && column < wanted)) continue;
      const cell = (y >> 2) * plot.width + column;
      if (taken.has(cell)) continue;
      taken.add(cell);
      canvas.text(plot.x + column, plot.y + (y >> 2), series.mark, series.style);
      wanted = column + MARK_COLUMNS;
    }
  }
}

/** The plot's cells between gutters and legend. */
function plotOf(canvas: Canvas, leftGutter: number, rightGutter: number): Rect {
  const legend = canvas.height >= LEGEND_ROWS ? 1 : 0;
  const labels = canvas.height >= X_LABEL_ROWS ? 1 : 0;
  const width = Math.max(0, canvas.width - leftGutter - rightGutter);
  return { x: leftGutter, y: legend, width, height: Math.max(0, canvas.height - legend - labels) };
}

/** Fills the canvas with the chart. */
export function paintChart(canvas: Canvas, chart: Chart): void {
  const ticksFor = (axis: Axis): Tick[] =>
    labelled(axis, Math.max(2, Math.ceil(canvas.height / ROWS_A_TICK)));
  const hasGutters = canvas.width >= Y_LABEL_COLUMNS;
  const leftTicks = hasGutters ? ticksFor(chart.left) : [];
  const rightTicks = hasGutters && chart.right !== undefined ? ticksFor(chart.right) : [];
  const gutter = (ticks: readonly Tick[]): number => (ticks.length === 0 ? 0 : gutterOf(ticks) + 1);
  const plot = plotOf(canvas, gutter(leftTicks), gutter(rightTicks));
  if (plot.width === 0 || plot.height === 0) return;
  if (plot.y > 0) paintLegend(canvas, chart);
  if (leftTicks.length > 0) paintYAxis(canvas, plot, chart.left, leftTicks, "left");
  if (rightTicks.length > 0) paintYAxis(canvas, plot, chart.right!, rightTicks, "right");
  if (plot.y + plot.height < canvas.height) paintXAxis(canvas, plot, chart.x);
  for (const rule of chart.rules ?? []) paintRule(canvas, plot, chart, rule);
  const grid = new DotGrid(plot.width, plot.height);
  const dots = chart.series.map((series) => drawSeries(grid, chart, series));
  grid.paint(canvas, plot.x, plot.y);
  paintMarks(canvas, plot, chart, dots);
}
