/**
 * Puts chrome and panes together and writes what changed: at most one write in a thirtieth of a second, none while
 * nothing changes, wrapped in a synchronized update (DEC 2026) so that no terminal shows half of it.
 *
 * Ink alone would take a whole core for a screen that moves at this rate, most of it to measure and clip strings. Here it
 * renders only what the operator changes; what the run changes is painted as cells.
 */
import type { Session } from "../engine/session.ts";
import { type Chrome, mountChrome } from "./chrome.tsx";
import { Identities } from "./identity.ts";
import { type PaneName, panes } from "./panes/index.ts";
import type { Pane, Scene } from "./panes/pane.ts";
import { Canvas } from "./screen/canvas.ts";
import type { ColourDepth } from "./screen/colour.ts";
import { diff } from "./screen/diff.ts";
import { drawFrame } from "./screen/frame.ts";
import { joinBorders } from "./screen/join.ts";
import { type Rect, Screen } from "./screen/screen.ts";
import { textWidth } from "./screen/width.ts";
import type { UiStore } from "./store.ts";
import { theme } from "./theme.ts";

const FRAME_MS = 1000 / 30;
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";
const CLEAR = "\x1b[0m\x1b[2J";

export interface PresenterOptions {
  readonly session: Session;
  readonly store: UiStore;
  readonly output: NodeJS.WriteStream;
  readonly depth: ColourDepth;
  readonly onError: (error: unknown) => void;
}

/** The chrome as cells, and where it leaves room. */
interface Backdrop {
  readonly screen: Screen;
  readonly slots: readonly { readonly name: PaneName; readonly rect: Rect }[];
  readonly dialog: Rect | null;
}

export class Presenter {
  readonly #options: PresenterOptions;
  readonly #chrome: Chrome;
  readonly #identities = new Identities();
  readonly #stops: (() => void)[] = [];
  #backdrop: Backdrop | null = null;
  #shown: Screen;
  #next: Screen;
  #mustClear = true;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;
  #lastWriteMs = Number.NEGATIVE_INFINITY;

  constructor(options: PresenterOptions) {
    this.#options = options;
    const { session, store } = options;
    this.#shown = new Screen(0, 0);
    this.#next = new Screen(0, 0);
    this.#followRun();
    this.#chrome = mountChrome(store, () => this.#chromeChanged(), options.onError);
    const onView = (): void => {
      this.#followRun();
      this.invalidate();
    };
    this.#stops.push(
      session.subscribe(onView),
      store.subscribe(() => this.invalidate()),
    );
    this.invalidate();
  }

  /** Something to be seen has changed: paints at the next tick. */
  invalidate(): void {
    if (this.#timer !== null || this.#stopped) return;
    const waitMs = Math.max(0, this.#lastWriteMs + FRAME_MS - performance.now());
    this.#timer = setTimeout(() => this.#tick(), waitMs);
  }

  /** Trusts nothing on the terminal: clears it and draws all. */
  redraw(): void {
    this.#mustClear = true;
    this.invalidate();
  }

  /** Writes nothing any more. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    this.#chrome.unmount();
  }

  #chromeChanged(): void {
    this.#backdrop = null;
    this.invalidate();
  }

  /** What the chrome must know of the run: how many tenants there are, and that the chosen one is among them. */
  #followRun(): void {
    const { store, session } = this.#options;
    const { snapshot, health } = session.view();
    const { tenants, atNs } = snapshot;
    const hasHealth = health !== null;
    const ui = store.getState();
    this.#identities.update(tenants, atNs);
    const isHere = tenants.some((tenant) => tenant.id === ui.selected);
    const selected = isHere ? ui.selected : (tenants[0]?.id ?? null);
    if (selected !== ui.selected || tenants.length !== ui.tenantCount || hasHealth !== ui.hasHealth) {
      store.setState({ selected, tenantCount: tenants.length, hasHealth });
    }
  }

  #tick(): void {
    this.#timer = null;
    const { output } = this.#options;
    if (output.writableNeedDrain) {
      // The terminal is slower than the run: frames are left out, not queued up.
      output.once("drain", () => this.invalidate());
      return;
    }
    this.#lastWriteMs = performance.now();
    const bytes = this.#paint();
    if (bytes !== "") output.write(BEGIN_UPDATE + bytes + END_UPDATE);
  }

  #paint(): string {
    const { session, store, depth } = this.#options;
    const ui = store.getState();
    const { columns, rows } = ui.size;
    if (this.#next.width !== columns || this.#next.height !== rows) {
      this.#next = new Screen(columns, rows);
      this.#backdrop = null;
      this.#mustClear = true;
    }
    if (this.#mustClear) this.#shown = new Screen(columns, rows);
    this.#backdrop ??= this.#drawBackdrop(columns, rows);
    this.#next.copy(this.#backdrop.screen);
    const scene = { view: session.view(), ui, identities: this.#identities };
    for (const { name, rect } of this.#backdrop.slots) this.#paintPane(panes[name], rect, scene);
    if (this.#backdrop.dialog !== null) this.#next.copyRect(this.#backdrop.screen, this.#backdrop.dialog);
    const bytes = diff(this.#shown, this.#next, depth);
    const prefix = this.#mustClear ? CLEAR : "";
    this.#mustClear = false;
    [this.#shown, this.#next] = [this.#next, this.#shown];
    return prefix + bytes;
  }

  #drawBackdrop(columns: number, rows: number): Backdrop {
    const screen = new Screen(columns, rows);
    drawFrame(screen, this.#chrome.frame());
    const dialog = this.#chrome.rectOf("dialog");
    joinBorders(screen, theme.border, dialog, theme.dialogBorder);
    const slots = (Object.keys(panes) as PaneName[]).flatMap((name) => {
      const rect = this.#chrome.rectOf(name);
      return rect === null ? [] : [{ name, rect }];
    });
    return { screen, slots, dialog };
  }

  #paintPane(pane: Pane, rect: Rect, scene: Scene): void {
    pane.paint(new Canvas(this.#next, rect), scene);
    // On the border above the pane, where the title leaves room for it.
    const free = rect.width - textWidth(pane.title) - 4;
    const caption = pane.caption?.(scene).find((text) => textWidth(text) + 2 <= free);
    if (caption === undefined) return;
    const border = new Canvas(this.#next, { ...rect, y: rect.y - 1, height: 1 });
    border.textRight(rect.width - 1, 0, ` ${caption} `, theme.faint);
  }
}
