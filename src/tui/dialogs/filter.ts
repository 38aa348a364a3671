/** A filter is typed in the footer, and the pane shows what is left of it at every key. */

import type { PaneName } from "../panes/names.ts";
import { type FilterDialog, type Outcome, open } from "./dialog.ts";
import { edit, insert, markedField } from "./field.ts";
import { moveOf } from "./keys.ts";

export const makeFilter = (pane: PaneName, text: string): FilterDialog => ({
  kind: "filter",
  pane,
  field: markedField(text),
});

const closed = (pane: PaneName, text: string): Outcome => ({ kind: "closed", filter: { pane, text } });

export function pressFilter(dialog: FilterDialog, key: string): Outcome {
  const { pane, field } = dialog;
  switch (moveOf("search", key)) {
    case "accept":
      return closed(pane, field.text);
    case "close":
      return closed(pane, "");
    default:
      return open({ ...dialog, field: edit(field, key) ?? field });
  }
}

export const pasteFilter = (dialog: FilterDialog, text: string): FilterDialog => ({
  ...dialog,
  field: insert(dialog.field, text),
});
