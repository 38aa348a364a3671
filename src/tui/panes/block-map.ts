/**
 * Where the blocks of one tenant's memory lie: a row for each run of consecutive blocks, a column for each channel, or for each partition of
 * a real GPU, and the more blocks of the run lie in it, the darker the cell.
 */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { textWidth, truncate, wrap } from "../screen/width.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import { type BlockLine, type BlockTable, hashedTable } from "./block-table.ts";
import type { Scene } from "./pane.ts";
import { readTable } from "./read-blocks.ts";

const DENSITY = ["·", "░", "▒", "▓", "█"] as const;
const LINEAR = "─";
const LABEL_COLUMNS = 6;
const WIDEST_COLUMN = 4;
const RULER_STEP_COLUMNS = 8;
const MOST_HEAD_ROWS = 3;

function chosenTenant({ view, ui }: Scene): TenantSnapshot | undefined {
  return view.snapshot.tenants.find(({ id }) => id === ui.selected);
}

const tableOf = (tenant: TenantSnapshot, { view }: Scene): BlockTable | string =>
  view.backend === "sim" ? hashedTable(tenant, view) : readTable(tenant, view);

/** Rows of the chosen tenant's map: how far it can be scrolled. */
export function rowsOfBlocks(scene: Scene): number {
  const tenant = chosenTenant(scene);
  const table = tenant === undefined ? "" : tableOf(tenant, scene);
  return typeof table === "string" ? 1 : Math.max(1, table.lines);
}

/** Columns of a cell. Notes have what is left: they give way to the cells, not the reverse. */
function widthOf({ columns, noteColumns }: BlockTable, room: number): number {
  const fitting = (free: number): number => Math.floor(free / Math.max(1, columns));
  const left = room - LABEL_COLUMNS;
  return Math.max(1, Math.min(WIDEST_COLUMN, fitting(left - noteColumns) || fitting(left)));
}

/** Numbers of the columns, and whose they are. Returns how many rows that took. */
function paintRuler(canvas: Canvas, y: number, { columns, owners }: BlockTable, width: number): number {
  for (let column = 0; column < columns; column += Math.ceil(RULER_STEP_COLUMNS / width))
    canvas.text(LABEL_COLUMNS + column * width, y, String(column), theme.off);
  if (owners === null || columns === 0) return 1;
  for (const [column, owner] of owners.entries()) {
    const mark = (owner === "BE" ? "b" : "L").repeat(Math.max(1, width - 1));
    canvas.text(LABEL_COLUMNS + column * width, y + 1, mark, CLASS_STYLE[owner]);
  }
  return 2;
}

function paintLine(canvas: Canvas, y: number, line: BlockLine, table: BlockTable, look: LineLook): void {
  const { columns, owners, side } = table;
  const { width, own } = look;
  canvas.textRight(LABEL_COLUMNS - 1, y, line.label, theme.off);
  if (line.levels === null) canvas.text(LABEL_COLUMNS, y, LINEAR.repeat(columns * width), theme.off);
  for (const [column, level] of (line.levels ?? []).entries()) {
    if (level === null) continue;
    const isAstray = owners !== null && owners[column] !== side;
    const style = level === 0 ? theme.off : isAstray ? theme.bad : own;
    canvas.text(LABEL_COLUMNS + column * width, y, DENSITY[level].repeat(width), style);
  }
  const from = LABEL_COLUMNS + columns * width + 1;
  const style = line.unsettled ? theme.warn : theme.faint;
  canvas.text(from, y, truncate(line.note, Math.max(0, canvas.width - from)), style);
}

interface LineLook {
  readonly width: number;
  readonly own: Style;
}

/** The first wording that fits; where none does the shortest, which is the last, in several lines. */
function linesOf(wordings: readonly string[], columns: number): string[] {
  const fitting = wordings.find((words) => textWidth(words) <= columns);
  return fitting === undefined ? wrap(wordings.at(-1) ?? "", columns).slice(0, MOST_HEAD_ROWS) : [fitting];
}

export function paintBlockMap(canvas: Canvas, scene: Scene): void {
  const tenant = chosenTenant(scene);
  if (tenant === undefined) {
    canvas.text(0, 0, "choose a tenant to see its blocks", theme.faint);
    return;
  }
  const { letter, colour } = scene.identities.of(tenant.id);
  const name = `${letter} ${tenant.name}: `;
  const table = tableOf(tenant, scene);
  const heads = typeof table === "string" ? [[table]] : table.heads;
  const own = { fg: colour };
  const texts = heads.flatMap((wordings, nth) =>
    linesOf(
      wordings.map((words) => (nth === 0 ? name + words : words)),
      canvas.width,
    ),
  );
  for (const [y, text] of texts.entries()) canvas.text(0, y, text, y === 0 ? own : theme.faint);
  if (typeof table === "string") return;
  const width = widthOf(table, canvas.width);
  const top = texts.length + paintRuler(canvas, texts.length, table, width);
  const first = Math.min(scene.ui.scroll.channels ?? 0, rowsOfBlocks(scene) - 1);
  for (let y = top; y < canvas.height && first + y - top < table.lines; y++)
    paintLine(canvas, y, table.line(first + y - top), table, { width, own });
}
