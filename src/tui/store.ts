/** What the screen alone knows: its size, what is chosen, what is open. The run itself is in the session's view. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { Size } from "./screen/screen.ts";

export interface Option {
  readonly label: string;
  /** Said beside the label, in fewer words than a line. */
  readonly detail: string;
  readonly choose: () => void;
}

export type Dialog =
  | {
      readonly kind: "choice";
      readonly title: string;
      readonly options: readonly Option[];
      readonly index: number;
    }
  | { readonly kind: "help"; readonly scroll: number };

/** One line for the operator, shown in the footer for some seconds. */
export interface Notice {
  readonly text: string;
  readonly tone: "done" | "refused";
}

export interface UiState {
  readonly size: Size;
  /** Tenants in the run: the chrome gives their table as many rows. */
  readonly tenantCount: number;
  /** The run is on a real GPU: the header says how that fares. */
  readonly hasHealth: boolean;
  /** The chosen tenant's id; null while there is none. */
  readonly selected: number | null;
  readonly dialog: Dialog | null;
  readonly notice: Notice | null;
}

export type UiStore = StoreApi<UiState>;

export const createUiStore = (size: Size): UiStore =>
  createStore<UiState>(() => ({
    size,
    tenantCount: 0,
    hasHealth: false,
    selected: null,
    dialog: null,
    notice: null,
  }));
