/** The help as lines, made from the keymap alone. */
import { keyLabel, keymap, type Mode } from "./keymap.ts";
import type { Size } from "./screen/screen.ts";

export interface HelpLine {
  readonly keys: string;
  readonly does: string;
}

const SECTIONS: readonly { readonly mode: Mode | undefined; readonly heading: string }[] = [
  { mode: "main", heading: "" },
  { mode: undefined, heading: "anywhere" },
  { mode: "choice", heading: "in a list" },
];

/** A heading is a line without keys. */
export function helpLines(): HelpLine[] {
  return SECTIONS.flatMap(({ mode, heading }) => {
    const rows = keymap.filter((row) => row.mode === mode);
    const lines = rows.map((row) => ({ keys: row.keys.map(keyLabel).join(" "), does: row.does }));
    return heading === "" ? lines : [{ keys: "", does: heading }, ...lines];
  });
}

/** Rows that the screen keeps around a dialog: header, footer, the dialog's borders, and a free row above and below. */
const AROUND_DIALOG_ROWS = 6;

/** Lines that a dialog can show at once. */
export const dialogRoom = (size: Size): number => Math.max(1, size.rows - AROUND_DIALOG_ROWS);

export const mostHelpScroll = (size: Size): number => Math.max(0, helpLines().length - dialogRoom(size));
