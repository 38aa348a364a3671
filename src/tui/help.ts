/** The help as lines, made from the table of actions and the keys of dialogs. */
import { type Action, actsOnRun, type Keymap, keyLabel, whereOf } from "./action-table.ts";
import { type DialogMode, dialogKeys } from "./dialogs/keys.ts";

/** A heading is a line without keys and name. */
export interface HelpLine {
  readonly keys: string;
  readonly does: string;
  /** The action's id, as the palette takes it. */
  readonly name: string;
}

const DIALOGS: readonly { readonly mode: DialogMode; readonly heading: string }[] = [
  { mode: "list", heading: "in a list" },
  { mode: "prompt", heading: "where a value is asked" },
  { mode: "form", heading: "in a form" },
  { mode: "palette", heading: "in the palette" },
];

const heading = (text: string): HelpLine => ({ keys: "", does: text, name: "" });

function actionLine(action: Action, keymap: Keymap): HelpLine {
  const where = whereOf(action);
  const place = where === undefined ? "" : where === "frozen" ? "frozen: " : `in ${where}: `;
  return { keys: keymap.keysOf(action).map(keyLabel).join(" "), does: place + action.title, name: action.id };
}

/** Groups in the order in which the table first names them; lines that do not contain the filter are left out. */
export function helpLines(
  table: readonly Action[],
  keymap: Keymap,
  readOnly: boolean,
  filter = "",
): HelpLine[] {
  const offered = table.filter((action) => !(readOnly && actsOnRun(action)));
  const groups = [...new Set(offered.map(({ group }) => group))];
  const ofActions = groups.map((group) => ({
    title: group,
    lines: offered.filter((action) => action.group === group).map((action) => actionLine(action, keymap)),
  }));
  const ofDialogs = DIALOGS.map(({ mode, heading: title }) => ({
    title,
    lines: dialogKeys
      .filter(({ modes }) => modes.includes(mode))
      .map(({ keys, does }) => ({ keys: keys.map(keyLabel).join(" "), does, name: "" })),
  }));
  const wanted = filter.trim().toLowerCase();
  const holds = ({ keys, does, name }: HelpLine): boolean =>
    `${keys} ${does} ${name}`.toLowerCase().includes(wanted);
  return [...ofActions, ...ofDialogs].flatMap(({ title, lines }) => {
    const left = lines.filter(holds);
    return left.length === 0 ? [] : [heading(title), ...left];
  });
}
