/** What the screen alone knows: its size, what is chosen, what is open. The run itself is in the session's view. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { TenantKernels } from "../engine/session.ts";
import type { Comparison } from "./comparison.ts";
import type { Dialog } from "./dialogs/dialog.ts";
import type { LayoutName, LayoutTree } from "./layout-tree.ts";
import type { PaneName } from "./panes/names.ts";
import type { Size } from "./screen/screen.ts";
import type { ScreenCommand } from "./screen-command.ts";
import type { ThemeName } from "./theme.ts";

/** What a scene says at one of its steps; the text may change with the figures in it. */
export interface Caption {
  readonly step: number;
  readonly text: string;
}

/** One line for the operator, shown in the footer for some seconds. */
export interface Notice {
  readonly text: string;
  readonly tone: "done" | "refused";
}

/** By what the tenants are sorted: a column's title, or another name that the pane gives it. */
export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

export interface UiState {
  readonly size: Size;
  /** Tenants on show: the chrome gives their table as many rows. */
  readonly tenantCount: number;
  /** The run is on a real GPU: the header says how that fares. */
  readonly hasHealth: boolean;
  readonly layout: LayoutName;
  /** What the layout "own" shows; null: there is none yet. */
  readonly ownLayout: LayoutTree | null;
  /** The pane that has the arrow keys. It is on the screen: zoomed where the layout has no place for it. */
  readonly focus: PaneName;
  /** The focused pane has the whole screen. */
  readonly zoomed: boolean;
  /** The moment of the run on show; null: the newest. */
  readonly moment: { readonly atNs: number } | null;
  /** The chosen tenant's id; null while there is none. */
  readonly selected: number | null;
  /** Ids of the tenants that an act goes to together. */
  readonly tagged: ReadonlySet<number>;
  /** null: tenants as they stand in the run. */
  readonly sort: Sort | null;
  /** What a pane's lines must contain to be shown. */
  readonly filters: Partial<Readonly<Record<PaneName, string>>>;
  /** How far a pane is scrolled, in its own lines. */
  readonly scroll: Partial<Readonly<Record<PaneName, number>>>;
  /** What the drag that goes on will do once the button is let go; null: nothing. A pane may show it. */
  readonly pending: ScreenCommand | null;
  /** Of the run with itself under other settings; null: none was asked for. */
  readonly comparison: Comparison | null;
  /** Of the tenant that was chosen when they were last looked at; null: none were, or they are on their way. */
  readonly kernels: TenantKernels | null;
  /** No act on the run is offered or done. */
  readonly readOnly: boolean;
  /** The terminal reports the mouse; while it does, it selects no text. */
  readonly mouse: boolean;
  readonly theme: ThemeName;
  /** Nothing but ASCII is written. */
  readonly ascii: boolean;
  readonly dialog: Dialog | null;
  readonly notice: Notice | null;
  /** Said under the panes for as long as it stands; null: nothing. */
  readonly caption: Caption | null;
  /** File that the screen is being recorded to; null: none. */
  readonly recordingTo: string | null;
}

export type UiStore = StoreApi<UiState>;

/** What may be given to a new store. */
export type UiStart = Partial<
  Pick<UiState, "layout" | "ownLayout" | "readOnly" | "mouse" | "theme" | "ascii">
>;

export const createUiStore = (size: Size, start: UiStart = {}): UiStore =>
  createStore<UiState>(() => ({
    size,
    tenantCount: 0,
    hasHealth: false,
    layout: "overview",
    ownLayout: null,
    focus: "tenants",
    zoomed: false,
    moment: null,
    selected: null,
    tagged: new Set(),
    sort: null,
    filters: {},
    scroll: {},
    pending: null,
    comparison: null,
    kernels: null,
    readOnly: false,
    mouse: false,
    theme: "dark",
    ascii: false,
    ...start,
    dialog: null,
    notice: null,
    caption: null,
    recordingTo: null,
  }));
