/** What becomes of the screen's state when the operator looks around: pure, from one state to what changes in it. */
import type { HistoryReader } from "./history.ts";
import { placedPanes } from "./layout.ts";
import { LAYOUT_NAMES, type LayoutName, treeOf } from "./layout-tree.ts";
import { paneOf } from "./panes/index.ts";
import type { PaneName } from "./panes/names.ts";
import type { Scene } from "./panes/pane.ts";
import { shownTenants } from "./panes/tenants.ts";
import { filtered, panesOf, regionOf, treeOfRegion } from "./region.ts";
import type { Rect } from "./screen/screen.ts";
import type { UiState } from "./store.ts";

export type Change = Partial<UiState>;

/** Another pane gets the arrow keys. Zoom stays: to look at the panes one after another. */
export const focused = (_: UiState, focus: PaneName): Change =>
  paneOf(focus) === undefined ? {} : { focus };

/** The pane `by` places further in the order of reading, round and round. */
export function focusMoved(ui: UiState, by: 1 | -1): Change {
  const panes = placedPanes(ui);
  // From a pane without a place on to the first, or back to the last.
  const at = panes.includes(ui.focus) || by < 0 ? Math.max(0, panes.indexOf(ui.focus)) : -1;
  return { focus: panes[(at + by + panes.length) % panes.length] ?? ui.focus };
}

export const zoomToggled = (ui: UiState): Change => ({ zoomed: !ui.zoomed });

/** Takes back one of what narrows the view, the latest kind first. */
export function stepBack(ui: UiState): Change {
  if (ui.zoomed) return { zoomed: false };
  if (ui.filters[ui.focus]) return { filters: { ...ui.filters, [ui.focus]: "" } };
  return ui.tagged.size > 0 ? { tagged: new Set() } : {};
}

/** A layout, unzoomed; a focused pane that it does not show gives the focus to its first. */
export function layoutShown(ui: UiState, layout: LayoutName): Change {
  const panes = placedPanes({ ...ui, layout });
  const focus = panes.includes(ui.focus) ? ui.focus : (panes[0] ?? "tenants");
  return { layout, focus, zoomed: false };
}

export function layoutAfter(ui: UiState): Change {
  const names = LAYOUT_NAMES.filter((name) => name !== "own" || ui.ownLayout !== null);
  return layoutShown(ui, names[(names.indexOf(ui.layout) + 1) % names.length]!);
}

/**
 * One's own layout becomes the one on show without the focused pane; or with it, below all others, where it was shown though
 * the layout has no place for it. The last pane stays.
 */
export function paneToggled(ui: UiState): Change {
  const region = regionOf(treeOf(ui.layout, ui.ownLayout, ui.size.columns));
  const there = panesOf(region).includes(ui.focus);
  const without = filtered(region, (pane) => pane !== ui.focus);
  if (there && without === null) return {};
  const ownLayout = there ? treeOfRegion(without!) : { down: [treeOfRegion(region), ui.focus] };
  const after = { ...ui, ownLayout };
  return { ownLayout, ...layoutShown(after, "own") };
}

/** One less than a pane's lines; undefined: it does not scroll. */
export function scrollRange(
  scene: Scene,
  pane: PaneName,
  size: Pick<Rect, "width" | "height">,
): number | undefined {
  const lines = paneOf(pane)?.scrollable?.(scene, size);
  return lines === undefined ? undefined : Math.max(0, lines - 1);
}

/** As many tenants as a page of them has. */
export const TENANT_PAGE = 10;

/** Chooses the tenant `by` rows further among those on show; stops at the ends. */
export function tenantMoved(ui: UiState, scene: Scene, by: number): Change {
  const shown = shownTenants(scene.view, ui);
  const at = ui.selected === null ? -1 : shown.indexOf(ui.selected);
  const selected = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
  return selected === undefined ? {} : { selected };
}

/** Scrolls to a line between 0 and `most`. */
export const scrolledTo = (ui: UiState, pane: PaneName, line: number, most: number): Change => ({
  scroll: { ...ui.scroll, [pane]: Math.max(0, Math.min(most, line)) },
});

/** By a column, what is most first; by the same column again, the other way round, and then as they stand in the run. */
export function sortedBy(ui: UiState, column: string): Change {
  if (ui.sort?.column !== column) return { sort: { column, descending: true } };
  return { sort: ui.sort.descending ? { column, descending: false } : null };
}

export function tagToggled(ui: UiState, tenant: number): Change {
  const tagged = new Set(ui.tagged);
  if (!tagged.delete(tenant)) tagged.add(tenant);
  return { tagged };
}

/** Freezes the screen at the newest moment, or goes on with the newest one. */
export const freezeToggled = (ui: UiState, history: HistoryReader): Change => ({
  moment: ui.moment === null ? { atNs: history.span.untilNs } : null,
});

export const live = (): Change => ({ moment: null });

/** Another moment on a frozen screen, within what is remembered. */
export function scrubbedTo(ui: UiState, history: HistoryReader, atNs: number): Change {
  if (ui.moment === null) return {};
  const { fromNs, untilNs } = history.span;
  return { moment: { atNs: Math.max(fromNs, Math.min(untilNs, atNs)) } };
}

/** Earlier or later by so many seconds of the run's own pace: what took a second to see, at whatever speed it ran. */
export function scrubbedBy(ui: UiState, history: HistoryReader, seconds: number): Change {
  if (ui.moment === null) return {};
  const { speed } = history.at(ui.moment.atNs).pace;
  return scrubbedTo(ui, history, ui.moment.atNs + seconds * speed * 1e9);
}
