/** A stack of layers as lines of text for blessed: the chart, and beside it who is who with what they have now. */
import { colourOfSeat, letterOfSeat } from "./colours.ts";
import { type Cell, type Layer, stack } from "./stack.ts";
import { coloured, pad, plain } from "./text.ts";

/** Of the room, for names and figures. */
const LEGEND_SHARE = 0.4;
const LEGEND_COLUMNS = { least: 13, most: 26 };
/** Of a figure in the legend. */
const FIGURE_COLUMNS = 4;

export interface StackOptions {
  readonly width: number;
  readonly height: number;
  /** As high as the chart is. */
  readonly most: number;
  readonly say: (value: number) => string;
  readonly isColourless: boolean;
}

function cellText({ upper, lower }: Cell, isColourless: boolean): string {
  if (isColourless) {
    const seat = lower ?? upper;
    return seat === null ? " " : letterOfSeat(seat);
  }
  if (upper === null) return lower === null ? " " : coloured("▄", colourOfSeat(lower));
  if (upper === lower) return coloured("█", colourOfSeat(upper));
  return coloured("▀", colourOfSeat(upper), lower === null ? null : colourOfSeat(lower));
}

const latest = ({ values }: Layer): number => values.at(-1) ?? 0;

/** The layers from the top one down, as they lie; who finds no room is summed up in the last line. */
function legend(layers: readonly Layer[], columns: number, rows: number, options: StackOptions): string[] {
  const order = layers.toReversed();
  const shown = order.length <= rows ? order : order.slice(0, rows - 1);
  const others = order.slice(shown.length);
  const line = (mark: string, name: string, value: number): string => {
    const figure = options.say(value).padStart(FIGURE_COLUMNS);
    return ` ${mark} ${plain(pad(name, columns - 4 - FIGURE_COLUMNS))} ${figure}`;
  };
  const lines = shown.map((layer) => {
    const mark = options.isColourless ? letterOfSeat(layer.seat) : coloured("█", colourOfSeat(layer.seat));
    return line(mark, layer.name, latest(layer));
  });
  const rest = others.reduce((sum, layer) => sum + latest(layer), 0);
  return others.length === 0 ? lines : [...lines, line(" ", `+${others.length} more`, rest)];
}

/** `height` lines of `width` columns, with tags for colours. */
export function stackLines(layers: readonly Layer[], options: StackOptions): string[] {
  const { width, height, most, isColourless } = options;
  const wanted = Math.round(width * LEGEND_SHARE);
  const columns = Math.max(LEGEND_COLUMNS.least, Math.min(LEGEND_COLUMNS.most, wanted));
  const names = legend(layers, columns, height, options);
  return stack(layers, width - columns, height, most).map((cells, row) => {
    const chart = cells.map((cell) => cellText(cell, isColourless)).join("");
    return `${chart}${names[row] ?? ""}`;
  });
}
