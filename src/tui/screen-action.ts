/** Actions that concern the screen alone: rows of the same table, run by the console itself. */
import type { ActionRow } from "../actions/action.ts";
import type { Values, ValuesOf } from "../actions/argument.ts";
import type { ShadowOptions, View } from "../engine/session.ts";
import type { LayoutTree } from "./layout-tree.ts";
import type { Outputs } from "./outputs.ts";
import type { PaneName } from "./panes/names.ts";
import type { Stage } from "./stage.ts";
import type { UiStore } from "./store.ts";

/** Where a key means this and not what it means elsewhere: in a frozen screen, or while a pane has the focus. */
export type Where = "frozen" | PaneName;

/** The places that the screen is in, the closest first. */
export const placesOf = (focus: PaneName, isFrozen: boolean): Where[] =>
  isFrozen ? ["frozen", focus] : [focus];

/** What screen actions have to work with. */
export interface Desk {
  readonly store: UiStore;
  /** The run as it is now, also while the screen is frozen. */
  view(): View;
  readonly stage: Stage;
  readonly outputs: Outputs;
  /** One line for the operator, for some seconds. */
  notice(text: string, tone?: "done" | "refused"): void;
  openHelp(): void;
  openPalette(): void;
  /** Lets a filter be typed for a pane. */
  openFilter(pane: PaneName): void;
  undo(): void;
  redo(): void;
  /** Runs what has arrived again under other settings; the pane "compare" shows what comes of it. */
  compare(options: ShadowOptions): void;
  /** Whether there was a comparison to stop. */
  stopComparing(): boolean;
  redraw(): void;
  /** Writes one's own layout into the configuration, and says what came of it. */
  keepLayout(tree: LayoutTree): void;
  quit(): void;
}

export interface ScreenAction extends ActionRow {
  readonly scope: "screen";
  readonly where?: Where;
  /** Whether it changes the run after all, as undo does: hidden and refused in a read-only console. */
  readonly acts?: boolean;
  /** What a dialog begins with. */
  readonly initial?: (desk: Desk) => Partial<Values>;
  readonly run: (desk: Desk, values: Values) => void;
}

/** A row for the screen. Without arguments unless it says so. */
export function screenAction<const As extends ScreenAction["arguments"] = readonly []>(
  row: Omit<ScreenAction, "scope" | "arguments" | "run"> & {
    readonly arguments?: As;
    readonly run: (desk: Desk, values: ValuesOf<As>) => void;
  },
): ScreenAction {
  // Values were parsed by the row's own arguments.
  const run = (desk: Desk, values: Values): void => row.run(desk, values as ValuesOf<As>);
  return { ...row, scope: "screen", arguments: row.arguments ?? [], run };
}
