/** Scenes for panes, made of a fake session's views, and a pane painted alone. */

import type { View } from "../../src/engine/session.ts";
import { History } from "../../src/tui/history.ts";
import { panes } from "../../src/tui/panes/index.ts";
import type { Scene, Spot } from "../../src/tui/panes/pane.ts";
import { Canvas } from "../../src/tui/screen/canvas.ts";
import { Screen } from "../../src/tui/screen/screen.ts";
import type { ScreenCommand } from "../../src/tui/screen-command.ts";
import { createUiStore, type UiState } from "../../src/tui/store.ts";
import type { FakeSession } from "./fake-session.ts";

export type PaintedPane = keyof typeof panes;

export const uiWith = (change: Partial<UiState> = {}): UiState => ({
  ...createUiStore({ columns: 80, rows: 24 }).getState(),
  selected: 1,
  ...change,
});

/** The last of the views, with those before it as its history. */
export function sceneOfViews(views: readonly View[], ui: Partial<UiState> = {}): Scene {
  const history = new History();
  for (const view of views) history.push(view);
  const { view, identities } = history.latest();
  return { view, ui: uiWith(ui), identities, history, atNs: view.snapshot.atNs };
}

/** A run of the session until now, seen every so many seconds. */
export function sceneAfter(
  session: FakeSession,
  { seconds = 0, stepS = 0.25, ui = {} }: { seconds?: number; stepS?: number; ui?: Partial<UiState> } = {},
): Scene {
  const views = [session.view()];
  for (let step = 0; step < Math.round(seconds / stepS); step++) {
    session.advance(stepS);
    views.push(session.view());
  }
  return sceneOfViews(views, ui);
}

export function paintedRows(name: PaintedPane, width: number, height: number, scene: Scene): string[] {
  const screen = new Screen(width, height);
  panes[name].paint(new Canvas(screen, { x: 0, y: 0, width, height }), scene);
  return Array.from({ length: height }, (_, y) => screen.rowText(y));
}

type Size = Pick<Spot, "width" | "height">;

/** What a click on the first occurrence of a text means. */
export function clicked(
  name: PaintedPane,
  { width, height }: Size,
  scene: Scene,
  text: string,
): ScreenCommand | null {
  const rows = paintedRows(name, width, height, scene);
  const y = rows.findIndex((row) => row.includes(text));
  if (y < 0) throw new Error(`"${text}" is not on the screen:\n${rows.join("\n")}`);
  const pane: { onClick?: NonNullable<(typeof panes)["tenants"]["onClick"]> } = panes[name];
  return pane.onClick?.(scene, { x: rows[y]!.indexOf(text), y, width, height }) ?? null;
}
