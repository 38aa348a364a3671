/**
 * Joins borders that meet. Neighbouring boxes overlap by one cell and the later one wins there, so a cell gets an arm
 * towards every neighbour that points at it: where ┐ and ┌ meet, ┬ comes out.
 */
import type { Rect, Screen } from "./screen.ts";

const UP = 1;
const RIGHT = 2;
const DOWN = 4;
const LEFT = 8;

/** Glyph by its arms; the index is the sum of UP, RIGHT, DOWN, LEFT. Corners are round, as Ink's "round" border. */
const BY_ARMS = [..."   ╰ │╭├ ╯─┴╮┤┬┼"];
const ARMS = new Map(BY_ARMS.flatMap((text, arms) => (text === " " ? [] : [[text.codePointAt(0)!, arms]])));

const inside = (rect: Rect | null, x: number, y: number): boolean =>
  rect !== null && x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;

/** Joins all borders on the screen and gives them a colour. Those in `apart` (a dialog's) keep to themselves. */
export function joinBorders(screen: Screen, colour: number, apart: Rect | null, apartColour: number): void {
  const before = screen.glyphs.slice();
  const armsAt = (x: number, y: number): number => {
    const onScreen = x >= 0 && y >= 0 && x < screen.width && y < screen.height;
    return onScreen && !inside(apart, x, y) ? (ARMS.get(before[y * screen.width + x]!) ?? 0) : 0;
  };
  for (let y = 0; y < screen.height; y++) {
    for (let x = 0; x < screen.width; x++) {
      const at = y * screen.width + x;
      if (!ARMS.has(before[at]!)) continue;
      screen.fg[at] = inside(apart, x, y) ? apartColour : colour;
      const own = armsAt(x, y);
      if (own === 0) continue;
      const arms =
        own |
        (armsAt(x, y - 1) & DOWN ? UP : 0) |
        (armsAt(x + 1, y) & LEFT ? RIGHT : 0) |
        (armsAt(x, y + 1) & UP ? DOWN : 0) |
        (armsAt(x - 1, y) & RIGHT ? LEFT : 0);
      screen.glyphs[at] = BY_ARMS[arms]!.codePointAt(0)!;
    }
  }
}

/** Gives the border of one box a colour of its own, but where something lies `above` it. */
export function tintBorder(screen: Screen, box: Rect, colour: number, above: Rect | null): void {
  const tint = (x: number, y: number): void => {
    if (x < 0 || y < 0 || x >= screen.width || y >= screen.height || inside(above, x, y)) return;
    const at = y * screen.width + x;
    if (ARMS.has(screen.glyphs[at]!)) screen.fg[at] = colour;
  };
  for (let x = box.x; x < box.x + box.width; x++) {
    tint(x, box.y);
    tint(x, box.y + box.height - 1);
  }
  for (let y = box.y + 1; y < box.y + box.height - 1; y++) {
    tint(box.x, y);
    tint(box.x + box.width - 1, y);
  }
}
