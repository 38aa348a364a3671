/** The bytes that turn the screen a terminal shows into the next one: cursor moves, styles and characters, no more. */
import { type ColourDepth, colourCode } from "./colour.ts";
import { CONTINUATION, glyphText } from "./glyph.ts";
import type { Screen } from "./screen.ts";
import { BOLD, DEFAULT_COLOUR, DIM, INVERSE, UNDERLINE } from "./style.ts";

/** The terminal's current style. It is the default one before and after every diff. */
class Pen {
  #fg = DEFAULT_COLOUR;
  #bg = DEFAULT_COLOUR;
  #attributes = 0;
  readonly #depth: ColourDepth;

  constructor(depth: ColourDepth) {
    this.#depth = depth;
  }

  /** The escape sequence that changes to this style; "" where nothing changes. */
  change(fg: number, bg: number, attributes: number): string {
    const codes: string[] = [];
    if (attributes !== this.#attributes) {
      codes.push("0");
      if (attributes & BOLD) codes.push("1");
      if (attributes & DIM) codes.push("2");
      if (attributes & UNDERLINE) codes.push("4");
      if (attributes & INVERSE) codes.push("7");
      this.#fg = DEFAULT_COLOUR;
      this.#bg = DEFAULT_COLOUR;
    }
    if (fg !== this.#fg) codes.push(colourCode(fg, "fg", this.#depth));
    if (bg !== this.#bg) codes.push(colourCode(bg, "bg", this.#depth));
    this.#fg = fg;
    this.#bg = bg;
    this.#attributes = attributes;
    const wanted = codes.filter((code) => code !== "");
    return wanted.length === 0 ? "" : `\x1b[${wanted.join(";")}m`;
  }
}

const sameCell = (a: Screen, b: Screen, at: number): boolean =>
  a.glyphs[at] === b.glyphs[at] &&
  a.fg[at] === b.fg[at] &&
  a.bg[at] === b.bg[at] &&
  a.attributes[at] === b.attributes[at];

/** What must be written so that a terminal showing `shown` shows `wanted`, a screen of the same size; "" for nothing. */
export function diff(shown: Screen, wanted: Screen, depth: ColourDepth): string {
  const pen = new Pen(depth);
  let out = "";
  for (let y = 0; y < wanted.height; y++) {
    // Where the cursor stands in this row; -1: elsewhere, or not known for sure.
    let cursor = -1;
    for (let x = 0; x < wanted.width; x++) {
      const at = y * wanted.width + x;
      const glyph = wanted.glyphs[at]!;
      if (glyph === CONTINUATION || sameCell(shown, wanted, at)) continue;
      if (cursor < 0) out += `\x1b[${y + 1};${x + 1}H`;
      else if (cursor < x) out += `\x1b[${x - cursor}C`;
      out += pen.change(wanted.fg[at]!, wanted.bg[at]!, wanted.attributes[at]!) + glyphText(glyph);
      // Terminals disagree on the width of newer characters, so after one of them the cursor is put, not assumed.
      const certain = glyph < 0x2600 && x + 1 < wanted.width && wanted.glyphs[at + 1] !== CONTINUATION;
      cursor = certain ? x + 1 : -1;
    }
  }
  return out + pen.change(DEFAULT_COLOUR, DEFAULT_COLOUR, 0);
}
