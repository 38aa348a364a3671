/** A list to choose from, with a filter. */
import type { Option } from "../../actions/argument.ts";
import { type ChoiceDialog, CLOSED, type DialogContext, NO_OUTLOOK, type Outcome, open } from "./dialog.ts";
import { edit, fieldOf, insert } from "./field.ts";
import { fuzzySort } from "./fuzzy.ts";
import { modeOf, moveOf } from "./keys.ts";
import { dialogRoom } from "./room.ts";

/** The options that the filter leaves, the best first; what was typed itself where that may be taken. */
export function optionsLeft({ options, filter, others }: ChoiceDialog): readonly Option[] {
  if (filter.text.trim() === "") return options;
  const found = fuzzySort(filter.text, options, ({ value, detail }) => [value, detail]);
  const isNew = others && !options.some(({ value }) => value === filter.text.trim());
  return isNew ? [...found, { value: filter.text.trim(), detail: "as typed" }] : found;
}

/** The dialog with what its marked option would do. */
export function withOutlook(dialog: ChoiceDialog, { outlook }: DialogContext): ChoiceDialog {
  const marked = optionsLeft(dialog)[dialog.index];
  const request = requestFor(dialog, marked);
  return {
    ...dialog,
    outlook: request === null ? NO_OUTLOOK : outlook(request),
  };
}

const requestFor = ({ request, argument }: ChoiceDialog, option: Option | undefined) =>
  option === undefined ? null : { ...request, values: { ...request.values, [argument]: option.value } };

export function pressChoice(dialog: ChoiceDialog, key: string, context: DialogContext): Outcome {
  const to = (change: Partial<ChoiceDialog>): Outcome => open(withOutlook({ ...dialog, ...change }, context));
  const last = optionsLeft(dialog).length - 1;
  const goTo = (index: number): Outcome => to({ index: Math.max(0, Math.min(last, index)) });
  const page = dialogRoom(context.size);
  switch (moveOf(modeOf(dialog), key)) {
    case "up":
      return goTo(dialog.index - 1);
    case "down":
      return goTo(dialog.index + 1);
    case "pageUp":
      return goTo(dialog.index - page);
    case "pageDown":
      return goTo(dialog.index + page);
    case "first":
      return goTo(0);
    case "last":
      return goTo(last);
    case "filter":
      return to({ typing: true });
    case "close":
      return dialog.typing ? to({ typing: false, filter: fieldOf(""), index: 0 }) : CLOSED;
    case "accept": {
      const request = requestFor(dialog, optionsLeft(dialog)[dialog.index]);
      // A choice was made with its warnings in sight.
      return request === null ? open(dialog) : { kind: "asked", request: { ...request, warned: true } };
    }
    default: {
      const filter = dialog.typing ? edit(dialog.filter, key) : null;
      return filter === null ? open(dialog) : to({ filter, index: 0 });
    }
  }
}

export const pasteChoice = (dialog: ChoiceDialog, text: string, context: DialogContext): ChoiceDialog =>
  dialog.typing ? withOutlook({ ...dialog, filter: insert(dialog.filter, text), index: 0 }, context) : dialog;
