/** What is said under the panes, as lines. */
import type { Size } from "./screen/screen.ts";
import { wrap } from "./screen/width.ts";
import type { Caption } from "./store.ts";

/** More would leave too little for the panes of a small screen. */
const MOST_LINES = 3;

/** Columns that it has on a screen. */
export const captionColumns = ({ columns }: Size): number => columns - 2;

/** At most three lines of at most `columns`; none without a caption. */
export const captionLines = (caption: Caption | null, columns: number): string[] =>
  caption === null ? [] : wrap(caption.text, columns).slice(0, MOST_LINES);
