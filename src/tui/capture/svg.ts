/**
 * A screen as an SVG picture: text that can be selected and searched, in whatever monospaced font the viewer has. Every run of cells is
 * stretched to its columns, so that a font of another width cannot shift what follows.
 */
import type { Screen } from "../screen/screen.ts";
import { BOLD, DEFAULT_COLOUR, DIM, INVERSE, UNDERLINE } from "../screen/style.ts";
import { type Run, runsOf } from "./runs.ts";

/** Of one cell, in px: the proportions of common monospaced fonts. */
const CELL = { width: 8.4, height: 17, baseline: 13 };
const FONT_PX = 14;
const MARGIN_PX = 12;
const FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
/** DIM is drawn as so much of its colour. */
const DIM_OPACITY = 0.6;

/** The terminal's own colours, which a screen leaves open. */
export interface Ground {
  readonly fg: number;
  readonly bg: number;
}

export const DARK_GROUND: Ground = { fg: 0xd0d0d0, bg: 0x121212 };
export const LIGHT_GROUND: Ground = { fg: 0x262626, bg: 0xfafafa };

const hex = (rgb: number): string => `#${rgb.toString(16).padStart(6, "0")}`;

/** Down to a hundredth of a px. */
const px = (value: number): string => String(Number(value.toFixed(2)));

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function coloursOf({ fg, bg, attributes }: Run, ground: Ground): { ink: number; paper: number } {
  const ink = fg === DEFAULT_COLOUR ? ground.fg : fg;
  const paper = bg === DEFAULT_COLOUR ? ground.bg : bg;
  return attributes & INVERSE ? { ink: paper, paper: ink } : { ink, paper };
}

function svgOfRun(run: Run, y: number, ground: Ground): string {
  const { ink, paper } = coloursOf(run, ground);
  const left = px(run.x * CELL.width);
  const width = px(run.columns * CELL.width);
  const box =
    paper === ground.bg
      ? ""
      : `<rect x="${left}" y="${px(y * CELL.height)}" width="${width}" height="${px(CELL.height)}" fill="${hex(paper)}"/>`;
  if (run.text.trim() === "") return box;
  const style = [
    ink === ground.fg ? "" : ` fill="${hex(ink)}"`,
    run.attributes & BOLD ? ' font-weight="bold"' : "",
    run.attributes & DIM ? ` opacity="${DIM_OPACITY}"` : "",
    run.attributes & UNDERLINE ? ' text-decoration="underline"' : "",
  ].join("");
  const place = `x="${left}" y="${px(y * CELL.height + CELL.baseline)}" textLength="${width}"`;
  return `${box}<text ${place} lengthAdjust="spacingAndGlyphs"${style}>${escaped(run.text)}</text>`;
}

/** `title` is what a screen reader, or a pointer that rests, says. */
export function screenSvg(screen: Screen, title: string, ground: Ground = DARK_GROUND): string {
  const width = px(screen.width * CELL.width + 2 * MARGIN_PX);
  const height = px(screen.height * CELL.height + 2 * MARGIN_PX);
  const rows = Array.from({ length: screen.height }, (_, y) =>
    runsOf(screen, y)
      .map((run) => svgOfRun(run, y, ground))
      .join(""),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${hex(ground.bg)}"/>`,
    `<g transform="translate(${MARGIN_PX} ${MARGIN_PX})" font-family="${FONTS}" font-size="${FONT_PX}" fill="${hex(ground.fg)}" xml:space="preserve">`,
    ...rows.filter((row) => row !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}
