/**
 * The bytes that turn the screen a terminal shows into the next one: cursor moves, styles and characters, no more. Here, at
 * the edge, panes' colours and characters become those that the theme, the terminal and its fonts have.
 */
import { asciiOf, BRAILLE, BRAILLE_END } from "./ascii.ts";
import { type ColourDepth, colourCode } from "./colour.ts";
import { CONTINUATION, glyphText, SPACE } from "./glyph.ts";
import { lightBackground, lightForeground } from "./light.ts";
import type { Screen } from "./screen.ts";
import { BOLD, DEFAULT_COLOUR, DIM, INVERSE, UNDERLINE } from "./style.ts";

/** How a screen is written. */
export interface Look {
  readonly depth: ColourDepth;
  /** The ground that the terminal has. */
  readonly theme: "dark" | "light";
  /** Nothing but ASCII. */
  readonly ascii: boolean;
}

/** SGR codes that set each attribute, and those that end it (22 ends both bold and dim). */
const SET: readonly (readonly [attribute: number, on: string, off: string])[] = [
  [BOLD, "1", "22"],
  [DIM, "2", "22"],
  [UNDERLINE, "4", "24"],
  [INVERSE, "7", "27"],
];

const sgr = (codes: readonly string[]): string => `\x1b[${codes.filter((code) => code !== "").join(";")}m`;

/** The terminal's current style. It is the default one before and after every diff. */
class Pen {
  #fg = DEFAULT_COLOUR;
  #bg = DEFAULT_COLOUR;
  #attributes = 0;
  readonly #look: Look;

  constructor(look: Look) {
    this.#look = look;
  }

  /** Whether a cell of this style can be written as the pen stands. */
  fits(fg: number, bg: number, attributes: number): boolean {
    return fg === this.#fg && bg === this.#bg && attributes === this.#attributes;
  }

  /** The style of a space: its text colour shows nowhere. */
  fitsSpace(bg: number, attributes: number): boolean {
    return bg === this.#bg && ((attributes | this.#attributes) & (UNDERLINE | INVERSE)) === 0;
  }

  /** The escape sequence that changes to this style; "" where nothing changes. */
  change(fg: number, bg: number, attributes: number): string {
    if (this.fits(fg, bg, attributes)) return "";
    const fgCode = this.#foreground(fg, bg);
    const bgCode = this.#background(bg);
    const step = this.#step(attributes);
    if (fgCode !== this.#foreground(this.#fg, this.#bg)) step.push(fgCode);
    if (bg !== this.#bg) step.push(bgCode);
    const anew = ["0", ...SET.filter(([bit]) => attributes & bit).map(([, on]) => on)];
    if (fg !== DEFAULT_COLOUR) anew.push(fgCode);
    if (bg !== DEFAULT_COLOUR) anew.push(bgCode);
    this.#fg = fg;
    this.#bg = bg;
    this.#attributes = attributes;
    if (step.every((code) => code === "")) return "";
    // "0" alone is what an empty sequence means.
    const fresh = anew.length === 1 ? "\x1b[m" : sgr(anew);
    const changed = sgr(step);
    return changed.length < fresh.length ? changed : fresh;
  }

  /** From the attributes as they are to others. */
  #step(attributes: number): string[] {
    const codes = new Set<string>();
    const ended = this.#attributes & ~attributes;
    for (const [bit, , off] of SET) if (ended & bit) codes.add(off);
    // What 22 has ended and should stay is set again.
    const before = codes.has("22") ? this.#attributes & ~(BOLD | DIM) : this.#attributes;
    for (const [bit, on] of SET) if (attributes & ~before & bit) codes.add(on);
    return [...codes];
  }

  #foreground(fg: number, bg: number): string {
    const { depth, theme } = this.#look;
    return colourCode(theme === "dark" ? fg : lightForeground(fg, bg), "fg", depth);
  }

  #background(bg: number): string {
    const { depth, theme } = this.#look;
    return colourCode(theme === "dark" ? bg : lightBackground(bg), "bg", depth);
  }
}

/** Whether two cells look the same: of a space, neither text colour nor weight is seen. */
function sameCell(a: Screen, b: Screen, at: number): boolean {
  if (a.glyphs[at] !== b.glyphs[at] || a.bg[at] !== b.bg[at]) return false;
  if (a.fg[at] === b.fg[at] && a.attributes[at] === b.attributes[at]) return true;
  return a.glyphs[at] === SPACE && ((a.attributes[at]! | b.attributes[at]!) & (UNDERLINE | INVERSE)) === 0;
}

/** A move to the right takes four bytes or more: so many cells are written again rather than skipped. */
const SHORT_GAP = 4;

/** What must be written so that a terminal showing `shown` shows `wanted`, a screen of the same size; "" for nothing. */
export function diff(shown: Screen, wanted: Screen, look: Look): string {
  return new Writer(wanted, look).differences(shown);
}

class Writer {
  readonly #wanted: Screen;
  readonly #ascii: boolean;
  readonly #pen: Pen;
  #out = "";

  constructor(wanted: Screen, look: Look) {
    this.#wanted = wanted;
    this.#ascii = look.ascii;
    this.#pen = new Pen(look);
  }

  differences(shown: Screen): string {
    const { width, height, glyphs } = this.#wanted;
    for (let y = 0; y < height; y++) {
      // Where the cursor stands in this row; -1: elsewhere, or not known for sure.
      let cursor = -1;
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        if (glyphs[at] === CONTINUATION || sameCell(shown, this.#wanted, at)) continue;
        if (cursor !== x) this.#moveTo(x, y, cursor);
        cursor = this.#write(at) && x + 1 < width ? x + 1 : -1;
      }
    }
    return this.#out + this.#pen.change(DEFAULT_COLOUR, DEFAULT_COLOUR, 0);
  }

  #moveTo(x: number, y: number, cursor: number): void {
    const row = y * this.#wanted.width;
    if (cursor < 0) this.#out += `\x1b[${y + 1};${x + 1}H`;
    else if (x - cursor <= SHORT_GAP && this.#canRewrite(row + cursor, row + x)) {
      for (let at = row + cursor; at < row + x; at++) this.#out += this.#text(at);
    } else this.#out += x - cursor === 1 ? "\x1b[C" : `\x1b[${x - cursor}C`;
  }

  /** Whether the cells can be written without another style, each taking one column for sure. */
  #canRewrite(from: number, until: number): boolean {
    const { glyphs, fg, bg, attributes } = this.#wanted;
    for (let at = from; at < until; at++) {
      const isSpace = glyphs[at] === SPACE && this.#pen.fitsSpace(bg[at]!, attributes[at]!);
      if (!isSpace && !this.#pen.fits(fg[at]!, bg[at]!, attributes[at]!)) return false;
      if (!this.#isCertain(at)) return false;
    }
    return true;
  }

  /** Writes one cell; whether the cursor stands right behind it for sure. */
  #write(at: number): boolean {
    const { glyphs, fg, bg, attributes } = this.#wanted;
    const isSpace = glyphs[at] === SPACE && this.#pen.fitsSpace(bg[at]!, attributes[at]!);
    if (!isSpace) this.#out += this.#pen.change(fg[at]!, bg[at]!, attributes[at]!);
    this.#out += this.#text(at);
    return this.#isCertain(at);
  }

  #isWide(at: number): boolean {
    const { width, glyphs } = this.#wanted;
    return (at + 1) % width !== 0 && glyphs[at + 1] === CONTINUATION;
  }

  /** Terminals disagree on the width of newer characters, so after one of them the cursor is put, not assumed. */
  #isCertain(at: number): boolean {
    const glyph = this.#wanted.glyphs[at]!;
    const isOld = glyph < 0x2600 || (glyph >= BRAILLE && glyph < BRAILLE_END);
    return glyph !== CONTINUATION && isOld && !this.#isWide(at);
  }

  #text(at: number): string {
    const glyph = this.#wanted.glyphs[at]!;
    return this.#ascii ? asciiOf(glyph).repeat(this.#isWide(at) ? 2 : 1) : glyphText(glyph);
  }
}
