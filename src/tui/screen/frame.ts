/** Draws a frame as Ink prints it (lines of text with SGR styles) onto a screen. */
import { Canvas } from "./canvas.ts";
import type { Screen } from "./screen.ts";
import { attributesOf, type Style } from "./style.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
const SGR = /\x1b\[([0-9;]*)m/g;

const ATTRIBUTES = { 1: "bold", 2: "dim", 4: "underline", 7: "inverse" } as const;
/** The code that ends each attribute (22 ends both bold and dim). */
const ENDS: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ["bold", "dim"],
  24: ["underline"],
  27: ["inverse"],
  39: ["fg"],
  49: ["bg"],
};

type MutableStyle = { -readonly [K in keyof Style]: Style[K] };

function without(style: Style, keys: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style)));
}

/** The style after an SGR sequence. Colours other than 24-bit ones are not used here and are ignored. */
function applySgr(style: Style, parameters: string): Style {
  const codes = parameters === "" ? [0] : parameters.split(";").map(Number);
  let next: MutableStyle = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) next = {};
    else if (code in ATTRIBUTES) next[ATTRIBUTES[code as keyof typeof ATTRIBUTES]] = true;
    else if (code in ENDS) next = without(next, ENDS[code]!);
    else if ((code === 38 || code === 48) && codes[i + 1] === 2) {
      const rgb = ((codes[i + 2] ?? 0) << 16) | ((codes[i + 3] ?? 0) << 8) | (codes[i + 4] ?? 0);
      next[code === 38 ? "fg" : "bg"] = rgb;
      i += 4;
    }
  }
  return next;
}

/** Draws the frame from the top left corner over whatever is there. */
export function drawFrame(screen: Screen, frame: string): void {
  const canvas = new Canvas(screen, { x: 0, y: 0, width: screen.width, height: screen.height });
  let style: Style = {};
  for (const [y, line] of frame.split("\n").entries()) {
    let x = 0;
    // Splitting at a pattern with one group alternates text and that group.
    for (const [index, part] of line.split(SGR).entries()) {
      if (index % 2 === 1) style = applySgr(style, part);
      else x = canvas.text(x, y, part, style);
    }
  }
}

/** Text with a style that drawFrame reads back. Chalk would look at the real stdout and drop it in a pipe or under CI. */
export function styled(text: string, style: Style): string {
  const codes: string[] = [];
  for (const [code, name] of Object.entries(ATTRIBUTES)) {
    if (attributesOf(style) & attributesOf({ [name]: true })) codes.push(code);
  }
  for (const [code, rgb] of [["38", style.fg] as const, ["48", style.bg] as const]) {
    if (rgb !== undefined) codes.push(`${code};2;${rgb >> 16};${(rgb >> 8) & 255};${rgb & 255}`);
  }
  return codes.length === 0 ? text : `\x1b[${codes.join(";")}m${text}\x1b[0m`;
}
