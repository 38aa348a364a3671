/** A screen as its terminal shows it: in the colours of its theme, and in ASCII where that is asked for. */
import { asciiOf } from "../screen/ascii.ts";
import type { Look } from "../screen/diff.ts";
import { CONTINUATION, glyphOf } from "../screen/glyph.ts";
import { lightBackground, lightForeground } from "../screen/light.ts";
import { Screen } from "../screen/screen.ts";

export function asSeen(screen: Screen, { theme, ascii }: Pick<Look, "theme" | "ascii">): Screen {
  const seen = new Screen(screen.width, screen.height);
  seen.copy(screen);
  for (let at = 0; at < seen.glyphs.length; at++) {
    const [fg, bg, glyph] = [screen.fg[at]!, screen.bg[at]!, screen.glyphs[at]!];
    if (theme === "light") {
      seen.fg[at] = lightForeground(fg, bg);
      seen.bg[at] = lightBackground(bg);
    }
    if (!ascii) continue;
    // What stands for a wide character stands in both of its cells.
    seen.glyphs[at] = glyphOf(asciiOf(glyph === CONTINUATION ? screen.glyphs[at - 1]! : glyph));
  }
  return seen;
}
