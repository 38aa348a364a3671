/** Text as blessed takes it: measured in columns, with colours as tags. */
import blessed from "blessed";

// Not in its types. What it measures is what it draws.
const { unicode } = blessed as unknown as { unicode: { strWidth(text: string): number } };

export const widthOf = (text: string): number => unicode.strWidth(text);

/** At most so many columns; what was longer ends in an ellipsis. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  for (const character of text) {
    if (widthOf(kept) + widthOf(character) > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/** Exactly so many columns. */
export function pad(text: string, columns: number): string {
  const clipped = clip(text, columns);
  return clipped + " ".repeat(Math.max(0, columns - widthOf(clipped)));
}

/** Braces say nothing in it. */
export const plain = (text: string): string =>
  text.replace(/[{}]/g, (brace) => (brace === "{" ? "{open}" : "{close}"));

/** `text` may have tags of its own. */
export const coloured = (text: string, foreground: string | null, ground: string | null = null): string => {
  const tags = [
    foreground === null ? "" : `{${foreground}-fg}`,
    ground === null ? "" : `{${ground}-bg}`,
  ].join("");
  return tags === "" ? text : `${tags}${text}{/}`;
};
