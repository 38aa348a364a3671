/** Dots, two across and four down in a cell, drawn as Braille patterns (U+2800). Each cell has the style of its last dot. */
import type { Canvas } from "./canvas.ts";
import type { Style } from "./style.ts";

const BLANK_PATTERN = 0x2800;
const DOTS_ACROSS = 2;
const DOTS_DOWN = 4;
/** Bit of each dot of a cell, row by row (Unicode 15, chapter 21.1: dots 1-3 and 7 left, 4-6 and 8 right). */
const DOT_BITS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80] as const;

/** The dots of a straight line, both ends included. */
export function* lineDots(
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): Generator<readonly [x: number, y: number]> {
  const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY));
  for (let step = 0; step <= steps; step++) {
    const part = steps === 0 ? 0 : step / steps;
    yield [Math.round(fromX + (toX - fromX) * part), Math.round(fromY + (toY - fromY) * part)];
  }
}

export class DotGrid {
  /** In dots. */
  readonly width: number;
  readonly height: number;
  readonly #columns: number;
  readonly #patterns: Uint8Array;
  readonly #styles: (Style | undefined)[];

  constructor(columns: number, rows: number) {
    this.#columns = Math.max(0, columns);
    const cells = this.#columns * Math.max(0, rows);
    this.width = this.#columns * DOTS_ACROSS;
    this.height = Math.max(0, rows) * DOTS_DOWN;
    this.#patterns = new Uint8Array(cells);
    this.#styles = new Array<Style | undefined>(cells).fill(undefined);
  }

  /** Sets the dot at whole coordinates from the top left; none outside. */
  dot(x: number, y: number, style: Style): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const cell = (y >> 2) * this.#columns + (x >> 1);
    this.#patterns[cell]! |= DOT_BITS[(y & 3) * DOTS_ACROSS + (x & 1)]!;
    this.#styles[cell] = style;
  }

  /** Paints the cells that have dots; the others stay as they were. */
  paint(canvas: Canvas, left: number, top: number): void {
    for (let cell = 0; cell < this.#patterns.length; cell++) {
      const pattern = this.#patterns[cell]!;
      if (pattern === 0) continue;
      const x = left + (cell % this.#columns);
      const y = top + Math.floor(cell / this.#columns);
      canvas.glyph(x, y, BLANK_PATTERN + pattern, this.#styles[cell]!);
    }
  }
}
