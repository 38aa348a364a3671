/** docs/actions.md, made from the table; a test holds the page to it. */
import { type Argument, rangeOf } from "../actions/argument.ts";
import { LOAD_FORMS } from "../actions/load-words.ts";
import { type Action, keyLabel, whereOf } from "./action-table.ts";
import { type DialogMode, dialogKeys } from "./dialogs/keys.ts";

const HEAD = `# Actions

Everything the console can do, made from its table of actions. The name is what the palette (\`:\`) takes, followed by
arguments: \`:policy orion\`, \`:nice camera 200000\`. What acts on tenants acts on those that are tagged, or on the chosen
one; the palette may name one instead. What disturbs running tenants says so and asks first, and everything marked ↶ can
be undone. A read-only console does none of what acts on the run.

Keys can be changed in the configuration, \`keys: { policy: [f9], quit: [q, ctrl+c], gpu: [] }\`.
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${cell(text)}\``;
const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function rangeText(argument: Argument): string {
  switch (argument.kind) {
    case "number":
      return rangeOf(argument);
    case "choice":
      return typeof argument.options === "string"
        ? `one of the ${argument.options}${argument.others === true ? ", or a file" : ""}`
        : argument.options.map(({ value }) => value).join(" or ");
    case "load":
      return LOAD_FORMS.join(", ");
    case "text":
    case "file":
      return argument.blank === undefined ? argument.kind : `${argument.kind}; nothing: ${argument.blank}`;
  }
}

const argumentsText = (action: Action): string =>
  action.arguments.map((argument) => `${argument.name}: ${cell(rangeText(argument))}`).join("<br>");

function doesText(action: Action): string {
  const where = whereOf(action);
  const place = where === undefined ? "" : where === "frozen" ? "frozen: " : `in ${where}: `;
  const disturbs = action.scope !== "screen" && action.disturbs !== undefined ? `; ${action.disturbs}` : "";
  const undoable = action.scope !== "screen" && action.undoable ? " ↶" : "";
  return cell(place + action.title + disturbs + undoable);
}

function groupText(group: string, rows: readonly Action[]): string {
  const lines = rows.map((action) =>
    row([
      code(action.id),
      action.keys.map((key) => code(keyLabel(key))).join(" "),
      doesText(action),
      argumentsText(action),
    ]),
  );
  return [
    `## ${group[0]!.toUpperCase()}${group.slice(1)}`,
    "",
    row(["name", "keys", "does", "arguments"]),
    "|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

const MODES: Readonly<Record<DialogMode, string>> = {
  list: "a list",
  filter: "a filter",
  search: "a pane's filter",
  prompt: "a value",
  form: "a form",
  palette: "the palette",
  confirm: "a question",
  help: "the help",
};

function dialogsText(): string {
  const lines = dialogKeys.map(({ keys, does, modes }) =>
    row([
      keys.map((key) => code(keyLabel(key))).join(" "),
      does,
      modes.map((mode) => MODES[mode]).join(", "),
    ]),
  );
  return ["## Dialogs", "", row(["keys", "does", "in"]), "|---|---|---|", ...lines, ""].join("\n");
}

/** The page, as Markdown. */
export function actionsPage(table: readonly Action[]): string {
  const groups = [...new Set(table.map(({ group }) => group))];
  const sections = groups.map((group) =>
    groupText(
      group,
      table.filter((action) => action.group === group),
    ),
  );
  return [HEAD, ...sections, dialogsText()].join("\n");
}
