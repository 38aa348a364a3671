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
  /** May shrink to this width where no text needs more; absent: it does not. */
  readonly narrowest?: number;
  /** What the column is called where its title does not say it; absent: as its title. */
  readonly name?: string;
  /** By what its rows are sorted; absent: they cannot be, by this column. */
  readonly rank?: (row: Row) => number | string;
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

/** A table is sorted by one column, named as nameOf does. */
export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

export const nameOf = <Row>(column: Column<Row>): string => column.name ?? column.title;

const isUnknown = (rank: number | string): boolean => Number.isNaN(rank);

/** The rows in the order asked for; equal ones as they stood, and those of which nothing is known last either way. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
): readonly Row[] {
  const rank = columns.find((column) => nameOf(column) === order?.column)?.rank;
  if (order === null || rank === undefined) return rows;
  const sign = order.descending ? -1 : 1;
  const ranked = rows.map((row) => ({ row, at: rank(row) }));
  ranked.sort((a, b) => {
    if (isUnknown(a.at) || isUnknown(b.at)) return Number(isUnknown(a.at)) - Number(isUnknown(b.at));
    return a.at === b.at ? 0 : a.at < b.at ? -sign : sign;
  });
  return ranked.map(({ row }) => row);
}

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
  const limits = new Map([...widths.keys()].map((column) => [column, limit(column)]));
  for (let grew = true; left > 0 && grew; ) {
    grew = false;
    for (const [column, width] of widths) {
      if (left === 0 || width >= limits.get(column)!) continue;
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
  const longest = (column: Column<Row>): number =>
    Math.max(0, ...rows.map((row) => textWidth(column.text(row))));
  const leastOf = (column: Column<Row>): number =>
    column.narrowest === undefined
      ? column.width
      : Math.max(column.narrowest, Math.min(column.width, longest(column)));
  const admit = (candidates: readonly Column<Row>[]): void => {
    for (const column of candidates) {
      const least = leastOf(column);
      if (column.priority > 0 && least + GAP > spare) return;
      widths.set(column, least);
      spare -= least + GAP;
    }
  };
  const textLimit = (column: Column<Row>): number => {
    const { widest = column.width } = column;
    if (column.draw !== undefined || widest === column.width) return 0;
    return Math.min(widest, longest(column));
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

/** First row shown where `height` rows are painted, the heads among them. */
function firstShown<Row>(rows: readonly TableRow<Row>[], height: number): number {
  const chosen = rows.findIndex((row) => row.chosen);
  return scrollTo(chosen, rows.length, Math.max(0, height - 1));
}

/** What stands at a cell of a table that was painted that large. */
export function atCell<Row>(
  columns: readonly Column<Row>[],
  rows: readonly TableRow<Row>[],
  cell: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): { readonly column: Column<Row> | null; readonly row: Row | null } {
  const contents = rows.map(({ row }) => row);
  const placed = placeColumns(columns, contents, cell.width);
  const hit = placed.find(({ x, width }) => cell.x >= x && cell.x <= x + width);
  const isHead = cell.y === 0;
  const row = isHead ? undefined : contents[firstShown(rows, cell.height) + cell.y - 1];
  return { column: isHead ? (hit?.column ?? null) : null, row: row ?? null };
}

/** A column's title, and an arrow beside it if the rows are sorted by it. */
function paintHead<Row>(canvas: Canvas, { column, x, width }: Placed<Row>, order: Order | null): void {
  const title = truncate(column.title, width);
  const isOrder = order !== null && nameOf(column) === order.column;
  const style = isOrder ? theme.strong : theme.faint;
  const arrow = isOrder ? (order.descending ? "▼" : "▲") : "";
  if (column.align === "left") {
    canvas.text(x, 0, title, style);
    canvas.text(Math.min(x + textWidth(title), canvas.width - 1), 0, arrow, style);
  } else {
    canvas.textRight(x + width, 0, title, style);
    canvas.text(Math.max(0, x + width - textWidth(title) - 1), 0, arrow, style);
  }
}

/** Paints the heads and as many rows as fit, scrolled to the chosen one; arrows in the first head tell of more. */
export function paintTable<Row>(
  canvas: Canvas,
  columns: readonly Column<Row>[],
  rows: readonly TableRow<Row>[],
  order: Order | null = null,
): void {
  const contents = rows.map(({ row }) => row);
  const placed = placeColumns(columns, contents, canvas.width);
  for (const place of placed) paintHead(canvas, place, order);
  const room = Math.max(0, canvas.height - 1);
  const first = firstShown(rows, canvas.height);
  const above = first > 0;
  const below = first + room < rows.length;
  if (above || below) canvas.text(0, 0, above && below ? "↕" : above ? "↑" : "↓", theme.warn);
  for (const [index, { row, chosen }] of rows.slice(first, first + room).entries()) {
    const y = index + 1;
    if (chosen) canvas.fill(0, y, canvas.width, 1, theme.chosen);
    for (const place of placed) paintCell(canvas, place, y, row, chosen);
  }
}

const OMITTED_LABEL_COLUMNS = 9;
const OMITTED_VALUE_COLUMNS = 8;
const OMITTED_GAP = 2;

/** The figures of one row that the table of that width had no columns for, side by side, then its bars in a row each. */
export function paintOmitted<Row>(
  canvas: Canvas,
  columns: readonly Column<Row>[],
  rows: readonly TableRow<Row>[],
  row: Row,
): void {
  const contents = rows.map((other) => other.row);
  const shown = new Set(placeColumns(columns, contents, canvas.width).map(({ column }) => column));
  const omitted = columns.filter((column) => !shown.has(column));
  const pitch = OMITTED_LABEL_COLUMNS + OMITTED_VALUE_COLUMNS + OMITTED_GAP;
  const across = Math.max(1, Math.floor((canvas.width + OMITTED_GAP) / pitch));
  const figures = omitted.filter(({ draw, align }) => draw === undefined && align === "right");
  for (const [index, column] of figures.entries()) {
    const x = (index % across) * pitch;
    const y = Math.floor(index / across);
    canvas.text(x, y, truncate(column.title, OMITTED_LABEL_COLUMNS - 1), theme.faint);
    const place = { column, x: x + OMITTED_LABEL_COLUMNS, width: OMITTED_VALUE_COLUMNS };
    paintCell(canvas, place, y, row, false);
  }
  let y = Math.ceil(figures.length / across);
  for (const { title, draw } of omitted) {
    if (draw === undefined || y >= canvas.height) continue;
    const x = canvas.text(0, y, title, theme.faint) + 1;
    draw(canvas, x, y, Math.max(0, canvas.width - x), row);
    y++;
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
