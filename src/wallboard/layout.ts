/** Where the panels lie on a screen of any size, as a pure function of it. */

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly header: Rect;
  /** One for each LS tenant, as many as there is room for. */
  readonly charts: readonly Rect[];
  readonly sms: Rect;
  readonly pcie: Rect;
  readonly attainment: Rect;
  /** null: there is no room, and the footer has the last line of it. */
  readonly log: Rect | null;
  readonly footer: Rect;
}

export const LEAST = { columns: 60, rows: 18 };

/** Of a chart that can still be read. */
const CHART_COLUMNS = 26;
const CHART_ROWS = 8;
/** From here on a log of its own takes no chart its rows. */
const ROWS_WITH_LOG = 32;
const LOG_SHARE = 0.18;

/** Cuts `length` into `parts` that differ by one at most: where each begins, and where the last one ends. */
const cuts = (length: number, parts: number): number[] =>
  Array.from({ length: parts + 1 }, (_, part) => Math.round((length * part) / parts));

function rowOf({ left, top, width, height }: Rect, parts: number): Rect[] {
  const at = cuts(width, parts);
  return Array.from({ length: parts }, (_, part) => ({
    left: left + at[part]!,
    top,
    width: at[part + 1]! - at[part]!,
    height,
  }));
}

/** `wanted` charts, or as many as fit: in the fewest rows, each row as even as it can be. */
function gridOf(area: Rect, wanted: number): Rect[] {
  const across = Math.max(1, Math.floor(area.width / CHART_COLUMNS));
  const down = Math.max(1, Math.floor(area.height / CHART_ROWS));
  const shown = Math.min(Math.max(wanted, 1), across * down);
  const rows = Math.ceil(shown / across);
  const perRow = Math.ceil(shown / rows);
  const at = cuts(area.height, rows);
  return Array.from({ length: rows }, (_, row) =>
    rowOf(
      { ...area, top: area.top + at[row]!, height: at[row + 1]! - at[row]! },
      Math.min(perRow, shown - row * perRow),
    ),
  ).flat();
}

/** null: the screen is smaller than LEAST. */
export function layoutOf(columns: number, rows: number, lsTenants: number): Layout | null {
  if (columns < LEAST.columns || rows < LEAST.rows) return null;
  const full = { left: 0, width: columns };
  const body = rows - 2;
  const logRows = rows < ROWS_WITH_LOG ? 0 : Math.round(body * LOG_SHARE);
  const upper = Math.ceil((body - logRows) / 2);
  const lower = body - logRows - upper;
  const [sms, pcie, attainment] = rowOf({ ...full, top: 1 + upper, height: lower }, 3);
  return {
    header: { ...full, top: 0, height: 1 },
    charts: gridOf({ ...full, top: 1, height: upper }, lsTenants),
    sms: sms!,
    pcie: pcie!,
    attainment: attainment!,
    log: logRows === 0 ? null : { ...full, top: 1 + upper + lower, height: logRows },
    footer: { ...full, top: rows - 1, height: 1 },
  };
}
