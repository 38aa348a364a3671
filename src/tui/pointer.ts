/**
 * What the mouse does: a press focuses the pane under it and asks the pane what was clicked, the wheel scrolls the pane
 * under it, and a drag shows what it would do to the run until the button is let go.
 */
import type { MouseEvent } from "./decoder.ts";
import { scrolledTo, scrollRange, sortedBy, tagToggled, tenantMoved } from "./moves.ts";
import { paneOf } from "./panes/index.ts";
import { PANE_NAMES, type PaneName } from "./panes/names.ts";
import type { Spot } from "./panes/pane.ts";
import type { Rect } from "./screen/screen.ts";
import type { ScreenCommand } from "./screen-command.ts";
import type { Stage } from "./stage.ts";
import type { UiStore } from "./store.ts";

/** Lines that a notch of the wheel scrolls. */
const WHEEL_LINES = 3;

export interface PointerOptions {
  readonly store: UiStore;
  readonly stage: Stage;
  /** Does what acts on the run. */
  readonly act: (command: Extract<ScreenCommand, { kind: "setBeChannelShare" }>) => void;
}

/** With the border, which a click may hit as well. */
const isOver = ({ x, y, width, height }: Rect, at: { readonly x: number; readonly y: number }): boolean =>
  at.x >= x - 1 && at.y >= y - 1 && at.x <= x + width && at.y <= y + height;

const spotIn = (rect: Rect, at: { readonly x: number; readonly y: number }): Spot => ({
  x: at.x - rect.x,
  y: at.y - rect.y,
  width: rect.width,
  height: rect.height,
});

const isInside = ({ x, y, width, height }: Spot): boolean => x >= 0 && y >= 0 && x < width && y < height;

export class Pointer {
  readonly #options: PointerOptions;
  /** Where the left button went down; null: it is up. */
  #held: { readonly pane: PaneName; readonly at: { readonly x: number; readonly y: number } } | null = null;

  constructor(options: PointerOptions) {
    this.#options = options;
  }

  handle(event: MouseEvent): void {
    switch (event.action) {
      case "press":
        if (event.button === "left") this.#press(event);
        return;
      case "drag":
        if (event.button === "left") this.#drag(event);
        return;
      case "release":
        this.#release();
        return;
      case "wheel":
        if (event.towards === "up" || event.towards === "down") {
          const lines = event.modifiers.shift ? 1 : WHEEL_LINES;
          this.#scroll(event, event.towards === "up" ? -lines : lines);
        }
    }
  }

  #under(at: { readonly x: number; readonly y: number }): { pane: PaneName; rect: Rect } | null {
    for (const pane of PANE_NAMES) {
      const rect = this.#options.stage.rectOf(pane);
      if (rect !== null && isOver(rect, at)) return { pane, rect };
    }
    return null;
  }

  #press(at: MouseEvent): void {
    const hit = this.#under(at);
    if (hit === null) return;
    const { store, stage } = this.#options;
    store.setState({ focus: hit.pane });
    this.#held = { pane: hit.pane, at };
    const spot = spotIn(hit.rect, at);
    const command = isInside(spot) ? paneOf(hit.pane)?.onClick?.(stage.scene(), spot) : null;
    if (command) this.#do(command);
  }

  #drag(at: MouseEvent): void {
    if (this.#held === null) return;
    const { store, stage } = this.#options;
    const { pane, at: from } = this.#held;
    const rect = stage.rectOf(pane);
    if (rect === null) return;
    const command = paneOf(pane)?.onDrag?.(stage.scene(), spotIn(rect, from), spotIn(rect, at)) ?? null;
    if (command?.kind === "setBeChannelShare") store.setState({ pending: command });
    else if (command !== null) this.#do(command);
  }

  #release(): void {
    const { store } = this.#options;
    const { pending } = store.getState();
    this.#held = null;
    if (pending === null) return;
    store.setState({ pending: null });
    this.#do(pending);
  }

  #scroll(at: MouseEvent, lines: number): void {
    const hit = this.#under(at);
    if (hit === null) return;
    const { store, stage } = this.#options;
    const scene = stage.scene();
    const most = scrollRange(scene, hit.pane, hit.rect);
    store.setState((ui) => {
      if (most !== undefined) return scrolledTo(ui, hit.pane, (ui.scroll[hit.pane] ?? 0) + lines, most);
      return hit.pane === "tenants" ? tenantMoved(ui, scene, Math.sign(lines)) : {};
    });
  }

  #do(command: ScreenCommand): void {
    const { store, act } = this.#options;
    const ui = store.getState();
    switch (command.kind) {
      case "select":
        store.setState({ selected: command.tenant });
        return;
      case "tag":
        store.setState(tagToggled(ui, command.tenant));
        return;
      case "sort":
        store.setState(sortedBy(ui, command.column));
        return;
      case "scroll":
        store.setState({ scroll: { ...ui.scroll, [command.pane]: command.to } });
        return;
      case "setBeChannelShare":
        act(command);
    }
  }
}
