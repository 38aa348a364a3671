/**
 * How many terminal columns text takes. Names come from operators and files, so text is also made safe to print here:
 * control characters are shown as a replacement mark, and invisible ones (direction marks, stray accents) are left out.
 */

/** What a reader sees as one character, and the columns it takes. */
export interface Grapheme {
  readonly text: string;
  readonly columns: 1 | 2;
}

/** Strings made of these alone (ASCII, Latin, arrows, boxes, blocks, Braille) have one column a code unit: the usual case. */
const PLAIN = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*$/;
/** East Asian Wide and Fullwidth (Unicode 15.1 EastAsianWidth.txt, merged to blocks), and emoji drawn as pictures. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|.\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}])/u;
const CONTROL = /^\p{Cc}/u;
const INVISIBLE = /^[\p{Cf}\p{Mn}\p{Me}\p{Zl}\p{Zp}\p{Cs}]/u;
const REPLACEMENT: Grapheme = { text: "\ufffd", columns: 1 };

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Whether every code unit of the text is one grapheme of one column. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

/** The printable graphemes of any text, in order. */
export function* graphemes(text: string): Generator<Grapheme> {
  for (const { segment } of segmenter.segment(text)) {
    if (CONTROL.test(segment)) yield REPLACEMENT;
    else if (!INVISIBLE.test(segment)) yield { text: segment, columns: WIDE.test(segment) ? 2 : 1 };
  }
}

/** The text without what could steer a terminal. */
export const printable = (text: string): string =>
  isPlain(text) ? text : [...graphemes(text)].map((grapheme) => grapheme.text).join("");

/** Columns that the text takes once printed. */
export function textWidth(text: string): number {
  if (isPlain(text)) return text.length;
  let columns = 0;
  for (const grapheme of graphemes(text)) columns += grapheme.columns;
  return columns;
}

/** The text in at most `columns` columns; what does not fit ends in "…". */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns <= 0) return "";
  let kept = "";
  let used = 0;
  for (const grapheme of graphemes(text)) {
    if (used + grapheme.columns > columns - 1) break;
    kept += grapheme.text;
    used += grapheme.columns;
  }
  return `${kept}…`;
}

/** The text in exactly `columns` columns: cut with "…", or filled with spaces on the far side of its alignment. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const cut = truncate(text, columns);
  const filler = " ".repeat(Math.max(0, columns - textWidth(cut)));
  return align === "left" ? cut + filler : filler + cut;
}

/** Lines of at most `columns` columns, broken at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) <= columns) line += ` ${word}`;
    else {
      if (line !== "") lines.push(line);
      line = truncate(word, columns);
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
