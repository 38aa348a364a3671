/** A row of a screen as runs of cells that look alike. */
import { CONTINUATION, glyphText } from "../screen/glyph.ts";
import type { Screen } from "../screen/screen.ts";

export interface Run {
  /** First column, and how many. */
  readonly x: number;
  readonly columns: number;
  readonly text: string;
  /** 0xRRGGBB, or DEFAULT_COLOUR. */
  readonly fg: number;
  readonly bg: number;
  /** Bits of style.ts. */
  readonly attributes: number;
}

export function runsOf(screen: Screen, y: number): Run[] {
  const runs: { -readonly [K in keyof Run]: Run[K] }[] = [];
  for (let x = 0; x < screen.width; x++) {
    const at = y * screen.width + x;
    const [fg, bg, attributes] = [screen.fg[at]!, screen.bg[at]!, screen.attributes[at]!];
    const text = glyphText(screen.glyphs[at]!);
    const last = runs.at(-1);
    const isSame = last?.fg === fg && last.bg === bg && last.attributes === attributes;
    if (last !== undefined && (isSame || screen.glyphs[at] === CONTINUATION)) {
      last.text += text;
      last.columns++;
    } else runs.push({ x, columns: 1, text, fg, bg, attributes });
  }
  return runs;
}
