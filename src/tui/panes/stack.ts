/** Shares that change over time, one column a step, the newest at the right edge: as a sparkline, or stacked on each other. */
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";

const LEVELS = "▁▂▃▄▅▆▇█";

/** One row: a block a value, from `least` (lowest block) to `most`. What is not known (NaN) leaves a gap. */
export function paintSpark(
  canvas: Canvas,
  x: number,
  y: number,
  values: ArrayLike<number>,
  range: { readonly least: number; readonly most: number },
  style: Style,
): void {
  const span = range.most - range.least;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isNaN(value)) continue;
    const share = span > 0 ? Math.max(0, Math.min(1, (value - range.least) / span)) : 0;
    canvas.text(x + index, y, LEVELS[Math.round(share * (LEVELS.length - 1))]!, style);
  }
}

export interface Layer {
  /** One a column of the canvas; NaN: nothing. */
  readonly values: ArrayLike<number>;
  /** One column; tells the layers apart without colour. */
  readonly glyph: string;
  readonly style: Style;
}

/** Layers on each other from the bottom; the canvas is `most` high. The last value stands in the last column. */
export function paintStack(canvas: Canvas, layers: readonly Layer[], most: number): void {
  for (let column = 0; column < canvas.width; column++) {
    let reached = 0;
    let row = 0;
    for (const { values, glyph, style } of layers) {
      const value = values[values.length - canvas.width + column] ?? Number.NaN;
      if (!(value > 0) || !(most > 0)) continue;
      reached += value;
      const until = Math.min(canvas.height, Math.round((reached / most) * canvas.height));
      for (; row < until; row++) canvas.text(column, canvas.height - 1 - row, glyph, style);
    }
  }
}
