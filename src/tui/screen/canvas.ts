/** A rectangle of the screen to draw in. Coordinates start at its corner; whatever falls outside is not drawn. */
import { glyphOf, SPACE } from "./glyph.ts";
import type { Rect, Screen } from "./screen.ts";
import type { Style } from "./style.ts";
import { graphemes, isPlain, textWidth } from "./width.ts";

const HORIZONTAL_EIGHTHS = " ▏▎▍▌▋▊▉█";
const VERTICAL_EIGHTHS = " ▁▂▃▄▅▆▇█";

const clamp01 = (share: number): number => (share > 0 ? Math.min(1, share) : 0);

export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #screen: Screen;
  readonly #left: number;
  readonly #top: number;

  /** The part of `rect` that lies on the screen. */
  constructor(screen: Screen, rect: Rect) {
    this.#screen = screen;
    this.#left = Math.max(0, rect.x);
    this.#top = Math.max(0, rect.y);
    this.width = Math.max(0, Math.min(rect.x + rect.width, screen.width) - this.#left);
    this.height = Math.max(0, Math.min(rect.y + rect.height, screen.height) - this.#top);
  }

  /** Writes text from (x, y) to the right and returns the x behind it. A wide character that is cut becomes a space. */
  text(x: number, y: number, text: string, style: Style = {}): number {
    if (y < 0 || y >= this.height) return x + textWidth(text);
    if (isPlain(text)) {
      const from = Math.max(0, -x);
      const until = Math.min(text.length, this.width - x);
      if (from < until) {
        const inside = until - from === text.length ? text : text.slice(from, until);
        this.#screen.putPlain(this.#left + x + from, this.#top + y, inside, style);
      }
      return x + text.length;
    }
    let at = x;
    for (const grapheme of graphemes(text)) {
      this.#put(at, y, glyphOf(grapheme.text), grapheme.columns, style);
      at += grapheme.columns;
    }
    return at;
  }

  /** One character of one column, by its code point. */
  glyph(x: number, y: number, codePoint: number, style: Style): void {
    if (y >= 0 && y < this.height) this.#put(x, y, codePoint, 1, style);
  }

  /** A canvas for a part of this one, and of no more than there is. */
  part({ x, y, width, height }: Rect): Canvas {
    const left = Math.max(0, Math.min(this.width, x));
    const top = Math.max(0, Math.min(this.height, y));
    const right = Math.max(left, Math.min(this.width, x + width));
    const bottom = Math.max(top, Math.min(this.height, y + height));
    const place = { x: this.#left + left, y: this.#top + top };
    return new Canvas(this.#screen, { ...place, width: right - left, height: bottom - top });
  }

  /** Writes text so that it ends before column `end`. */
  textRight(end: number, y: number, text: string, style: Style = {}): void {
    this.text(end - textWidth(text), y, text, style);
  }

  /** Blanks cells, in the background of the style. */
  fill(x: number, y: number, width: number, height: number, style: Style): void {
    const spaces = " ".repeat(Math.max(0, width));
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++)
      this.text(x, row, spaces, style);
  }

  /** A bar from the left, exact to an eighth of a column; `share` of `width` columns. */
  bar(x: number, y: number, width: number, share: number, style: Style): void {
    const eighths = Math.round(clamp01(share) * width * 8);
    for (let column = 0; column < width; column++) {
      const part = Math.max(0, Math.min(8, eighths - column * 8));
      this.text(x + column, y, HORIZONTAL_EIGHTHS[part]!, style);
    }
  }

  /** A bar from the bottom, exact to an eighth of a row; `share` of `height` rows. Anything above 0 shows. */
  column(x: number, y: number, width: number, height: number, share: number, style: Style): void {
    const exact = clamp01(share) * height * 8;
    const eighths = exact > 0 ? Math.max(1, Math.round(exact)) : 0;
    for (let row = 0; row < height; row++) {
      const part = Math.max(0, Math.min(8, eighths - (height - 1 - row) * 8));
      if (part > 0) this.text(x, y + row, VERTICAL_EIGHTHS[part]!.repeat(width), style);
    }
  }

  #put(x: number, y: number, glyph: number, columns: 1 | 2, style: Style): void {
    if (x < 0 || x >= this.width) {
      // The right half of a wide character may still be inside.
      if (columns === 2 && x === -1 && this.width > 0) this.#put(0, y, SPACE, 1, style);
    } else if (columns === 2 && x + 1 >= this.width) this.#put(x, y, SPACE, 1, style);
    else this.#screen.put(this.#left + x, this.#top + y, glyph, columns, style);
  }
}
