/**
 * A screenful of cells. Invariant: a character two columns wide owns its cell and a CONTINUATION to the right; whoever
 * overwrites half of it blanks the other half, so no half is ever sent to the terminal.
 */
import { CONTINUATION, glyphText, SPACE } from "./glyph.ts";
import { attributesOf, DEFAULT_COLOUR, type Style } from "./style.ts";

/** In cells; x and y from the top left corner of the screen. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export class Screen {
  readonly width: number;
  readonly height: number;
  readonly glyphs: Uint32Array;
  readonly fg: Int32Array;
  readonly bg: Int32Array;
  readonly attributes: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    const cells = width * height;
    this.glyphs = new Uint32Array(cells).fill(SPACE);
    this.fg = new Int32Array(cells).fill(DEFAULT_COLOUR);
    this.bg = new Int32Array(cells).fill(DEFAULT_COLOUR);
    this.attributes = new Uint8Array(cells);
  }

  clear(): void {
    this.glyphs.fill(SPACE);
    this.fg.fill(DEFAULT_COLOUR);
    this.bg.fill(DEFAULT_COLOUR);
    this.attributes.fill(0);
  }

  /** Puts a glyph of 1 or 2 columns, all of which must lie on the screen. */
  put(x: number, y: number, glyph: number, columns: 1 | 2, style: Style): void {
    this.#sever(x, y);
    this.#sever(x + columns, y);
    const at = y * this.width + x;
    this.#set(at, glyph, style);
    // Both halves are one character to the terminal, so they share one background.
    if (columns === 2) this.#set(at + 1, CONTINUATION, { ...style, bg: this.bg[at]! });
  }

  /** Puts characters of one column, each one code unit of the text; all of them must lie on the screen. */
  putPlain(x: number, y: number, text: string, style: Style): void {
    this.#sever(x, y);
    this.#sever(x + text.length, y);
    const start = y * this.width + x;
    const fg = style.fg ?? DEFAULT_COLOUR;
    const attributes = attributesOf(style);
    for (let index = 0; index < text.length; index++) {
      const at = start + index;
      this.glyphs[at] = text.charCodeAt(index);
      this.fg[at] = fg;
      if (style.bg !== undefined) this.bg[at] = style.bg;
      this.attributes[at] = attributes;
    }
  }

  /** Makes this screen the same as another of its size. */
  copy(from: Screen): void {
    this.glyphs.set(from.glyphs);
    this.fg.set(from.fg);
    this.bg.set(from.bg);
    this.attributes.set(from.attributes);
  }

  /** Copies one rectangle from a screen of the same size. */
  copyRect(from: Screen, rect: Rect): void {
    const left = Math.max(0, rect.x);
    const right = Math.min(this.width, rect.x + rect.width);
    for (let y = Math.max(0, rect.y); y < Math.min(this.height, rect.y + rect.height); y++) {
      this.#sever(left, y);
      this.#sever(right, y);
      const start = y * this.width + left;
      const end = y * this.width + right;
      this.glyphs.set(from.glyphs.subarray(start, end), start);
      this.fg.set(from.fg.subarray(start, end), start);
      this.bg.set(from.bg.subarray(start, end), start);
      this.attributes.set(from.attributes.subarray(start, end), start);
    }
  }

  /** The text of one row, its full width. */
  rowText(y: number): string {
    let text = "";
    for (let x = 0; x < this.width; x++) text += glyphText(this.glyphs[y * this.width + x]!);
    return text;
  }

  #set(at: number, glyph: number, style: Style): void {
    this.glyphs[at] = glyph;
    this.fg[at] = style.fg ?? DEFAULT_COLOUR;
    if (style.bg !== undefined) this.bg[at] = style.bg;
    this.attributes[at] = attributesOf(style);
  }

  /** Blanks both halves of a wide character that the left edge of cell x would cut in two. */
  #sever(x: number, y: number): void {
    const at = y * this.width + x;
    if (this.glyphs[at] !== CONTINUATION || x <= 0 || x >= this.width) return;
    this.glyphs[at - 1] = SPACE;
    this.glyphs[at] = SPACE;
  }
}
