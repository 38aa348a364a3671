/**
 * The light theme: each colour of the dark one moved towards black or white until it stands out from a white ground as much as
 * it did from a black one. So faint stays faint, and no pane needs to know which theme is on.
 */
import { DEFAULT_COLOUR } from "./style.ts";

/** What the dark theme is drawn for, and what the light one is. */
const DARK_GROUND = 0x121212;
const LIGHT_GROUND = 0xffffff;
/** A hue that stands out more than this is black with a tint: hues stop here. */
const MOST_HUE_CONTRAST = 5.5;
/** Backgrounds brighter than this carry dark letters in both themes. */
const BRIGHT = 0.2;

const channels = (rgb: number): readonly [number, number, number] => [
  (rgb >> 16) & 255,
  (rgb >> 8) & 255,
  rgb & 255,
];

/** Relative luminance and contrast as WCAG 2.1 defines them. */
function luminance(rgb: number): number {
  const [red, green, blue] = channels(rgb).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: number, b: number): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** `share` of the way from one colour to another. */
function mixed(from: number, to: number, share: number): number {
  const target = channels(to);
  const parts = channels(from).map((value, index) => Math.round(value + (target[index]! - value) * share));
  return (parts[0]! << 16) | (parts[1]! << 8) | parts[2]!;
}

function isGrey(rgb: number): boolean {
  const parts = channels(rgb);
  return Math.max(...parts) - Math.min(...parts) < 32;
}

const STEPS = 64;

/** The mix with black or white whose contrast to the light ground is nearest to that of the colour to the dark one. */
function lightened(rgb: number): number {
  const asDark = contrast(rgb, DARK_GROUND);
  const wanted = isGrey(rgb) ? asDark : Math.min(asDark, MOST_HUE_CONTRAST);
  const towards = contrast(rgb, LIGHT_GROUND) > wanted ? LIGHT_GROUND : 0x000000;
  const candidates = Array.from({ length: STEPS + 1 }, (_, step) => mixed(rgb, towards, step / STEPS));
  const miss = (candidate: number): number => Math.abs(Math.log(contrast(candidate, LIGHT_GROUND) / wanted));
  return candidates.reduce((best, candidate) => (miss(candidate) < miss(best) ? candidate : best));
}

const known = new Map<number, number>();

function lightOf(rgb: number): number {
  let light = known.get(rgb);
  if (light === undefined) {
    light = lightened(rgb);
    known.set(rgb, light);
  }
  return light;
}

const isBright = (rgb: number): boolean => rgb !== DEFAULT_COLOUR && luminance(rgb) > BRIGHT;

/** The light theme's background for one of the dark theme's. */
export const lightBackground = (bg: number): number =>
  bg === DEFAULT_COLOUR || isBright(bg) ? bg : lightOf(bg);

/** The light theme's text colour for one of the dark theme's on that background. */
export const lightForeground = (fg: number, bg: number): number =>
  fg === DEFAULT_COLOUR || isBright(bg) ? fg : lightOf(fg);
