/**
 * Which panes a screen of a given size shows, and how high each is. Every pane gets the least that says something, then the
 * rows that it has use for, then its share of what is left. Where not even the least is there, the pane that matters least
 * leaves. Widths are left to the chrome's flexbox.
 */

import { captionColumns, captionLines } from "./caption.ts";
import { type LayoutName, treeOf } from "./layout-tree.ts";
import { paneOf } from "./panes/index.ts";
import type { PaneName } from "./panes/names.ts";
import { filtered, panesOf, type Region, regionOf } from "./region.ts";
import type { Size } from "./screen/screen.ts";
import type { UiState } from "./store.ts";

/** The smallest screen on which nothing overlaps and every pane says something. */
export const SMALLEST: Size = { columns: 60, rows: 16 };

export interface Layout {
  readonly headerRows: number;
  readonly body: Region;
}

/** What a layout depends on. */
export type LayoutWish = Pick<
  UiState,
  "size" | "tenantCount" | "hasHealth" | "layout" | "ownLayout" | "focus" | "zoomed" | "caption"
>;

const TALL_ROWS = 30;
/** From so many rows on, a line says how a real GPU fares. */
const HEALTH_ROWS = 24;
const FOOTER_ROWS = 1;
const BORDERS = 2;
const HEAD_ROW = 1;
/** With both borders: less would be a title and nothing to see. */
const LEAST: Size = { columns: 20, rows: 6 };
/** Those that need more. */
const LEAST_OF: Partial<Readonly<Record<PaneName, Size>>> = {
  tenants: { columns: 40, rows: 6 },
  copies: { columns: 34, rows: 6 },
  decisions: { columns: 24, rows: 6 },
  latency: { columns: 40, rows: 12 },
  compare: { columns: 50, rows: 9 },
  kernels: { columns: 40, rows: 8 },
};
/** Who leaves first where there is no room. */
const LEAVING: readonly PaneName[] = [
  "kernels",
  "gpu",
  "decisions",
  "copies",
  "channels",
  "sms",
  "latency",
  "compare",
  "tenants",
];
/** What a layout is for: that pane leaves last. */
const MAIN_PANE: Partial<Readonly<Record<LayoutName, PaneName>>> = { latency: "latency", compare: "compare" };
/** The table of tenants leaves more than half of the screen to the others. */
const MOST_TABLE_SHARE = 0.45;

/** null: the screen is smaller than SMALLEST. */
export function layOut(wish: LayoutWish): Layout | null {
  const { size } = wish;
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) return null;
  const headerRows = headerRowsOf(wish);
  const room = bodyOf(wish);
  const region = fitting(wish, room);
  // A pane that has no place in the layout is shown alone.
  const body = wish.zoomed || !panesOf(region).includes(wish.focus) ? alone(wish.focus) : region;
  return {
    headerRows,
    body: withRows(body, room.rows, { bodyRows: room.rows, tenantCount: wish.tenantCount }),
  };
}

function headerRowsOf({ size, hasHealth }: LayoutWish): number {
  const healthRows = hasHealth && size.rows >= HEALTH_ROWS ? 1 : 0;
  return (size.rows >= TALL_ROWS ? 2 : 1) + healthRows;
}

function bodyOf(wish: LayoutWish): Size {
  const { size, caption } = wish;
  const footerRows = FOOTER_ROWS + captionLines(caption, captionColumns(size)).length;
  return { columns: size.columns, rows: size.rows - headerRowsOf(wish) - footerRows };
}

/** The panes for which the layout has a place on this screen, in the order of reading. */
export const placedPanes = (wish: LayoutWish): PaneName[] => panesOf(fitting(wish, bodyOf(wish)));

const alone = (pane: PaneName): Region => ({ pane, grow: 1 });

/** The layout's region without the panes for which there is no room. */
function fitting(wish: LayoutWish, room: Size): Region {
  const all = regionOf(treeOf(wish.layout, wish.ownLayout, room.columns));
  let region = filtered(all, (pane) => paneOf(pane) !== undefined);
  const main = MAIN_PANE[wish.layout];
  while (region !== null && !fits(region, room)) {
    const present = panesOf(region);
    const leaving = LEAVING.find((pane) => present.includes(pane) && pane !== main) ?? main;
    region = filtered(region, (pane) => pane !== leaving);
  }
  return region ?? alone("tenants");
}

const leastOf = (pane: PaneName): Size => LEAST_OF[pane] ?? LEAST;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Rows of parts one below the other, whose borders overlap. */
const stacked = (rows: readonly number[]): number => sum(rows) - (rows.length - 1);

function leastRows(region: Region): number {
  if ("pane" in region) return leastOf(region.pane).rows;
  const rows = region.parts.map(leastRows);
  return region.split === "down" ? stacked(rows) : Math.max(...rows);
}

function fits(region: Region, room: Size): boolean {
  return leastRows(region) <= room.rows && fitsAcross(region, room.columns);
}

function fitsAcross(region: Region, columns: number): boolean {
  if ("pane" in region) return leastOf(region.pane).columns <= columns;
  if (region.split === "down") return region.parts.every((part) => fitsAcross(part, columns));
  const shares = sum(region.parts.map(({ grow }) => grow));
  const shared = columns + region.parts.length - 1;
  return region.parts.every((part) => fitsAcross(part, Math.floor((shared * part.grow) / shares)));
}

/** What the heights of panes depend on: the rows that they share, and how long the tables are. */
interface Contents {
  readonly bodyRows: number;
  readonly tenantCount: number;
}

/** Rows that a pane has use for; null: any number. */
function usefulRows(pane: PaneName, { bodyRows, tenantCount }: Contents): number | null {
  const tableRows = tenantCount + HEAD_ROW + BORDERS;
  if (pane === "tenants") return Math.min(tableRows, Math.floor(bodyRows * MOST_TABLE_SHARE));
  return pane === "copies" ? tableRows : null;
}

/** Whether a region has use for any number of rows. */
const isOpen = (region: Region, contents: Contents): boolean =>
  panesOf(region).some((pane) => usefulRows(pane, contents) === null);

/** Rows that the tables in a region have use for. */
function tableRows(region: Region, contents: Contents): number {
  if ("pane" in region) return usefulRows(region.pane, contents) ?? 0;
  const rows = region.parts.map((part) => tableRows(part, contents));
  return region.split === "down" ? stacked(rows) : Math.max(...rows);
}

/** The region with the rows of all parts of its columns worked out. */
function withRows(region: Region, rows: number, contents: Contents): Region {
  if ("pane" in region) return region;
  if (region.split === "across") {
    return { ...region, parts: region.parts.map((part) => withRows(part, rows, contents)) };
  }
  const heights = shareRows(region.parts, rows, contents);
  const parts = region.parts.map((part, index) => ({
    ...withRows(part, heights[index]!, contents),
    rows: heights[index]!,
  }));
  return { ...region, parts };
}

function shareRows(parts: readonly Region[], rows: number, contents: Contents): number[] {
  const heights = parts.map(leastRows);
  let left = rows - stacked(heights);
  for (const [index, part] of parts.entries()) {
    const more = Math.max(0, Math.min(left, tableRows(part, contents) - heights[index]!));
    heights[index]! += more;
    left -= more;
  }
  const everyone = parts.map((_, index) => index);
  const open = everyone.filter((index) => isOpen(parts[index]!, contents));
  const takers = open.length > 0 ? open : everyone.slice(-1);
  const relative = (index: number): number => heights[index]! / parts[index]!.grow;
  // Row by row to whoever is furthest below its share.
  for (; left > 0; left--) heights[takers.reduce((a, b) => (relative(b) < relative(a) ? b : a))]!++;
  return heights;
}
