/**
 * A cell holds its character as a number: the code point, or, for characters made of several code points (accents,
 * flags), a number beyond Unicode's last one that stands for the string. Text on a screen repeats, so the table stays small.
 */

/** The right half of a character two columns wide. */
export const CONTINUATION = 0;
export const SPACE = 0x20;

const FIRST_CLUSTER = 0x11_0000;
const clusters: string[] = [];
const numbers = new Map<string, number>();

export function glyphOf(grapheme: string): number {
  const codePoint = grapheme.codePointAt(0) ?? SPACE;
  if (grapheme.length === (codePoint > 0xffff ? 2 : 1)) return codePoint;
  let glyph = numbers.get(grapheme);
  if (glyph === undefined) {
    glyph = FIRST_CLUSTER + clusters.push(grapheme) - 1;
    numbers.set(grapheme, glyph);
  }
  return glyph;
}

export function glyphText(glyph: number): string {
  if (glyph === CONTINUATION) return "";
  return glyph < FIRST_CLUSTER ? String.fromCodePoint(glyph) : clusters[glyph - FIRST_CLUSTER]!;
}
