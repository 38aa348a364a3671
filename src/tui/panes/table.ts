/**
 * Tables that fit any width. Columns come in by priority: the essential ones first, as narrow as they can be; then these
 * grow until their text is whole; then further columns, and last the bars take what is left.
 */
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { textWidth, truncate } from "../screen/width.ts";
import { theme } from "../theme.ts";

export interface Column<Row> {
  readonly title: string;
  readonly align: "left" | "right";
  readonly width: number;
  /** May grow to this width: a text as far as it needs, a bar as far as there is room. */
  readonly widest?: number;
  /** 0 stays at any width; the highest leaves first. From FIRST_EXTRA on, only once all others have their full text. */
  readonly priority: number;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  /** Draws the cell instead of writing text: bars. */
  readonly draw?: (canvas: Canvas, x: number, y: number, width: number, row: Row) => void;
}

export const FIRST_EXTRA = 10;

interface Placed<Row> {
  readonly column: Column<Row>;
  readonly x: number;
  readonly width: number;
}

const GAP = 1;
const WIDE_GAP = 2;

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/** Shares out spare columns one by one among those whose limit is not reached; returns what is left. */
function grow<Row>(
  widths: Map<Column<Row>, number>,
  spare: number,
  limit: (column: Column<Row>) => number,
): number {
  let left = spare;
  for (let grew = true; left > 0 && grew; ) {
    grew = false;
    for (const [column, width] of widths) {
      if (left === 0 || width >= limit(column)) continue;
      widths.set(column, width + 1);
      left--;
      grew = true;
    }
  }
  return left;
}

/** Where each column that fits stands. */
export function placeColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): Placed<Row>[] {
  const widths = new Map<Column<Row>, number>();
  let spare = width + GAP;
  const admit = (candidates: readonly Column<Row>[]): void => {
    for (const column of candidates) {
      if (column.priority > 0 && column.width + GAP > spare) return;
      widths.set(column, column.width);
      spare -= column.width + GAP;
    }
  };
  const textLimit = (column: Column<Row>): number => {
    const widest = column.widest ?? column.width;
    return column.draw === undefined
      ? Math.min(widest, Math.max(0, ...rows.map((row) => textWidth(column.text(row)))))
      : 0;
  };
  const byPriority = [...columns].sort((a, b) => a.priority - b.priority);
  admit(byPriority.filter((column) => column.priority < FIRST_EXTRA));
  spare = grow(widths, spare, textLimit);
  admit(byPriority.filter((column) => column.priority >= FIRST_EXTRA));
  spare = grow(widths, spare, textLimit);
  const gap = widths.size - 1 <= spare ? WIDE_GAP : GAP;
  spare -= (gap - GAP) * (widths.size - 1);
  grow(widths, spare, (column) => (column.draw === undefined ? 0 : (column.widest ?? column.width)));
  const kept = columns.filter((column) => widths.has(column));
  return kept.map((column, index) => {
    const before = kept.slice(0, index).map((other) => widths.get(other)! + gap);
    return { column, x: sum(before), width: widths.get(column)! };
  });
}

export interface TableRow<Row> {
  readonly row: Row;
  readonly chosen: boolean;
}

/** The first of `total` rows to show in `room` rows so that row `chosen` (-1: none) is among them. */
export function scrollTo(chosen: number, total: number, room: number): number {
  return Math.max(0, Math.min(chosen - Math.floor(room / 2), total - room));
}

/** Paints the heads and as many rows as fit, scrolled to the chosen one; arrows in the first head tell of more. */
export function paintTable<Row>(
  canvas: Canvas,
  columns: readonly Column<Row>[],
  rows: readonly TableRow<Row>[],
): void {
  const contents = rows.map(({ row }) => row);
  const placed = placeColumns(columns, contents, canvas.width);
  for (const { column, x, width } of placed) {
    const title = truncate(column.title, width);
    if (column.align === "left") canvas.text(x, 0, title, theme.faint);
    else canvas.textRight(x + width, 0, title, theme.faint);
  }
  const room = Math.max(0, canvas.height - 1);
  const first = scrollTo(
    rows.findIndex((row) => row.chosen),
    rows.length,
    room,
  );
  const above = first > 0;
  const below = first + room < rows.length;
  if (above || below) canvas.text(0, 0, above && below ? "↕" : above ? "↑" : "↓", theme.warn);
  for (const [index, { row, chosen }] of rows.slice(first, first + room).entries()) {
    const y = index + 1;
    if (chosen) canvas.fill(0, y, canvas.width, 1, theme.chosen);
    for (const place of placed) paintCell(canvas, place, y, row, chosen);
  }
}

function paintCell<Row>(canvas: Canvas, place: Placed<Row>, y: number, row: Row, chosen: boolean): void {
  const { column, x, width } = place;
  if (column.draw !== undefined) {
    column.draw(canvas, x, y, width, row);
    return;
  }
  const own = column.style?.(row) ?? theme.plain;
  const style = chosen ? { fg: theme.chosen.fg, ...own, bold: true } : own;
  const text = truncate(column.text(row), width);
  if (column.align === "left") canvas.text(x, y, text, style);
  else canvas.textRight(x + width, y, text, style);
}
