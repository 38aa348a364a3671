/** The frame around a panel: its title in the upper edge, its colour. */
import type blessed from "blessed";
import { clip } from "./text.ts";

export type Box = blessed.Widgets.BoxElement;
export type Parent = blessed.Widgets.Node;

/** For a widget's options. */
export const framed = (title: string): { label: string; border: { type: "line" } } => ({
  label: ` ${title} `,
  border: { type: "line" },
});

/** Columns that the title cannot have: corners, a piece of line, and spaces. */
export const AROUND_TITLE = 6;

/** What needs nobody's eyes. */
export const CALM = "blue";

export function retitle(box: Box, title: string, columns: number, colour = CALM): void {
  box.setLabel(` ${clip(title, columns - AROUND_TITLE)} `);
  box.style.border = { fg: colour };
}
