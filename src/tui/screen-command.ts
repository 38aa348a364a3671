/** What a click or a drag in a pane asks for: plain data, so that a pane that answers it does nothing itself. */
import type { PaneName } from "./panes/names.ts";

export type ScreenCommand =
  | { readonly kind: "select"; readonly tenant: number }
  | { readonly kind: "tag"; readonly tenant: number }
  /** Sort the tenants by a column; the column by which they are sorted already turns its order round. */
  | { readonly kind: "sort"; readonly column: string }
  | { readonly kind: "scroll"; readonly pane: PaneName; readonly to: number }
  /** Acts on the run, so it is refused where acts are. */
  | { readonly kind: "setBeChannelShare"; readonly share: number };
