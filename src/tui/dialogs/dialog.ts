/**
 * What can be open over the panes, as plain data: a key makes the next state of it, and at the end a request. What it shows
 * of the run is as it was at the last key.
 */
import { type Effects, NO_EFFECTS } from "../../actions/action.ts";
import type { Argument, Option, Values } from "../../actions/argument.ts";
import type { Offers } from "../../actions/world.ts";
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { Action, Keymap } from "../action-table.ts";
import type { PaneName } from "../panes/names.ts";
import type { Size } from "../screen/screen.ts";
import type { Field } from "./field.ts";

/** An action with as much of what it must be told as is known. */
export interface Request {
  readonly action: string;
  /** Names, since an id may be another tenant's by the time of the answer; null: those that are tagged, or the chosen one. */
  readonly tenants: readonly string[] | null;
  readonly values: Partial<Values>;
  /** What it does to those who run was on the screen when the operator said yes. */
  readonly warned?: boolean;
}

/** What a request would do, or why it cannot be. */
export interface Outlook {
  readonly complaint: string | null;
  readonly effects: Effects;
  readonly warnings: readonly string[];
}

export const NO_OUTLOOK: Outlook = { complaint: null, effects: NO_EFFECTS, warnings: [] };

/** One of a list. */
export interface ChoiceDialog {
  readonly kind: "choice";
  readonly title: string;
  readonly options: readonly Option[];
  /** Whether what is typed as a filter may be taken as it stands. */
  readonly others: boolean;
  /** The value as it is now; null: none. */
  readonly current: string | null;
  /** Among the options that the filter leaves. */
  readonly index: number;
  readonly filter: Field;
  /** Letters go to the filter. */
  readonly typing: boolean;
  readonly request: Request;
  readonly argument: string;
  readonly outlook: Outlook;
}

/** One value, typed or stepped. */
export interface PromptDialog {
  readonly kind: "prompt";
  readonly title: string;
  readonly argument: Argument;
  readonly field: Field;
  readonly request: Request;
  readonly outlook: Outlook;
}

export type FormRow =
  | { readonly argument: Argument; readonly field: Field }
  | { readonly argument: Argument; readonly options: readonly Option[]; readonly index: number };

/** Several values. */
export interface FormDialog {
  readonly kind: "form";
  readonly title: string;
  readonly rows: readonly FormRow[];
  readonly index: number;
  readonly request: Request;
  readonly outlook: Outlook;
}

/** Yes or no to what disturbs. */
export interface ConfirmDialog {
  readonly kind: "confirm";
  readonly title: string;
  readonly warnings: readonly string[];
  readonly request: Request;
}

export interface Candidate {
  /** The line once it is taken. */
  readonly line: string;
  readonly label: string;
  readonly detail: string;
}

/** Any action by its name, with its arguments. */
export interface PaletteDialog {
  readonly kind: "palette";
  readonly field: Field;
  readonly candidates: readonly Candidate[];
  readonly index: number;
  /** Lines taken before, newest last; `place` is the one shown, their number: what is being typed. */
  readonly past: readonly string[];
  readonly place: number;
  readonly complaint: string | null;
}

export interface HelpDialog {
  readonly kind: "help";
  readonly scroll: number;
  readonly filter: Field;
  readonly typing: boolean;
}

/** What a pane's lines must contain, typed in the footer. */
export interface FilterDialog {
  readonly kind: "filter";
  readonly pane: PaneName;
  readonly field: Field;
}

/** What opens in a box over the panes. */
export type BoxDialog = ChoiceDialog | PromptDialog | FormDialog | ConfirmDialog | PaletteDialog | HelpDialog;

export type Dialog = BoxDialog | FilterDialog;

/** What dialogs look things up in. */
export interface DialogContext {
  readonly table: readonly Action[];
  readonly keymap: Keymap;
  readonly readOnly: boolean;
  readonly offers: Offers;
  readonly tenants: readonly TenantSnapshot[];
  readonly size: Size;
  readonly outlook: (request: Request) => Outlook;
}

/** What came of a key. */
export type Outcome =
  | { readonly kind: "open"; readonly dialog: Dialog }
  /** `filter`: what the pane is to be left with. */
  | { readonly kind: "closed"; readonly filter?: { readonly pane: PaneName; readonly text: string } }
  /** Closed, and this is to be done. `line`: as the palette's history keeps it. */
  | { readonly kind: "asked"; readonly request: Request; readonly line?: string };

export const open = (dialog: Dialog): Outcome => ({ kind: "open", dialog });
export const CLOSED: Outcome = { kind: "closed" };
