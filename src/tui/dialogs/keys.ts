/** The keys of dialogs, which nobody changes: what they mean, for the footer and the help too. */
import { type Hint, keyLabel } from "../action-table.ts";
import type { Dialog } from "./dialog.ts";

export type Move =
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "less"
  | "more"
  | "filter"
  | "complete"
  | "accept"
  | "close";

/** "list": one of many; "filter": letters go to a list's filter; "search": they go to a pane's. */
export type DialogMode = "search" | "list" | "filter" | "prompt" | "form" | "palette" | "confirm" | "help";

export interface DialogKey {
  readonly modes: readonly DialogMode[];
  readonly keys: readonly string[];
  readonly move: Move;
  /** In the help. */
  readonly does: string;
  /** In the footer; neighbours with the same hint share one. */
  readonly hint?: string;
}

/** Text has none. */
const STEP = "step";

export const dialogKeys: readonly DialogKey[] = [
  { modes: ["list", "help"], keys: ["up", "k"], move: "up", does: "move up", hint: "move" },
  { modes: ["list", "help"], keys: ["down", "j"], move: "down", does: "move down", hint: "move" },
  { modes: ["filter"], keys: ["up", "ctrl+p"], move: "up", does: "move up", hint: "move" },
  { modes: ["filter"], keys: ["down", "ctrl+n"], move: "down", does: "move down", hint: "move" },
  {
    modes: ["palette"],
    keys: ["up", "ctrl+p"],
    move: "up",
    does: "move up, or back in the history",
    hint: "move",
  },
  { modes: ["palette"], keys: ["down", "ctrl+n"], move: "down", does: "move down", hint: "move" },
  { modes: ["form"], keys: ["up", "shift+tab"], move: "up", does: "to the field above", hint: "field" },
  { modes: ["form"], keys: ["down", "tab"], move: "down", does: "to the field below", hint: "field" },
  { modes: ["form"], keys: ["left"], move: "less", does: "the choice before", hint: "choice" },
  { modes: ["form"], keys: ["right"], move: "more", does: "the next choice", hint: "choice" },
  { modes: ["prompt"], keys: ["up", "+"], move: "more", does: "a step more", hint: STEP },
  { modes: ["prompt"], keys: ["down", "-"], move: "less", does: "a step less", hint: STEP },
  { modes: ["list", "help", "filter"], keys: ["pageup"], move: "pageUp", does: "a page up" },
  { modes: ["list", "help", "filter"], keys: ["pagedown"], move: "pageDown", does: "a page down" },
  { modes: ["list", "help"], keys: ["home", "g"], move: "first", does: "to the first" },
  { modes: ["list", "help"], keys: ["end", "G"], move: "last", does: "to the last" },
  { modes: ["list", "help"], keys: ["/"], move: "filter", does: "filter by what is typed", hint: "filter" },
  { modes: ["palette"], keys: ["tab"], move: "complete", does: "complete the word", hint: "complete" },
  { modes: ["list"], keys: ["enter", "space"], move: "accept", does: "take the marked one", hint: "choose" },
  { modes: ["filter"], keys: ["enter"], move: "accept", does: "take the marked one", hint: "choose" },
  { modes: ["palette"], keys: ["enter"], move: "accept", does: "do it", hint: "do it" },
  { modes: ["search"], keys: ["enter"], move: "accept", does: "keep the filter", hint: "keep" },
  { modes: ["search"], keys: ["escape"], move: "close", does: "show all again", hint: "all" },
  { modes: ["prompt", "form"], keys: ["enter"], move: "accept", does: "apply", hint: "apply" },
  { modes: ["confirm"], keys: ["y", "enter"], move: "accept", does: "yes, do it", hint: "yes" },
  { modes: ["confirm"], keys: ["n", "escape", "q"], move: "close", does: "no", hint: "no" },
  { modes: ["list"], keys: ["escape", "q"], move: "close", does: "close without a choice", hint: "close" },
  { modes: ["filter"], keys: ["escape"], move: "close", does: "end the filter", hint: "all" },
  { modes: ["help"], keys: ["escape", "q", "?", "f1", "enter"], move: "close", does: "close", hint: "close" },
  {
    modes: ["prompt", "form", "palette"],
    keys: ["escape"],
    move: "close",
    does: "close, change nothing",
    hint: "close",
  },
];

export function modeOf(dialog: Dialog): DialogMode {
  if (dialog.kind === "choice") return dialog.typing ? "filter" : "list";
  if (dialog.kind === "filter") return "search";
  if (dialog.kind === "help") return dialog.typing ? "filter" : "help";
  return dialog.kind;
}

const bySlot = new Map(
  dialogKeys.flatMap((row) =>
    row.modes.flatMap((mode) => row.keys.map((key) => [`${mode} ${key}`, row.move])),
  ),
);

/** What a key means in a mode; undefined: it types, or nothing. */
export const moveOf = (mode: DialogMode, key: string): Move | undefined => bySlot.get(`${mode} ${key}`);

/** The footer while a dialog is open. */
export function dialogHints(dialog: Dialog): Hint[] {
  const mode = modeOf(dialog);
  const merged = new Map<string, string>();
  for (const { modes, keys, hint } of dialogKeys) {
    if (hint === undefined || !modes.includes(mode)) continue;
    if (hint === STEP && dialog.kind === "prompt" && dialog.argument.kind !== "number") continue;
    const before = merged.get(hint);
    merged.set(hint, before === undefined ? keyLabel(keys[0]!) : `${before} ${keyLabel(keys[0]!)}`);
  }
  return [...merged].map(([hint, keys]) => ({ keys, hint }));
}
