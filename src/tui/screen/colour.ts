/** Colours as a terminal understands them: how many it shows, and the nearest it has. */

export type ColourDepth = "truecolor" | "256" | "16" | "mono";

/** What the environment promises (no-color.org; COLORTERM and TERM as terminals set them). */
export function colourDepth(env: Readonly<Record<string, string | undefined>>): ColourDepth {
  const term = env.TERM ?? "";
  if ((env.NO_COLOR ?? "") !== "" || term === "dumb" || term === "") return "mono";
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? "")) return "truecolor";
  if (/direct|kitty|alacritty|ghostty|wezterm/.test(term)) return "truecolor";
  return term.includes("256color") ? "256" : "16";
}

const red = (rgb: number): number => (rgb >> 16) & 255;
const green = (rgb: number): number => (rgb >> 8) & 255;
const blue = (rgb: number): number => rgb & 255;

function distance(a: number, b: number): number {
  const dr = red(a) - red(b);
  const dg = green(a) - green(b);
  const db = blue(a) - blue(b);
  // The eye weighs green most; these are the usual luma weights, rounded.
  return 3 * dr * dr + 6 * dg * dg + db * db;
}

function nearest(rgb: number, palette: readonly number[], from: number): number {
  let best = from;
  for (let index = from; index < palette.length; index++) {
    if (distance(rgb, palette[index]!) < distance(rgb, palette[best]!)) best = index;
  }
  return best;
}

/** xterm's 16 colours. */
const ANSI16: readonly number[] = [
  0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000,
  0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];

/** xterm's 256 colours: the 16, a cube of 6 levels an axis, 24 greys. */
const ANSI256: readonly number[] = [
  ...ANSI16,
  ...Array.from({ length: 216 }, (_, i) => {
    const level = (n: number): number => (n === 0 ? 0 : 55 + 40 * n);
    return (level(Math.floor(i / 36)) << 16) | (level(Math.floor(i / 6) % 6) << 8) | level(i % 6);
  }),
  ...Array.from({ length: 24 }, (_, i) => (8 + 10 * i) * 0x01_01_01),
];

const indexed = { "16": new Map<number, number>(), "256": new Map<number, number>() };

function indexOf(rgb: number, depth: "256" | "16"): number {
  const known = indexed[depth].get(rgb);
  if (known !== undefined) return known;
  // The first 16 are the operator's own in most terminals, so the 256 start behind them.
  const index = depth === "16" ? nearest(rgb, ANSI16, 0) : nearest(rgb, ANSI256, 16);
  indexed[depth].set(rgb, index);
  return index;
}

/**
 * The SGR parameters that choose a colour; "" where the terminal has none. A background that comes out black in 16
 * colours is left to the terminal: it was a shade, and the terminal may be a light one.
 */
export function colourCode(rgb: number, ground: "fg" | "bg", depth: ColourDepth): string {
  if (depth === "mono") return "";
  if (rgb < 0) return ground === "fg" ? "39" : "49";
  const base = ground === "fg" ? 38 : 48;
  if (depth === "truecolor") return `${base};2;${red(rgb)};${green(rgb)};${blue(rgb)}`;
  const index = indexOf(rgb, depth);
  if (depth === "256") return `${base};5;${index}`;
  if (ground === "bg" && index === 0) return "49";
  return `${(ground === "fg" ? 30 : 40) + (index < 8 ? index : 52 + index)}`;
}
