/** Plain aligned tables for people: numbers to the right, words to the left, nothing beyond the widest cell. */

/** null prints as "-". */
export type Cell = string | number | null;

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => Cell;
  /** Digits after the point of a number; absent: 0. */
  readonly digits?: number;
  /** Longest text kept; what is longer ends in "…". */
  readonly width?: number;
}

function textOf<Row>(column: Column<Row>, cell: Cell): string {
  if (cell === null) return "-";
  if (typeof cell === "number") return cell.toFixed(column.digits ?? 0);
  const width = column.width ?? Number.POSITIVE_INFINITY;
  return cell.length <= width ? cell : `${cell.slice(0, width - 1)}…`;
}

/** Lines of the table, the titles first, without a trailing newline. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const texts = columns.map((column) => {
    const cells = rows.map(column.of);
    const isWords = cells.some((cell) => typeof cell === "string");
    const lines = [column.title, ...cells.map((cell) => textOf(column, cell))];
    const width = Math.max(...lines.map((line) => line.length));
    return lines.map((line) => (isWords ? line.padEnd(width) : line.padStart(width)));
  });
  const line = (index: number): string =>
    texts
      .map((column) => column[index] ?? "")
      .join("  ")
      .trimEnd();
  return Array.from({ length: rows.length + 1 }, (_, index) => line(index)).join("\n");
}
