/** A line of figures with their labels: those that matter least leave first where it is too short. */
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { textWidth } from "../screen/width.ts";
import { theme } from "../theme.ts";

export interface Item {
  readonly label: string;
  readonly value: string;
  readonly style: Style;
  /** The highest leaves first where the line is too short. */
  readonly priority: number;
}

/** Below this width, items stand closer and the labels that can be guessed are left out. */
export const ROOMY_COLUMNS = 110;

const itemWidth = (item: Item): number =>
  textWidth(item.label) + (item.label === "" ? 0 : 1) + textWidth(item.value);

/** Items from the left, then items up to the right edge. */
export function paintLine(canvas: Canvas, y: number, left: readonly Item[], right: readonly Item[]): void {
  const gap = canvas.width >= ROOMY_COLUMNS ? 3 : 2;
  const widthOf = (items: Iterable<Item>): number =>
    [...items].reduce((total, item) => total + itemWidth(item) + gap, -gap);
  const kept = new Set([...left, ...right]);
  while (kept.size > 1 && widthOf(kept) > canvas.width - 2) {
    kept.delete([...kept].reduce((worst, item) => (item.priority >= worst.priority ? item : worst)));
  }
  const paintFrom = (start: number, items: readonly Item[]): void => {
    let x = start;
    for (const item of items) {
      if (item.label !== "") x = canvas.text(x, y, item.label, theme.faint) + 1;
      x = canvas.text(x, y, item.value, item.style) + gap;
    }
  };
  const rightKept = right.filter((item) => kept.has(item));
  const leftKept = left.filter((item) => kept.has(item));
  paintFrom(1, leftKept);
  paintFrom(canvas.width - 1 - widthOf(rightKept), rightKept);
}
