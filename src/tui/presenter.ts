/**
 * Puts chrome and panes together and writes what changed: what the run does 30 times a second, what the operator does at
 * once, nothing while nothing changes; each write wrapped in a synchronized update (DEC 2026) so that no terminal shows half of it.
 *
 * Ink alone would take a whole core for a screen that moves at this rate, most of it to measure and clip strings. Here it
 * renders only what the operator changes; what the run changes is painted as cells.
 */
import type { Session } from "../engine/session.ts";
import type { Keymap } from "./action-table.ts";
import { type Chrome, mountChrome } from "./chrome.tsx";
import type { Face, Picture } from "./face.ts";
import type { History } from "./history.ts";
import type { Onlooker } from "./onlooker.ts";
import { FRAME_MS } from "./paced.ts";
import { Painter } from "./painter.ts";
import type { PaneName } from "./panes/names.ts";
import type { Scene } from "./panes/pane.ts";
import type { ColourDepth } from "./screen/colour.ts";
import { diff, type Look } from "./screen/diff.ts";
import { type Rect, Screen } from "./screen/screen.ts";
import type { UiStore } from "./store.ts";

/** After a key: so little that it is not felt, so much that a held key does not write at every repetition. */
const SOON_MS = 8;
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";
const CLEAR = "\x1b[0m\x1b[2J";

export interface PresenterOptions {
  readonly session: Session;
  readonly store: UiStore;
  readonly output: NodeJS.WriteStream;
  readonly depth: ColourDepth;
  readonly onlooker: Onlooker;
  readonly keymap: Keymap;
  readonly onError: (error: unknown) => void;
  /** Told once of each pane that could not be painted, and why. */
  readonly onPaneFailed: (pane: PaneName, error: unknown) => void;
}

export class Presenter implements Face, Picture {
  readonly #options: PresenterOptions;
  readonly #chrome: Chrome;
  readonly #painter: Painter;
  readonly #stops: (() => void)[] = [];
  #shown: Screen;
  #next: Screen;
  #mustClear = true;
  #chromeIsNew = true;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;
  /** When it ends. */
  #dueMs = 0;
  /** The terminal is to say when it takes more. */
  #isWaiting = false;
  /** Runs while a pane shows less than the newest view, in case that no other comes. */
  #staleTimer: NodeJS.Timeout | undefined;
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  /** Gets the bytes of each frame. */
  #listener: ((bytes: string) => void) | null = null;

  constructor(options: PresenterOptions) {
    this.#options = options;
    const { session, store } = options;
    this.#shown = new Screen(0, 0);
    this.#next = new Screen(0, 0);
    this.#chrome = mountChrome(store, options.keymap, () => this.#chromeChanged(), options.onError);
    this.#painter = new Painter({ chrome: this.#chrome, onPaneFailed: options.onPaneFailed });
    this.#stops.push(
      session.subscribe(() => this.invalidate()),
      store.subscribe((ui, before) => {
        // The same cells are other bytes.
        if (ui.theme !== before.theme || ui.ascii !== before.ascii) this.#mustClear = true;
        this.invalidate(true);
      }),
    );
    this.invalidate();
  }

  /** Something to be seen has changed: paints within a frame's time; sooner what the operator waits for. */
  invalidate(soon = false): void {
    if (this.#stopped || this.#isWaiting) return;
    const dueMs = this.#lastWriteMs + (soon ? SOON_MS : FRAME_MS);
    if (this.#timer !== null && this.#dueMs <= dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, dueMs - performance.now()));
  }

  /** Trusts nothing on the terminal: clears it and draws all. */
  redraw(): void {
    this.#mustClear = true;
    this.invalidate();
  }

  shown(): { readonly screen: Screen; readonly look: Look } {
    const { theme, ascii } = this.#options.store.getState();
    return { screen: this.#shown, look: { depth: this.#options.depth, theme, ascii } };
  }

  wholeFrame(): string {
    const { screen, look } = this.shown();
    return CLEAR + diff(new Screen(screen.width, screen.height), screen, look);
  }

  tap(listener: ((bytes: string) => void) | null): void {
    this.#listener = listener;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    clearTimeout(this.#staleTimer);
    for (const stop of this.#stops) stop();
    this.#chrome.unmount();
  }

  #chromeChanged(): void {
    this.#chromeIsNew = true;
    this.invalidate(true);
  }

  get picture(): Picture {
    return this;
  }

  get history(): History {
    return this.#options.onlooker.history;
  }

  scene(): Scene {
    return this.#options.onlooker.scene();
  }

  rectOf(pane: PaneName): Rect | null {
    return this.#chrome.rectOf(pane);
  }

  #tick(): void {
    this.#timer = null;
    const { output } = this.#options;
    if (output.writableNeedDrain) {
      // The terminal is slower than the run: frames are left out, not queued up.
      this.#isWaiting = true;
      output.once("drain", () => {
        this.#isWaiting = false;
        this.invalidate();
      });
      return;
    }
    this.#lastWriteMs = performance.now();
    const bytes = this.#paint();
    if (bytes === "") return;
    const frame = BEGIN_UPDATE + bytes + END_UPDATE;
    output.write(frame);
    this.#listener?.(frame);
  }

  #paint(): string {
    const { size } = this.#options.store.getState();
    if (this.#next.width !== size.columns || this.#next.height !== size.rows) {
      this.#next = new Screen(size.columns, size.rows);
      this.#mustClear = true;
    }
    if (this.#mustClear) this.#shown = new Screen(size.columns, size.rows);
    if (this.#mustClear || this.#chromeIsNew) this.#painter.forget();
    this.#chromeIsNew = false;
    const staleMs = this.#painter.paint(this.#next, this.#shown, this.scene(), this.#lastWriteMs);
    clearTimeout(this.#staleTimer);
    if (staleMs !== null) this.#staleTimer = setTimeout(() => this.invalidate(), staleMs);
    const bytes = diff(this.#shown, this.#next, this.shown().look);
    const prefix = this.#mustClear ? CLEAR : "";
    this.#mustClear = false;
    [this.#shown, this.#next] = [this.#next, this.#shown];
    return prefix + bytes;
  }
}
