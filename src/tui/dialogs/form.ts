/** Several values at once, each checked as it is typed; what all of them together would do stands below. */
import { type Argument, optionsOf, parse, say, type Value, type Values } from "../../actions/argument.ts";
import {
  CLOSED,
  type DialogContext,
  type FormDialog,
  type FormRow,
  NO_OUTLOOK,
  type Outcome,
  open,
  type Request,
} from "./dialog.ts";
import { edit, fieldOf, insert, markedField, typedBy } from "./field.ts";
import { modeOf, moveOf } from "./keys.ts";

function rowOf(argument: Argument, value: Value | undefined, context: DialogContext): FormRow {
  if (argument.kind !== "choice" || argument.others === true)
    return { argument, field: fieldOf(value === undefined ? "" : say(argument, value)) };
  const options = optionsOf(argument, context.offers);
  return {
    argument,
    options,
    index: Math.max(
      0,
      options.findIndex((option) => option.value === value),
    ),
  };
}

const textOf = (row: FormRow): string =>
  "field" in row ? row.field.text : (row.options[row.index]?.value ?? "");

const NO_OFFERS: DialogContext["offers"] = { policies: [], models: [], gpus: [], mixes: [] };

/** Why what stands in the row cannot be; null: it can. */
export function complaintOf(row: FormRow): string | null {
  // A choice is always one of those there are.
  if (!("field" in row)) return null;
  try {
    parse(row.argument, row.field.text, NO_OFFERS);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The request with all values; null while one of them cannot be. */
function readForm(dialog: FormDialog, context: DialogContext): Request | null {
  if (dialog.rows.some((row) => complaintOf(row) !== null)) return null;
  const values: Values = Object.fromEntries(
    dialog.rows.map((row) => [row.argument.name, parse(row.argument, textOf(row), context.offers)]),
  );
  return { ...dialog.request, values: { ...dialog.request.values, ...values } };
}

function withOutlook(dialog: FormDialog, context: DialogContext): FormDialog {
  const request = readForm(dialog, context);
  if (request !== null) return { ...dialog, outlook: context.outlook(request) };
  const complaint = dialog.rows.map(complaintOf).find((text) => text !== null);
  return { ...dialog, outlook: { ...NO_OUTLOOK, complaint: complaint ?? null } };
}

export function makeForm(
  title: string,
  args: readonly Argument[],
  values: Partial<Values>,
  request: Request,
  context: DialogContext,
): FormDialog {
  const rows = args.map((argument) => rowOf(argument, values[argument.name], context));
  return withOutlook({ kind: "form", title, rows, index: 0, request, outlook: NO_OUTLOOK }, context);
}

/** In a list of choices a letter goes to the next one that begins with it. */
function seek(row: Extract<FormRow, { options: unknown }>, letter: string): number {
  const count = row.options.length;
  for (let by = 1; by <= count; by++) {
    const index = (row.index + by) % count;
    if (row.options[index]!.value.toLowerCase().startsWith(letter.toLowerCase())) return index;
  }
  return row.index;
}

/** A value marked to be replaced may be one of a list: left and right go through it. */
function pressField(row: Extract<FormRow, { field: unknown }>, key: string): FormRow {
  const { argument, field } = row;
  const move = moveOf("form", key);
  if (argument.kind === "choice" && field.marked === true && (move === "more" || move === "less")) {
    const values = optionsOf(argument, NO_OFFERS).map(({ value }) => value);
    const at = values.indexOf(field.text);
    const next = values.at((at + (move === "more" ? 1 : -1)) % values.length);
    return next === undefined ? row : { ...row, field: markedField(next) };
  }
  return { ...row, field: edit(field, key) ?? field };
}

function pressRow(row: FormRow, key: string): FormRow {
  if ("field" in row) return pressField(row, key);
  const move = moveOf("form", key);
  const by = move === "more" || key === "space" ? 1 : move === "less" ? -1 : 0;
  if (by !== 0) return { ...row, index: (row.index + by + row.options.length) % row.options.length };
  const letter = typedBy(key);
  return letter === null ? row : { ...row, index: seek(row, letter) };
}

const replaced = (rows: readonly FormRow[], index: number, row: FormRow): FormRow[] =>
  rows.map((other, at) => (at === index ? row : other));

/** At another field, with its value marked to be replaced. */
function goneTo(dialog: FormDialog, index: number): FormDialog {
  const rows = dialog.rows.map((row, at): FormRow => {
    if (!("field" in row)) return row;
    return { ...row, field: at === index ? markedField(row.field.text) : fieldOf(row.field.text) };
  });
  return { ...dialog, rows, index };
}

export function pressForm(dialog: FormDialog, key: string, context: DialogContext): Outcome {
  const { rows, index } = dialog;
  const count = rows.length;
  switch (moveOf(modeOf(dialog), key)) {
    case "up":
      return open(goneTo(dialog, (index - 1 + count) % count));
    case "down":
      return open(goneTo(dialog, (index + 1) % count));
    case "close":
      return CLOSED;
    case "accept": {
      const request = readForm(dialog, context);
      const isGood = request !== null && dialog.outlook.complaint === null;
      if (isGood) return { kind: "asked", request: { ...request, warned: true } };
      const wrong = rows.findIndex((row) => complaintOf(row) !== null);
      return open(wrong < 0 ? dialog : goneTo(dialog, wrong));
    }
  }
  return open(withOutlook({ ...dialog, rows: replaced(rows, index, pressRow(rows[index]!, key)) }, context));
}

export function pasteForm(dialog: FormDialog, text: string, context: DialogContext): FormDialog {
  const row = dialog.rows[dialog.index]!;
  if (!("field" in row)) return dialog;
  const rows = replaced(dialog.rows, dialog.index, { ...row, field: insert(row.field, text) });
  return withOutlook({ ...dialog, rows }, context);
}
