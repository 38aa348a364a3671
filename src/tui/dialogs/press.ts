/** A key or a paste in whatever dialog is open. */
import { pasteChoice, pressChoice } from "./choice.ts";
import { CLOSED, type ConfirmDialog, type Dialog, type DialogContext, type Outcome, open } from "./dialog.ts";
import { pasteFilter, pressFilter } from "./filter.ts";
import { pasteForm, pressForm } from "./form.ts";
import { pasteHelp, pressHelp } from "./help-dialog.ts";
import { moveOf } from "./keys.ts";
import { pastePalette, pressPalette } from "./palette.ts";
import { pastePrompt, pressPrompt } from "./prompt.ts";

function pressConfirm(dialog: ConfirmDialog, key: string): Outcome {
  const move = moveOf("confirm", key);
  if (move === "close") return CLOSED;
  return move === "accept" ? { kind: "asked", request: { ...dialog.request, warned: true } } : open(dialog);
}

export function press(dialog: Dialog, key: string, context: DialogContext): Outcome {
  switch (dialog.kind) {
    case "choice":
      return pressChoice(dialog, key, context);
    case "prompt":
      return pressPrompt(dialog, key, context);
    case "form":
      return pressForm(dialog, key, context);
    case "confirm":
      return pressConfirm(dialog, key);
    case "palette":
      return pressPalette(dialog, key, context);
    case "help":
      return pressHelp(dialog, key, context);
    case "filter":
      return pressFilter(dialog, key);
  }
}

export function paste(dialog: Dialog, text: string, context: DialogContext): Dialog {
  switch (dialog.kind) {
    case "choice":
      return pasteChoice(dialog, text, context);
    case "prompt":
      return pastePrompt(dialog, text, context);
    case "form":
      return pasteForm(dialog, text, context);
    case "confirm":
      return dialog;
    case "palette":
      return pastePalette(dialog, text, context);
    case "help":
      return pasteHelp(dialog, text);
    case "filter":
      return pasteFilter(dialog, text);
  }
}
