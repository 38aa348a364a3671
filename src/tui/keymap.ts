/** The one table of keys: what they do, the footer's hints and the help are all read from it. */
import type { Operator } from "./operator.ts";
import type { UiState } from "./store.ts";

/** What has the keyboard: the main screen, a list to choose from, the help. */
export type Mode = "main" | "choice" | "help";

export interface Binding {
  /** Absent: in every mode. */
  readonly mode?: Mode;
  readonly keys: readonly string[];
  /** In the help. */
  readonly does: string;
  /** In the footer; neighbours with the same hint share one. Absent: in the help only. */
  readonly hint?: string;
  readonly run: (operator: Operator) => void;
}

export const keymap: readonly Binding[] = [
  { mode: "main", keys: ["?", "f1"], does: "show this help", hint: "help", run: (o) => o.openHelp() },
  { mode: "main", keys: ["q"], does: "quit", hint: "quit", run: (o) => o.quit() },
  { mode: "main", keys: ["p"], does: "choose the policy", hint: "policy", run: (o) => o.choosePolicy() },
  {
    mode: "main",
    keys: ["[", "f7"],
    does: "less nice for the chosen tenant",
    hint: "nice",
    run: (o) => o.changeNice(-1),
  },
  {
    mode: "main",
    keys: ["]", "f8"],
    does: "more nice for the chosen tenant",
    hint: "nice",
    run: (o) => o.changeNice(1),
  },
  {
    mode: "main",
    keys: ["-"],
    does: "halve cfsPeriod",
    hint: "cfsPeriod",
    run: (o) => o.scaleCfsPeriod(1 / 2),
  },
  {
    mode: "main",
    keys: ["+", "="],
    does: "double cfsPeriod",
    hint: "cfsPeriod",
    run: (o) => o.scaleCfsPeriod(2),
  },
  { mode: "main", keys: ["space"], does: "pause, or go on", hint: "pause", run: (o) => o.togglePause() },
  { mode: "main", keys: ["a"], does: "add a tenant", hint: "add", run: (o) => o.addTenant() },
  {
    mode: "main",
    keys: ["x"],
    does: "remove the chosen tenant",
    hint: "remove",
    run: (o) => o.removeTenant(),
  },
  { mode: "main", keys: ["<"], does: "halve the speed", hint: "speed", run: (o) => o.scaleSpeed(1 / 2) },
  { mode: "main", keys: [">"], does: "double the speed", hint: "speed", run: (o) => o.scaleSpeed(2) },
  {
    mode: "main",
    keys: ["."],
    does: "while paused: on to the next event",
    hint: "step",
    run: (o) => o.step(),
  },
  { mode: "main", keys: ["R"], does: "rebuild a GPU that has failed", run: (o) => o.restoreDevice() },
  {
    mode: "main",
    keys: ["up", "k"],
    does: "choose the tenant above",
    hint: "tenant",
    run: (o) => o.select(-1),
  },
  {
    mode: "main",
    keys: ["down", "j"],
    does: "choose the tenant below",
    hint: "tenant",
    run: (o) => o.select(1),
  },

  { mode: "choice", keys: ["up", "k"], does: "move up", hint: "move", run: (o) => o.move(-1) },
  { mode: "choice", keys: ["down", "j"], does: "move down", hint: "move", run: (o) => o.move(1) },
  {
    mode: "choice",
    keys: ["enter", "space"],
    does: "take the marked option",
    hint: "choose",
    run: (o) => o.accept(),
  },
  {
    mode: "choice",
    keys: ["escape", "q"],
    does: "close without a choice",
    hint: "close",
    run: (o) => o.closeDialog(),
  },

  { mode: "help", keys: ["up", "k"], does: "scroll up", hint: "scroll", run: (o) => o.move(-1) },
  { mode: "help", keys: ["down", "j"], does: "scroll down", hint: "scroll", run: (o) => o.move(1) },
  {
    mode: "help",
    keys: ["escape", "q", "?", "f1", "enter"],
    does: "close",
    hint: "close",
    run: (o) => o.closeDialog(),
  },

  { keys: ["ctrl+l"], does: "draw the screen anew", run: (o) => o.redraw() },
  { keys: ["ctrl+c"], does: "quit", run: (o) => o.quit() },
];

export const modeOf = (ui: UiState): Mode => ui.dialog?.kind ?? "main";

const byKey = new Map(
  keymap.flatMap((row) => row.keys.map((key) => [`${row.mode ?? ""} ${key}`, row] as const)),
);

/** What a key does in a mode; undefined: nothing. */
export function bindingFor(mode: Mode, key: string): Binding | undefined {
  return byKey.get(`${mode} ${key}`) ?? byKey.get(` ${key}`);
}

const KEY_LABELS: Readonly<Record<string, string>> = { up: "↑", down: "↓", escape: "esc" };

/** A key as people write it: "ctrl+c" is "^C", "up" is "↑", "f1" is "F1". */
export function keyLabel(key: string): string {
  if (/^f\d+$/.test(key)) return key.toUpperCase();
  return KEY_LABELS[key] ?? key.replace(/^ctrl\+(.)$/, (_, letter: string) => `^${letter.toUpperCase()}`);
}

export interface Hint {
  readonly keys: string;
  readonly hint: string;
}

/** The footer of a mode: each hint once, with the first key of every row that shares it. */
export function hints(mode: Mode): Hint[] {
  const merged = new Map<string, string>();
  for (const row of keymap) {
    if (row.mode !== mode || row.hint === undefined) continue;
    const label = keyLabel(row.keys[0]!);
    const before = merged.get(row.hint);
    merged.set(row.hint, before === undefined ? label : `${before} ${label}`);
  }
  return [...merged].map(([hint, keys]) => ({ keys, hint }));
}
