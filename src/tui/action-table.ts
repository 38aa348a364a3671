/** Which key does what: the table's keys, or those of the operator's configuration. */
import type { ControlAction } from "../actions/action.ts";
import { controlActions } from "../actions/index.ts";
import { MissileError } from "../core/error.ts";
import { suggestion } from "../presets/nearest.ts";
import { compareActions } from "./compare-actions.ts";
import { consoleActions } from "./console-actions.ts";
import { listActions } from "./list-actions.ts";
import { lookingActions } from "./looking-actions.ts";
import { outputActions } from "./output-actions.ts";
import type { ScreenAction, Where } from "./screen-action.ts";
import { speechActions } from "./speech/speech-actions.ts";

export type Action = ControlAction | ScreenAction;

/** The whole table, in the order of the footer. */
export const actions: readonly Action[] = [
  ...consoleActions,
  ...controlActions,
  ...listActions,
  ...compareActions,
  ...lookingActions,
  ...outputActions,
  ...speechActions,
];

/** Keys by action id; an empty list: none. */
export type KeyOverrides = Readonly<Record<string, readonly string[]>>;

export interface Hint {
  readonly keys: string;
  readonly hint: string;
}

export interface Keymap {
  /** What the key does; of rows with the same key that of the first place in `where` that has one, then the general one. */
  readonly actionFor: (key: string, where: readonly Where[]) => Action | undefined;
  readonly keysOf: (action: Action) => readonly string[];
}

export const whereOf = (action: Action): Where | undefined =>
  action.scope === "screen" ? action.where : undefined;

/** Whether a read-only console hides and refuses it. */
export const actsOnRun = (action: Action): boolean => action.scope !== "screen" || action.acts === true;

const slot = (key: string, where: Where | undefined): string => `${where ?? ""} ${key}`;

/** This leaves the console whatever else is configured. */
const WAY_OUT = "ctrl+c";

/** As the decoder names keys: a character or a name, with modifiers before it in this order. */
const KEY =
  /^(?:ctrl\+)?(?:alt\+)?(?:shift\+)?(?:up|down|left|right|home|end|insert|delete|pageup|pagedown|backspace|tab|enter|escape|space|f[1-9]|f1[0-2]|\S)$/u;

/** Throws MissileError "badKeys". */
function checkOverrides(overrides: KeyOverrides, table: readonly Action[]): void {
  const ids = table.map(({ id }) => id);
  for (const [id, keys] of Object.entries(overrides)) {
    if (!ids.includes(id))
      throw new MissileError(`keys: there is no action "${id}"${suggestion(id, ids)}`, "badKeys");
    const wrong = keys.find((key) => !KEY.test(key));
    if (wrong !== undefined)
      throw new MissileError(
        `keys: ${id}: "${wrong}" is no key; say x, F, ctrl+x, alt+f1, pageup or space`,
        "badKeys",
      );
  }
}

/**
 * The keymap with the operator's changes. Throws MissileError "badKeys": no such action or key, two actions on one key, or
 * no key that quits.
 */
export function makeKeymap(overrides: KeyOverrides = {}, table: readonly Action[] = actions): Keymap {
  checkOverrides(overrides, table);
  const keysOf = (action: Action): readonly string[] => overrides[action.id] ?? action.keys;
  const bySlot = new Map<string, Action>();
  for (const action of table) {
    for (const key of keysOf(action)) {
      const place = slot(key, whereOf(action));
      const other = bySlot.get(place);
      if (other !== undefined) {
        throw new MissileError(
          `keys: "${key}" is both ${other.id} and ${action.id}; give one of them another key, or none ([])`,
          "badKeys",
        );
      }
      bySlot.set(place, action);
    }
  }
  if (bySlot.get(slot(WAY_OUT, undefined))?.id !== "quit") {
    throw new MissileError(`keys: ${WAY_OUT} must stay with quit, the way out of every console`, "badKeys");
  }
  return {
    keysOf,
    actionFor: (key, where) => {
      for (const place of [...where, undefined]) {
        const action = bySlot.get(slot(key, place));
        if (action !== undefined) return action;
      }
      return undefined;
    },
  };
}

const KEY_LABELS: Readonly<Record<string, string>> = {
  up: "↑",
  down: "↓",
  left: "←",
  right: "→",
  escape: "esc",
  delete: "del",
  pageup: "pgup",
  pagedown: "pgdn",
};

/** A key as people write it: "ctrl+c" is "^C", "up" is "↑", "f1" is "F1". */
export function keyLabel(key: string): string {
  if (/^f\d+$/.test(key)) return key.toUpperCase();
  const control = /^ctrl\+(.)$/.exec(key);
  if (control !== null) return `^${control[1]!.toUpperCase()}`;
  const [, modifiers = "", name = key] = /^((?:\w+\+)*)(.+)$/.exec(key) ?? [];
  return modifiers + (KEY_LABELS[name] ?? name);
}

/** The main screen's footer: each hint once, with the first key of every row that shares it; what is meant here alone first. */
export function hints(
  keymap: Keymap,
  { readOnly, places = [] }: { readonly readOnly: boolean; readonly places?: readonly Where[] },
  table: readonly Action[] = actions,
): Hint[] {
  const isHere = (action: Action): boolean => {
    const where = whereOf(action);
    return where !== undefined && places.includes(where);
  };
  const rows = [...table.filter(isHere), ...table.filter((action) => whereOf(action) === undefined)];
  const merged = new Map<string, string>();
  for (const action of rows) {
    const key = keymap.keysOf(action)[0];
    if (action.hint === undefined || key === undefined || (readOnly && actsOnRun(action))) continue;
    const before = merged.get(action.hint);
    merged.set(action.hint, before === undefined ? keyLabel(key) : `${before} ${keyLabel(key)}`);
  }
  return [...merged].map(([hint, keys]) => ({ keys, hint }));
}
