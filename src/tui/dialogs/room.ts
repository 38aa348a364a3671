/** How much of a dialog a screen has room for. */
import type { Size } from "../screen/screen.ts";

/** Rows that the screen keeps around a dialog: header, footer, the dialog's borders, and a free row above and below. */
const AROUND_DIALOG_ROWS = 6;

/** Columns that stay free around a dialog, its borders and the space inside them included. */
const AROUND_DIALOG_COLUMNS = 8;

/** Lines that a dialog can show at once. */
export const dialogRoom = (size: Size): number => Math.max(1, size.rows - AROUND_DIALOG_ROWS);

export const dialogColumns = (size: Size): number => Math.max(1, size.columns - AROUND_DIALOG_COLUMNS);
