/** The help: lines to scroll and to filter. */
import { type HelpLine, helpLines } from "../help.ts";
import { CLOSED, type DialogContext, type HelpDialog, type Outcome, open } from "./dialog.ts";
import { edit, fieldOf, insert } from "./field.ts";
import { modeOf, moveOf } from "./keys.ts";
import { dialogRoom } from "./room.ts";

export const makeHelp = (): HelpDialog => ({ kind: "help", scroll: 0, filter: fieldOf(""), typing: false });

export const linesOf = (
  { filter }: HelpDialog,
  { table, keymap, readOnly }: Pick<DialogContext, "table" | "keymap" | "readOnly">,
): HelpLine[] => helpLines(table, keymap, readOnly, filter.text);

export function pressHelp(dialog: HelpDialog, key: string, context: DialogContext): Outcome {
  const page = dialogRoom(context.size);
  const last = Math.max(0, linesOf(dialog, context).length - page);
  const scrollTo = (scroll: number): Outcome =>
    open({ ...dialog, scroll: Math.max(0, Math.min(last, scroll)) });
  switch (moveOf(modeOf(dialog), key)) {
    case "up":
      return scrollTo(dialog.scroll - 1);
    case "down":
      return scrollTo(dialog.scroll + 1);
    case "pageUp":
      return scrollTo(dialog.scroll - page);
    case "pageDown":
      return scrollTo(dialog.scroll + page);
    case "first":
      return scrollTo(0);
    case "last":
      return scrollTo(last);
    case "filter":
      return open({ ...dialog, typing: true });
    case "accept":
      return open({ ...dialog, typing: false });
    case "close":
      return dialog.typing ? open({ ...dialog, typing: false, filter: fieldOf(""), scroll: 0 }) : CLOSED;
    default: {
      const filter = dialog.typing ? edit(dialog.filter, key) : null;
      return open(filter === null ? dialog : { ...dialog, filter, scroll: 0 });
    }
  }
}

export const pasteHelp = (dialog: HelpDialog, text: string): HelpDialog =>
  dialog.typing ? { ...dialog, filter: insert(dialog.filter, text), scroll: 0 } : dialog;
