/** A screen as plain text: its characters, without colours. */
import type { Screen } from "../screen/screen.ts";

/** One line a row, without the spaces at its end; the last line ends too. */
export function screenText(screen: Screen): string {
  let text = "";
  for (let y = 0; y < screen.height; y++) text += `${screen.rowText(y).trimEnd()}\n`;
  return text;
}
