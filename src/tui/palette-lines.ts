/** Lines that were given to the palette, which up and down bring back. */
export interface PaletteLines {
  /** Newest last, each once. */
  all(): readonly string[];
  /** Takes the newest. Throws MissileError where it will not be there in the next console. */
  add(line: string): void;
}

/** `lines` with one more at the end, each once, the last `most` of them. */
export const withLine = (lines: readonly string[], line: string, most: number): string[] =>
  [...lines.filter((other) => other !== line), line].slice(-most);

export const MOST_LINES = 500;

/** Kept for as long as the console runs. */
export class LinesOfThisRun implements PaletteLines {
  #lines: readonly string[] = [];

  all(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    this.#lines = withLine(this.#lines, line, MOST_LINES);
  }
}
