/** A screen as text with ANSI styles, a line a row: `cat` shows it as it was. */
import { type ColourDepth, colourCode } from "../screen/colour.ts";
import type { Screen } from "../screen/screen.ts";
import { BOLD, DEFAULT_COLOUR, DIM, INVERSE, UNDERLINE } from "../screen/style.ts";
import { type Run, runsOf } from "./runs.ts";

const ATTRIBUTES = [
  [BOLD, "1"],
  [DIM, "2"],
  [UNDERLINE, "4"],
  [INVERSE, "7"],
] as const;

function styledRun({ text, fg, bg, attributes }: Run, depth: ColourDepth): string {
  const codes = [
    ...ATTRIBUTES.filter(([bit]) => (attributes & bit) !== 0).map(([, code]) => code),
    fg === DEFAULT_COLOUR ? "" : colourCode(fg, "fg", depth),
    bg === DEFAULT_COLOUR ? "" : colourCode(bg, "bg", depth),
  ].filter((code) => code !== "");
  return codes.length === 0 ? text : `\x1b[${codes.join(";")}m${text}\x1b[0m`;
}

export function screenAnsi(screen: Screen, depth: ColourDepth): string {
  return Array.from({ length: screen.height }, (_, y) => {
    const line = runsOf(screen, y).map((run) => styledRun(run, depth));
    return `${line.join("").trimEnd()}\n`;
  }).join("");
}
