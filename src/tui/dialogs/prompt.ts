/** One value: typed, or stepped with up and down. What it would do is shown while it is typed. */
import { type NumberArgument, parse, say } from "../../actions/argument.ts";
import { stepNice } from "../../actions/nice.ts";
import {
  CLOSED,
  type DialogContext,
  NO_OUTLOOK,
  type Outcome,
  type Outlook,
  open,
  type PromptDialog,
  type Request,
} from "./dialog.ts";
import { edit, insert, markedField } from "./field.ts";
import { modeOf, moveOf } from "./keys.ts";

/** The request with what stands in the field, and what it would do; no request where the words mean nothing. */
function readPrompt(
  { argument, field, request }: PromptDialog,
  { offers, outlook }: DialogContext,
): { readonly request: Request | null; readonly outlook: Outlook } {
  try {
    const value = parse(argument, field.text, offers);
    const complete = { ...request, values: { ...request.values, [argument.name]: value } };
    return { request: complete, outlook: outlook(complete) };
  } catch (error) {
    return { request: null, outlook: { ...NO_OUTLOOK, complaint: (error as Error).message } };
  }
}

const withOutlook = (dialog: PromptDialog, context: DialogContext): PromptDialog => ({
  ...dialog,
  outlook: readPrompt(dialog, context).outlook,
});

/** The value a step further, within its bounds; from something that is no number, the nearest bound to nothing. */
export function stepped(argument: NumberArgument, text: string, direction: 1 | -1): number {
  const { least, most, factor, step, isWhole } = argument;
  const value = Number(text.replaceAll(",", ""));
  if (text.trim() === "" || !Number.isFinite(value)) return least;
  if (argument.name === "nice") return stepNice(value, direction);
  const next = factor === undefined ? value + direction * (step ?? 1) : value * factor ** direction;
  const bounded = Math.max(least, Math.min(most, next));
  return isWhole ? Math.round(bounded) : Number(bounded.toPrecision(6));
}

/** The prompt as it opens, with the value as it is now to be replaced or changed; where there is none, nothing is wrong yet. */
export function makePrompt(
  { text, ...dialog }: Omit<PromptDialog, "kind" | "outlook" | "field"> & { readonly text: string },
  context: DialogContext,
): PromptDialog {
  const prompt: PromptDialog = { ...dialog, kind: "prompt", field: markedField(text), outlook: NO_OUTLOOK };
  return text === "" ? prompt : withOutlook(prompt, context);
}

export function pressPrompt(dialog: PromptDialog, key: string, context: DialogContext): Outcome {
  const { argument, field } = dialog;
  const to = (text: PromptDialog["field"]): Outcome => open(withOutlook({ ...dialog, field: text }, context));
  const move = moveOf(modeOf(dialog), key);
  switch (move) {
    case "close":
      return CLOSED;
    case "accept": {
      const { request, outlook } = readPrompt(dialog, context);
      if (request === null || outlook.complaint !== null) return open({ ...dialog, outlook });
      return { kind: "asked", request: { ...request, warned: true } };
    }
    case "more":
    case "less":
      if (argument.kind === "number")
        return to(markedField(say(argument, stepped(argument, field.text, move === "more" ? 1 : -1))));
  }
  const next = edit(field, key);
  return next === null ? open(dialog) : to(next);
}

export const pastePrompt = (dialog: PromptDialog, text: string, context: DialogContext): PromptDialog =>
  withOutlook({ ...dialog, field: insert(dialog.field, text) }, context);
