/**
 * Makes a frame's cells: the chrome as backdrop, each pane in its place, an open dialog over them. A pane that is read rather
 * than watched is painted only so often, and keeps its cells meanwhile.
 */
import { AIRY_COLUMNS, type Chrome } from "./chrome.tsx";
import { describeError } from "./describe-error.ts";
import { paneOf } from "./panes/index.ts";
import { PANE_NAMES, type PaneName } from "./panes/names.ts";
import type { Pane, Scene } from "./panes/pane.ts";
import { Canvas } from "./screen/canvas.ts";
import { drawFrame } from "./screen/frame.ts";
import { joinBorders, tintBorder } from "./screen/join.ts";
import { type Rect, Screen } from "./screen/screen.ts";
import { DEFAULT_COLOUR } from "./screen/style.ts";
import { textWidth, wrap } from "./screen/width.ts";
import { theme } from "./theme.ts";

/** Columns of a title beside its words: the mark of the focus, the number, and the spaces between. */
const TITLE_EXTRAS = 5;
/** A little less than the time between two frames: a pane is not held back a frame for a fraction of a millisecond. */
const TOLERANCE_MS = 5;

const SLOTS: readonly PaneName[] = ["header", ...PANE_NAMES];

interface Slot {
  readonly name: PaneName;
  readonly rect: Rect;
}

/** The chrome as cells, and where it leaves room. */
interface Backdrop {
  readonly screen: Screen;
  readonly slots: readonly Slot[];
  readonly dialog: Rect | null;
}

/** What a pane was last painted from, and when. */
interface Painted {
  readonly scene: Scene;
  readonly atMs: number;
}

export interface PainterOptions {
  readonly chrome: Chrome;
  /** Told once of each pane that could not be painted, and why. */
  readonly onPaneFailed: (pane: PaneName, error: unknown) => void;
}

export class Painter {
  readonly #options: PainterOptions;
  /** Panes that failed, so that each is told of once. */
  readonly #failed = new Set<PaneName>();
  readonly #painted = new Map<PaneName, Painted>();
  #backdrop: Backdrop | null = null;

  constructor(options: PainterOptions) {
    this.#options = options;
  }

  /** The chrome, or the terminal's size, is another: everything is painted anew. */
  forget(): void {
    this.#backdrop = null;
    this.#painted.clear();
  }

  /**
   * Paints the frame onto `next`, where `shown` is the frame before. Returns the wall ms until a pane that was left as it is
   * must be painted; null: none was.
   */
  paint(next: Screen, shown: Screen, scene: Scene, nowMs: number): number | null {
    this.#backdrop ??= this.#drawBackdrop(next.width, next.height, scene.ui.focus);
    const { screen, slots, dialog } = this.#backdrop;
    next.copy(screen);
    let waitMs: number | null = null;
    for (const slot of slots) {
      const leftMs = this.#restMs(slot.name, scene, nowMs);
      if (leftMs > 0) {
        next.copyRect(shown, withCaption(slot.rect));
        if (this.#painted.get(slot.name)?.scene.view !== scene.view)
          waitMs = Math.min(waitMs ?? leftMs, leftMs);
      } else {
        this.#tryPane(next, slot, scene);
        this.#painted.set(slot.name, { scene, atMs: nowMs });
      }
    }
    if (dialog !== null) next.copyRect(screen, dialog);
    return waitMs;
  }

  /** Wall ms that a pane may still stay as it is; what the operator does shows at once. */
  #restMs(name: PaneName, scene: Scene, nowMs: number): number {
    const everyMs = paneOf(name)?.everyMs;
    const painted = this.#painted.get(name);
    if (everyMs === undefined || painted === undefined || painted.scene.ui !== scene.ui) return 0;
    return painted.atMs + everyMs - TOLERANCE_MS - nowMs;
  }

  #drawBackdrop(columns: number, rows: number, focus: PaneName): Backdrop {
    const { chrome } = this.#options;
    const screen = new Screen(columns, rows);
    drawFrame(screen, chrome.frame());
    const dialog = chrome.rectOf("dialog");
    joinBorders(screen, theme.border, dialog, theme.dialogBorder);
    const focused = chrome.rectOf(focus);
    if (focused !== null) tintBorder(screen, around(focused, columns), theme.focusBorder, dialog);
    const slots = SLOTS.flatMap((name) => {
      const rect = chrome.rectOf(name);
      return rect === null ? [] : [{ name, rect }];
    });
    return { screen, slots, dialog };
  }

  /** A pane that throws says so in its own place, and is tried again at the next frame: the others live on. */
  #tryPane(screen: Screen, { name, rect }: Slot, scene: Scene): void {
    const pane = paneOf(name);
    if (pane === undefined) return;
    try {
      paintPane(screen, pane, rect, scene);
    } catch (error) {
      paintFailure(new Canvas(screen, rect), error);
      if (this.#failed.has(name)) return;
      this.#failed.add(name);
      this.#options.onPaneFailed(name, error);
    }
  }
}

function paintPane(screen: Screen, pane: Pane, rect: Rect, scene: Scene): void {
  pane.paint(new Canvas(screen, rect), scene);
  // On the border above the pane, where the title leaves room for it.
  const free = rect.width - textWidth(pane.title) - TITLE_EXTRAS;
  const caption = pane.caption?.(scene).find((text) => textWidth(text) + 2 <= free);
  if (caption === undefined) return;
  const border = new Canvas(screen, { ...rect, y: rect.y - 1, height: 1 });
  border.textRight(rect.width - 1, 0, ` ${caption} `, theme.faint);
}

/** A pane's cells and the border above them. */
const withCaption = (rect: Rect): Rect => ({ ...rect, y: rect.y - 1, height: rect.height + 1 });

/** The box around a pane's cells: its sides lie one or two columns off, as it has room for a free one. */
function around(rect: Rect, columns: number): Rect {
  const beside = columns >= AIRY_COLUMNS ? 2 : 1;
  return { x: rect.x - beside, y: rect.y - 1, width: rect.width + 2 * beside, height: rect.height + 2 };
}

function paintFailure(canvas: Canvas, error: unknown): void {
  canvas.fill(0, 0, canvas.width, canvas.height, { bg: DEFAULT_COLOUR });
  const lines = wrap(`this pane failed: ${describeError(error)}`, Math.max(1, canvas.width - 2));
  for (const [y, line] of lines.entries()) canvas.text(1, y, line, theme.bad);
}
