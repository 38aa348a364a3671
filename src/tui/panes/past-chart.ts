/** Percentages over the last seconds, until the moment on show: a line each. */
import type { Mark } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { theme } from "../theme.ts";
import { paintChart, type Rule } from "./chart.ts";
import type { Scene } from "./pane.ts";

export interface PastLine {
  readonly name: string;
  /** One column. */
  readonly mark: string;
  readonly style: Style;
  /** Under which the history remembers its figures. */
  readonly key: string;
  readonly percentOf: (view: View) => number;
}

const STEP_MS = 250;
/** As many as a column has dots. */
const STEPS_A_COLUMN = 2;
/** Columns that stand beside the plot. */
const GUTTER_COLUMNS = 4;
const MOST = 100;

/** Where the operator marked a moment. */
const markRule = (mark: Mark, atNs: number): Rule => ({
  axis: "x",
  at: (mark.atNs - atNs) / 1e9,
  name: mark.text,
  glyph: "┊",
  style: theme.key,
});

export function paintPast(
  canvas: Canvas,
  { view, history, atNs }: Scene,
  title: string,
  lines: readonly PastLine[],
  rules: readonly Rule[] = [],
): void {
  const steps = Math.max(2, (canvas.width - GUTTER_COLUMNS) * STEPS_A_COLUMN);
  const secondsAgo = Float64Array.from({ length: steps }, (_, step) => ((step - steps + 1) * STEP_MS) / 1000);
  paintChart(canvas, {
    x: { scale: { kind: "linear", from: secondsAgo[0]!, until: 0 }, title: "s", format: String },
    left: {
      scale: { kind: "linear", from: 0, until: MOST },
      title,
      format: String,
      ticks: [0, MOST / 2, MOST],
    },
    series: lines.map(({ name, mark, style, key, percentOf }) => ({
      name,
      mark,
      style,
      xs: secondsAgo,
      ys: history.series(percentOf, key, atNs, STEP_MS, steps),
      draw: "line",
    })),
    rules: [...rules, ...view.snapshot.marks.map((mark) => markRule(mark, atNs))],
  });
}
