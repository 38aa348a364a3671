/** Which panes a screen of a given size shows, and where: a tree of splits that the chrome hands to Ink's flexbox. */
import type { PaneName } from "./panes/index.ts";
import type { Size } from "./screen/screen.ts";

/** The smallest screen on which nothing overlaps and every pane says something. */
export const SMALLEST: Size = { columns: 60, rows: 16 };

/** A box with a border, or a row ("across") or column ("down") of regions whose borders overlap by one cell. */
export type Region = (
  | { readonly pane: PaneName }
  | { readonly split: "across" | "down"; readonly parts: readonly Region[] }
) & {
  /** Rows with both borders; absent: what its siblings leave. */
  readonly rows?: number;
  /** Share of the columns among its siblings; absent: 1. */
  readonly grow?: number;
};

export interface Layout {
  readonly headerRows: number;
  readonly body: Region;
}

const WIDE_COLUMNS = 160;
const TALL_ROWS = 30;
/** From so many rows on, a line says how a real GPU fares. */
const HEALTH_ROWS = 24;
const FOOTER_ROWS = 1;
const BORDERS = 2;
const HEAD_ROW = 1;
/** With both borders; with less, a narrow screen has no room for the channels. */
const MAP_ROWS = 6;

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** null: the screen is smaller than SMALLEST. */
export function layOut(size: Size, tenantCount: number, hasHealth = false): Layout | null {
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) return null;
  const healthRows = hasHealth && size.rows >= HEALTH_ROWS ? 1 : 0;
  const headerRows = (size.rows >= TALL_ROWS ? 2 : 1) + healthRows;
  const bodyRows = size.rows - headerRows - FOOTER_ROWS;
  // The table needs a row a tenant, and leaves more than half of the screen to the other panes.
  const tableRows = clamp(tenantCount + HEAD_ROW + BORDERS, 6, Math.floor(bodyRows * 0.45));
  const tenants: Region = { pane: "tenants", rows: tableRows };
  const maps: Region = { split: "across", parts: [{ pane: "sms" }, { pane: "channels" }] };
  const body = (...parts: readonly Region[]): Layout => ({ headerRows, body: { split: "down", parts } });
  if (bodyRows < 20) return body(tenants, maps);

  const queueRows = tenantCount + HEAD_ROW + BORDERS;
  if (size.columns >= WIDE_COLUMNS) {
    const copies: Region = { pane: "copies", rows: clamp(queueRows, 6, Math.floor(bodyRows * 0.3)) };
    const left: Region = { split: "down", grow: 2, parts: [maps, copies] };
    return body(tenants, { split: "across", parts: [left, { pane: "decisions" }] });
  }
  // One border row is shared with each neighbour, hence + 2 over the sum of the three.
  const restRows = bodyRows - tableRows + 2;
  const mostRows = Math.min(Math.ceil(restRows * 0.6), restRows - MAP_ROWS);
  const bottomRows = clamp(queueRows, Math.ceil(restRows * 0.5), mostRows);
  const bottom: Region = {
    split: "across",
    rows: bottomRows,
    parts: [
      { pane: "copies", grow: 11 },
      { pane: "decisions", grow: 9 },
    ],
  };
  return body(tenants, maps, bottom);
}
