/** The last decisions, newest at the bottom: when, for whom, what and why. */
import type { DecisionEntry } from "../../core/snapshot.ts";
import { clock } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { wrap } from "../screen/width.ts";
import { theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";

const STYLE_BY_CAUSE: Readonly<Record<DecisionEntry["by"], Style>> = {
  operator: theme.accent,
  scheduler: theme.plain,
  device: theme.bad,
};

/** In a narrow pane the minutes are left out: "12.345" instead of "00:12.345". */
const NARROW_COLUMNS = 50;
const SECONDS_COLUMNS = 6;

const timeOf = (entry: DecisionEntry, narrow: boolean): string =>
  narrow ? clock(entry.atNs).slice(-SECONDS_COLUMNS) : clock(entry.atNs);

function paintEntry(
  canvas: Canvas,
  y: number,
  entry: DecisionEntry,
  lines: readonly string[],
  scene: Scene,
): void {
  const narrow = canvas.width < NARROW_COLUMNS;
  const who = scene.identities.at(entry.tenant, entry.atNs);
  const x = canvas.text(0, y, timeOf(entry, narrow), theme.faint) + 1;
  if (who !== null) canvas.text(x, y, who.letter, { fg: who.colour, bold: true });
  for (const [index, line] of lines.entries()) canvas.text(x + 2, y + index, line, STYLE_BY_CAUSE[entry.by]);
}

export const decisions: Pane = {
  title: "decisions",
  paint(canvas, scene) {
    const { log } = scene.view.snapshot;
    if (log.length === 0) {
      canvas.text(1, 0, "none yet", theme.faint);
      return;
    }
    const narrow = canvas.width < NARROW_COLUMNS;
    const textColumns = canvas.width - timeOf(log[0]!, narrow).length - 3;
    const shown: { entry: DecisionEntry; lines: string[] }[] = [];
    let rows = 0;
    for (let index = log.length - 1; index >= 0 && rows < canvas.height; index--) {
      const entry = log[index]!;
      const lines = wrap(entry.text, Math.max(8, textColumns)).slice(0, Math.max(1, canvas.height - rows));
      shown.unshift({ entry, lines });
      rows += lines.length;
    }
    let y = 0;
    for (const { entry, lines } of shown) {
      paintEntry(canvas, y, entry, lines, scene);
      y += lines.length;
    }
  },
};
