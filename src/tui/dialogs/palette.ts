/** Any action by its name, with its arguments: "policy orion", "nice camera 200000". */
import type { Argument, Option, Value } from "../../actions/argument.ts";
import { optionsOf, parse, say } from "../../actions/argument.ts";
import { suggestion } from "../../presets/nearest.ts";
import { type Action, actsOnRun, keyLabel } from "../action-table.ts";
import {
  type Candidate,
  CLOSED,
  type DialogContext,
  type Outcome,
  open,
  type PaletteDialog,
  type Request,
} from "./dialog.ts";
import { edit, fieldOf, insert } from "./field.ts";
import { fuzzySort } from "./fuzzy.ts";
import { modeOf, moveOf } from "./keys.ts";

/** Words of a line; quotes hold those together that have spaces. The last one is being typed: "" after a space. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, bare] of line.matchAll(/"([^"]*)"?|([^\s"]+)/g)) words.push(quoted ?? bare ?? "");
  if (line === "" || /\s$/.test(line)) words.push("");
  return words;
}

const quoted = (word: string): string => (/\s/.test(word) ? `"${word}"` : word);
const lineOf = (words: readonly string[]): string => words.map(quoted).join(" ");

const offered = ({ table, readOnly }: DialogContext): readonly Action[] =>
  table.filter((action) => !(readOnly && actsOnRun(action)));

/** By its name, or by what is most like it: "pol" is policy. */
function actionOf(name: string | undefined, context: DialogContext): Action | undefined {
  const all = offered(context);
  const exact = all.find(({ id }) => id === name);
  return exact ?? (name === undefined || name === "" ? undefined : fuzzySort(name, all, ({ id }) => [id])[0]);
}

/** What may stand at a place after the action's name: tenants, where it acts on one, and its arguments. */
function optionsAt(action: Action, words: readonly string[], context: DialogContext): readonly Option[] {
  const names = context.tenants.map(({ name, model }) => ({ value: name, detail: model }));
  const namesTenant = action.scope === "tenant" && context.tenants.some(({ name }) => name === words[1]);
  const place = words.length - 2 - (namesTenant ? 1 : 0);
  const isFirst = action.scope === "tenant" && words.length === 2;
  const argument = isFirst && namesTenant ? undefined : action.arguments[place];
  return [...(isFirst ? names : []), ...(argument === undefined ? [] : valuesFor(argument, context))];
}

function valuesFor(argument: Argument, { offers }: DialogContext): readonly Option[] {
  if (argument.kind === "choice") return optionsOf(argument, offers);
  if (argument.kind !== "number" || argument.factor === undefined) return [];
  // Powers of the factor, as a scale to choose from.
  const { least, most, factor, isWhole, unit } = argument;
  const scale: Option[] = [];
  for (let value = least; value <= most; value *= factor) {
    scale.push({
      value: say(argument, isWhole ? Math.round(value) : Number(value.toPrecision(3))),
      detail: unit,
    });
  }
  return scale;
}

function actionCandidates(pattern: string, context: DialogContext): Candidate[] {
  const { keymap } = context;
  return fuzzySort(pattern, offered(context), ({ id, title }) => [id, title]).map((action) => ({
    line: action.id,
    label: action.id,
    detail: [action.title, ...keymap.keysOf(action).slice(0, 2).map(keyLabel)].join("  "),
  }));
}

function candidatesFor(line: string, context: DialogContext): Candidate[] {
  const words = wordsOf(line);
  if (words.length === 1) return actionCandidates(words[0]!, context);
  const action = actionOf(words[0], context);
  if (action === undefined) return [];
  const typed = words.at(-1)!;
  const options = optionsAt(action, words, context);
  return fuzzySort(typed, options, (option) => [option.value]).map(({ value, detail }) => ({
    line: lineOf([action.id, ...words.slice(1, -1), value]),
    label: value,
    detail,
  }));
}

/** The request that a line means; a string: why it means none. What it leaves out is asked for then. */
function readLine(line: string, context: DialogContext): Request | string {
  const [name, ...rest] = wordsOf(line.trim()).filter((word) => word !== "");
  const action = actionOf(name, context);
  const ids = offered(context).map(({ id }) => id);
  if (action === undefined) return `there is no action "${name ?? ""}"${suggestion(name ?? "", ids)}`;
  const tenant = action.scope === "tenant" ? context.tenants.find((one) => one.name === rest[0]) : undefined;
  const said = tenant === undefined ? rest : rest.slice(1);
  const last = action.arguments.length - 1;
  // The last argument takes all the words that are left: texts and loads have spaces.
  const words =
    last < 0 ? said : [...said.slice(0, last), said.slice(last).join(" ")].filter((word) => word !== "");
  const names = context.tenants.map((one) => one.name);
  // A word more than there are arguments was meant as the tenant's name.
  const isNobody = action.scope === "tenant" && tenant === undefined && rest.length > action.arguments.length;
  const nobody = `there is no tenant "${rest[0]}"${suggestion(rest[0] ?? "", names)}`;
  if (words.length > action.arguments.length) {
    return isNobody ? nobody : `${action.id} takes no "${words.at(-1)}"`;
  }
  try {
    const values: Record<string, Value> = {};
    for (const [index, word] of words.entries()) {
      const argument = action.arguments[index]!;
      values[argument.name] = parse(argument, word, context.offers);
    }
    return { action: action.id, tenants: tenant === undefined ? null : [tenant.name], values };
  } catch (error) {
    return isNobody ? nobody : (error as Error).message;
  }
}

const typedAs = (
  dialog: PaletteDialog,
  field: PaletteDialog["field"],
  context: DialogContext,
): PaletteDialog => ({
  ...dialog,
  field,
  candidates: candidatesFor(field.text, context),
  index: 0,
  complaint: null,
});

export const makePalette = (past: readonly string[], context: DialogContext): PaletteDialog =>
  typedAs(
    {
      kind: "palette",
      field: fieldOf(""),
      candidates: [],
      index: 0,
      past,
      place: past.length,
      complaint: null,
    },
    fieldOf(""),
    context,
  );

/** Through the history while the line is empty or comes from it, else through the candidates. */
function moved(dialog: PaletteDialog, by: number, context: DialogContext): PaletteDialog {
  const { past, place, index, candidates, field } = dialog;
  const inHistory = place < past.length;
  if (inHistory || (by < 0 && index === 0 && field.text === "" && past.length > 0)) {
    const next = Math.max(0, Math.min(past.length, place + by));
    return { ...typedAs(dialog, fieldOf(past[next] ?? ""), context), place: next };
  }
  return { ...dialog, index: Math.max(0, Math.min(candidates.length - 1, index + by)) };
}

/** The line with the marked candidate in it, and a space where an argument may follow. */
function completed({ candidates, index, field }: PaletteDialog, context: DialogContext): string {
  const candidate = candidates[index];
  if (candidate === undefined) return field.text;
  const action = actionOf(wordsOf(candidate.line)[0], context);
  const takesMore = action !== undefined && (action.arguments.length > 0 || action.scope === "tenant");
  return takesMore ? `${candidate.line} ` : candidate.line;
}

function accept(dialog: PaletteDialog, context: DialogContext): Outcome {
  const words = wordsOf(dialog.field.text);
  const marked = dialog.candidates[dialog.index];
  // A name half typed, or a candidate gone to, stands for itself; a whole line is taken as typed.
  const isLoose = marked !== undefined && (words.length === 1 || dialog.index > 0 || words.at(-1) !== "");
  const isWhole =
    typeof readLine(dialog.field.text, context) !== "string" && dialog.index === 0 && words.length > 1;
  const line = isLoose && !isWhole ? marked.line : dialog.field.text.trim();
  const request = readLine(line, context);
  if (typeof request === "string") return open({ ...dialog, complaint: request });
  return { kind: "asked", request, line };
}

export function pressPalette(dialog: PaletteDialog, key: string, context: DialogContext): Outcome {
  switch (moveOf(modeOf(dialog), key)) {
    case "close":
      return CLOSED;
    case "up":
      return open(moved(dialog, -1, context));
    case "down":
      return open(moved(dialog, 1, context));
    case "complete":
      return open(typedAs(dialog, fieldOf(completed(dialog, context)), context));
    case "accept":
      return accept(dialog, context);
    default: {
      const field = edit(dialog.field, key);
      if (field === null) return open(dialog);
      return open({ ...typedAs(dialog, field, context), place: dialog.past.length });
    }
  }
}

export const pastePalette = (dialog: PaletteDialog, text: string, context: DialogContext): PaletteDialog => ({
  ...typedAs(dialog, insert(dialog.field, text), context),
  place: dialog.past.length,
});
