/** Where a latency goes, drawn: each part has a glyph and a name of its own, so that no colour is needed to tell them apart. */
import type { Blame } from "../../core/snapshot.ts";
import { digits3 } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Rect } from "../screen/screen.ts";
import type { Style } from "../screen/style.ts";
import { textWidth } from "../screen/width.ts";
import { theme } from "../theme.ts";

export interface BlamePart {
  readonly part: keyof Blame;
  readonly name: string;
  readonly glyph: string;
  readonly style: Style;
}

/** In the order of a request's life. */
export const BLAME_PARTS: readonly BlamePart[] = [
  { part: "queue", name: "queue", glyph: "░", style: { fg: 0x6c6c6c } },
  { part: "copyWait", name: "copy wait", glyph: "▒", style: { fg: 0xd7af5f } },
  { part: "copy", name: "copy", glyph: "▓", style: { fg: 0xafaf5f } },
  { part: "smWait", name: "SM wait", glyph: "▚", style: { fg: 0xd7875f } },
  { part: "sharing", name: "shared", glyph: "▞", style: { fg: 0xd75f5f } },
  { part: "execution", name: "run", glyph: "█", style: { fg: 0x5f8787 } },
];

const BY_PART = new Map(BLAME_PARTS.map((part) => [part.part, part]));

export const blamePart = (part: keyof Blame): BlamePart => BY_PART.get(part)!;

/** One stacked bar, as long as the rectangle. Nothing where nothing is known. */
export function paintBlame(canvas: Canvas, { x, y, width, height }: Rect, blameMs: Blame): void {
  const total = BLAME_PARTS.reduce((sum, { part }) => sum + blameMs[part], 0);
  if (!(total > 0)) return;
  let reached = 0;
  let at = 0;
  for (const { part, glyph, style } of BLAME_PARTS) {
    reached += blameMs[part];
    const end = Math.round((reached / total) * width);
    for (let row = 0; row < height; row++) {
      canvas.text(x + at, y + row, glyph.repeat(Math.max(0, end - at)), style);
    }
    at = Math.max(at, end);
  }
}

/** Less than this part of the whole is not worth a word. */
const LEAST_SHARE = 0.005;

/** The parts' glyphs, names and ms in one row, in their order; the smallest ones leave where it is too short. Returns its end. */
export function paintBlameLegend(canvas: Canvas, x: number, y: number, blameMs: Blame): number {
  const total = BLAME_PARTS.reduce((sum, { part }) => sum + blameMs[part], 0);
  const entries = BLAME_PARTS.filter(({ part }) => blameMs[part] > total * LEAST_SHARE).map((part) => ({
    ...part,
    text: `${part.name} ${digits3(blameMs[part.part])}`,
    value: blameMs[part.part],
  }));
  const kept = new Set(entries);
  const width = (): number => [...kept].reduce((sum, { text }) => sum + 2 + textWidth(text) + 2, -2);
  while (kept.size > 1 && width() > canvas.width - x) {
    kept.delete([...kept].reduce((least, entry) => (entry.value <= least.value ? entry : least)));
  }
  let at = x;
  for (const { glyph, style, text } of kept) {
    at = canvas.text(at, y, glyph, style) + 1;
    at = canvas.text(at, y, text, theme.plain) + 2;
  }
  return at;
}
