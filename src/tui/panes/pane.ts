/** What a pane is: it paints what it is given and keeps nothing, so any frame of any moment can be painted. */
import type { View } from "../../engine/session.ts";
import type { HistoryReader } from "../history.ts";
import type { Identities } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { ScreenCommand } from "../screen-command.ts";
import type { UiState } from "../store.ts";

/** All that a frame is made of. */
export interface Scene {
  /** Of the moment on show: the newest, or one that the operator went back to. */
  readonly view: View;
  readonly ui: UiState;
  /** As they were at that moment. */
  readonly identities: Identities;
  /** May go on beyond the moment on show: ask it for what was until `atNs`. */
  readonly history: HistoryReader;
  /** The moment on show: the view's own time. */
  readonly atNs: number;
}

/** A cell of a pane, counted from its corner, and how large the pane is: what `paint` saw as canvas. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Pane {
  /** In the border, left; "" for a pane without a border. */
  readonly title: string;
  /** In the border, right: the pane in a few words. The first wording that fits is taken, or none. */
  readonly caption?: (scene: Scene) => readonly string[];
  /**
   * Wall ms between two paintings while the operator does nothing: for panes that are read rather than watched, since figures
   * that change with every frame cannot be read. Absent: painted at every frame.
   */
  readonly everyMs?: number;
  readonly paint: (canvas: Canvas, scene: Scene) => void;
  /**
   * How far it can be scrolled when it is that large: `ui.scroll[name]` goes from 0 to one less. A pane may use the place for
   * a chosen line instead of a first one. Absent, or undefined as it stands: up and down choose a tenant also while the pane is focused.
   */
  readonly scrollable?: (
    scene: Scene,
    size: { readonly width: number; readonly height: number },
  ) => number | undefined;
  /** What a click there means. null: nothing but to focus the pane. */
  readonly onClick?: (scene: Scene, spot: Spot) => ScreenCommand | null;
  /** What it means that the pointer, pressed down at `from`, has come to `to` (which may lie outside of the pane). */
  readonly onDrag?: (scene: Scene, from: Spot, to: Spot) => ScreenCommand | null;
}
