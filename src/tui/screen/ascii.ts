/** Characters that stand for those outside ASCII, for terminals and fonts that have no others: a column for a column. */
import { glyphText } from "./glyph.ts";

/** Pairs of a character and what stands for it. */
const PAIRS =
  "│|─-╭+╮+╰+╯+├+┤+┬+┴+┼+┌+┐+└+┘+┃|━=╎:┊:╌-┄=" +
  "▏.▎.▍-▌-▋=▊=▉=█#▁_▂_▃.▄-▅-▆=▇=▔'▀'▐#░.▒:▓%▚/▞\\" +
  "↑^↓v←<→>↕|↔-⇧^▸>◂<▾v▴^▲^▼v▶>◀<●*○o◆@◇o■#□o•*·.✓+✗x★*…~–-—-×x÷/±+≈~≤<≥>≠!∞8°'µuσsΣSΔdτt“\"”\"‘'’'";

const BY_CODE_POINT = new Map<number, string>();
const characters = [...PAIRS];
for (let index = 0; index < characters.length; index += 2) {
  BY_CODE_POINT.set(characters[index]!.codePointAt(0)!, characters[index + 1]!);
}

/** Patterns of dots, of one column everywhere: from the first to before the last. */
export const BRAILLE = 0x2800;
export const BRAILLE_END = 0x2900;
/** Bits of the upper two of a cell's four rows of dots, and of the lower two. */
const UPPER_DOTS = 0b0001_1011;
const LOWER_DOTS = 0b1110_0100;

/** Dots of a chart: where in the cell they are, as far as a character can say that. */
function dots(pattern: number): string {
  const upper = (pattern & UPPER_DOTS) !== 0;
  const lower = (pattern & LOWER_DOTS) !== 0;
  if (upper && lower) return ":";
  return upper ? "'" : lower ? "." : " ";
}

/** The ASCII character for a glyph of one column; "?" for what has none. */
export function asciiOf(glyph: number): string {
  if (glyph >= 0x20 && glyph < 0x7f) return String.fromCharCode(glyph);
  const pair = BY_CODE_POINT.get(glyph);
  if (pair !== undefined) return pair;
  if (glyph >= BRAILLE && glyph < BRAILLE_END) return dots(glyph - BRAILLE);
  // Letters without their accents.
  const plain = glyphText(glyph).normalize("NFKD")[0] ?? "?";
  return plain >= " " && plain <= "~" ? plain : "?";
}
