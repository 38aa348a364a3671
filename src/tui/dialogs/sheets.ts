/** Each dialog as a sheet. */
import { type Argument, type NumberArgument, rangeOf } from "../../actions/argument.ts";
import { LOAD_FORMS } from "../../actions/load-words.ts";
import { scrollTo } from "../panes/table.ts";
import type { Size } from "../screen/screen.ts";
import { pad, textWidth, truncate, wrap } from "../screen/width.ts";
import { theme } from "../theme.ts";
import { optionsLeft } from "./choice.ts";
import type {
  BoxDialog,
  ChoiceDialog,
  ConfirmDialog,
  DialogContext,
  FormDialog,
  FormRow,
  HelpDialog,
  PaletteDialog,
  PromptDialog,
} from "./dialog.ts";
import { complaintOf } from "./form.ts";
import { linesOf } from "./help-dialog.ts";
import { dialogColumns, dialogRoom } from "./room.ts";
import {
  BLANK,
  fieldSpans,
  type Line,
  line,
  marked,
  outlookBelow,
  outlookLines,
  type Sheet,
  span,
} from "./sheet.ts";

/** Where a dialog takes text it is as wide as this, whatever the text is, so that it does not jump. */
const TEXT_COLUMNS = 68;
/** A list that says what its options do leaves room for a sentence. */
const OUTLOOK_COLUMNS = 46;

const PALETTE_ROWS = 10;
/** Around a title in the border. */
const TITLE_SPACES = 2;

export type SheetContext = Pick<DialogContext, "table" | "keymap" | "readOnly" | "size">;

/** A title, and what part of a list is shown below it: that stays whole where not all of both has room. */
function titled(title: string, { first, shown, total, size }: Part): string {
  const place = shown < total ? ` ${first + 1}–${Math.min(total, first + shown)} of ${total}` : "";
  return truncate(title, dialogColumns(size) - TITLE_SPACES - textWidth(place)) + place;
}

interface Part {
  readonly first: number;
  readonly shown: number;
  readonly total: number;
  readonly size: Size;
}

/** A row of a list: marked with more than its colour. */
function item(label: string, detail: string, chosen: boolean): Line {
  const base = chosen ? theme.chosen : theme.plain;
  const faint = chosen ? theme.chosen : theme.faint;
  return [
    span(`${chosen ? "▸" : " "} ${label}`, chosen ? { ...base, bold: true } : base),
    span(detail === "" ? "" : `  ${detail}`, faint),
  ];
}

/** What the chosen row had no room for, below the list; of one height for all rows, and not at a row's expense. */
function wholeDetail(
  detail: string,
  rows: readonly { readonly detail: string }[],
  columns: number,
  room: number,
): Line[] {
  const height = Math.max(...rows.map((row) => wrap(row.detail, columns).length));
  if (rows.length + 1 + height > room) return [];
  const lines = wrap(detail, columns);
  return [BLANK, ...Array.from({ length: height }, (_, at) => line(lines[at] ?? "", theme.faint))];
}

function choiceSheet(dialog: ChoiceDialog, { size }: SheetContext): Sheet {
  const options = optionsLeft(dialog);
  const labels = Math.max(0, ...dialog.options.map(({ value }) => textWidth(value)));
  const rows = dialog.options.map((option) => {
    const detail = [...(option.value === dialog.current ? ["now"] : []), option.detail].filter(
      (text) => text !== "",
    );
    return { option, label: pad(option.value, labels), detail: detail.join(", ") };
  });
  const widest = Math.max(...rows.map(({ label, detail }) => textWidth(label) + textWidth(detail) + 4));
  const columns = Math.min(dialogColumns(size), Math.max(widest, OUTLOOK_COLUMNS));
  const isFiltered = dialog.typing || dialog.filter.text !== "";
  const filter = isFiltered ? [[span("/ ", theme.key), ...fieldSpans(dialog.filter, columns - 2)]] : [];
  const outlook = outlookBelow(dialog.outlook, columns, Math.floor(dialogRoom(size) / 2));
  const around = filter.length + outlook.length;
  const chosen = rows.find(({ option }) => option === options[dialog.index]);
  const whole =
    widest <= columns ? [] : wholeDetail(chosen?.detail ?? "", rows, columns, dialogRoom(size) - around);
  const room = Math.max(1, dialogRoom(size) - around - whole.length);
  const first = scrollTo(dialog.index, options.length, room);
  const list = options.slice(first, first + room).map((option, index): Line => {
    const row = rows.find((one) => one.option === option);
    return item(row?.label ?? option.value, row?.detail ?? option.detail, first + index === dialog.index);
  });
  const nothing = options.length === 0 ? [line("  nothing like that", theme.faint)] : [];
  return {
    title: titled(dialog.title, { first, shown: room, total: options.length, size }),
    columns,
    lines: [...filter, ...list, ...nothing, ...whole, ...outlook],
  };
}

/** What may be typed. */
function hintFor(argument: Argument): string {
  switch (argument.kind) {
    case "number":
      return rangeOf(argument);
    case "load":
      return LOAD_FORMS.join(" · ");
    case "text":
    case "file":
      return argument.blank === undefined ? "" : `nothing: ${argument.blank}`;
    case "choice":
      if (argument.others !== true || typeof argument.options === "string") return "";
      return argument.options.map(({ value }) => value).join(" · ");
  }
}

/** The unit behind a number, with the space before it. */
const unitOf = (argument: Argument, text: string): string =>
  argument.kind !== "number" || argument.unit === "" || text.trim() === argument.none
    ? ""
    : ` ${argument.unit}`;

/** Where the value stands between its bounds: by factors, where it is stepped by them. */
function slider({ least, most, factor }: NumberArgument, value: number, columns: number): Line {
  const along =
    factor === undefined
      ? (value - least) / (most - least)
      : Math.log(value / least) / Math.log(most / least);
  const track = columns - 2;
  const at = Math.round(Math.max(0, Math.min(1, along)) * (track - 1));
  return [
    span("├", theme.faint),
    span("━".repeat(at), theme.accent),
    span("●", { ...theme.accent, bold: true }),
    span("─".repeat(track - at - 1), theme.faint),
    span("┤", theme.faint),
  ];
}

function promptSheet({ title, argument, field, outlook }: PromptDialog, { size }: SheetContext): Sheet {
  const columns = Math.min(TEXT_COLUMNS, dialogColumns(size));
  const unit = unitOf(argument, field.text);
  const label = `${argument.title}  `;
  const room = columns - textWidth(label) - textWidth(unit);
  const value = Number(field.text.replaceAll(",", ""));
  const steps = argument.kind === "number" && (argument.factor ?? argument.step) !== undefined;
  const slides = steps && field.text.trim() !== "" && value >= argument.least && value <= argument.most;
  const head: Line[] = [
    [span(label, theme.faint), ...fieldSpans(field, room), span(unit, theme.faint)],
    ...(slides ? [slider(argument, value, columns)] : steps ? [BLANK] : []),
    line(hintFor(argument), theme.faint),
  ];
  return {
    title,
    columns,
    lines: [...head, ...outlookBelow(outlook, columns, dialogRoom(size) - head.length)],
  };
}

function formRow(row: FormRow, chosen: boolean, labels: number, columns: number, isGood: boolean): Line {
  const base = chosen ? theme.chosen : theme.plain;
  const head = span(
    `${chosen ? "▸" : isGood ? " " : "✗"} ${pad(row.argument.title, labels)}  `,
    isGood ? base : theme.bad,
  );
  const tail = span(
    "field" in row ? unitOf(row.argument, row.field.text) : "",
    chosen ? theme.chosen : theme.faint,
  );
  const room = Math.max(1, columns - labels - 4 - textWidth(tail.text));
  if ("field" in row) {
    if (chosen) return [head, ...fieldSpans(row.field, room, base), tail];
    const blank = row.argument.kind === "text" && row.field.text === "" ? (row.argument.blank ?? "") : "";
    return [head, blank === "" ? span(row.field.text) : span(blank, theme.faint), tail];
  }
  const { value = "", detail = "" } = row.options[row.index] ?? {};
  const about = detail === "" ? "" : `  ${detail}`;
  return [
    head,
    span(chosen ? `◂ ${value} ▸` : value, base),
    span(about, chosen ? theme.chosen : theme.faint),
  ];
}

function formSheet({ title, rows, index, outlook }: FormDialog, { size }: SheetContext): Sheet {
  const columns = Math.min(TEXT_COLUMNS, dialogColumns(size));
  const labels = Math.max(...rows.map(({ argument }) => textWidth(argument.title)));
  const lines = rows.map((row, at) => formRow(row, at === index, labels, columns, complaintOf(row) === null));
  const hint = hintFor(rows[index]!.argument);
  const room = dialogRoom(size);
  const first = scrollTo(index, lines.length, Math.min(lines.length, Math.max(1, room - 4)));
  const shown = lines.slice(first, first + Math.max(1, room - 4));
  const below = [line(hint, theme.faint)];
  const rest = outlookLines(outlook, columns, room - shown.length - below.length);
  return {
    title: titled(title, { first, shown: shown.length, total: lines.length, size }),
    columns,
    lines: [...shown, ...below, ...rest],
  };
}

function confirmSheet({ title, warnings }: ConfirmDialog, { size }: SheetContext): Sheet {
  const columns = Math.min(TEXT_COLUMNS, dialogColumns(size));
  const said = warnings.flatMap((text) => marked("!", text, columns, theme.warn));
  const room = Math.max(1, dialogRoom(size) - 2);
  const shown =
    said.length <= room
      ? said
      : [...said.slice(0, room - 1), line(`… and ${said.length - room + 1} more`, theme.faint)];
  const answer: Line = [span("y", theme.key), span(" yes, do it    "), span("n", theme.key), span(" no")];
  return { title: `${title}?`, lines: [...shown, BLANK, answer] };
}

function paletteSheet(dialog: PaletteDialog, { size }: SheetContext): Sheet {
  const columns = Math.min(TEXT_COLUMNS, dialogColumns(size));
  const room = Math.max(1, dialogRoom(size) - 2);
  const first = scrollTo(dialog.index, dialog.candidates.length, room);
  const labels = Math.max(0, ...dialog.candidates.map(({ label }) => textWidth(label)));
  const list = dialog.candidates
    .slice(first, first + room)
    .map((candidate, index) =>
      item(pad(candidate.label, labels), candidate.detail, first + index === dialog.index),
    );
  const complaint = dialog.complaint === null ? [] : marked("✗", dialog.complaint, columns, theme.bad);
  // Of one height while it is typed in, unless there is more to show.
  const filler = Array.from({ length: Math.max(0, Math.min(room, PALETTE_ROWS) - list.length) }, () => BLANK);
  const input: Line = [span(": ", theme.key), ...fieldSpans(dialog.field, columns - 2)];
  return { title: "palette", columns, lines: [input, ...complaint, ...list, ...filler] };
}

function helpSheet(dialog: HelpDialog, context: SheetContext): Sheet {
  const { size } = context;
  const all = linesOf(dialog, context);
  const every = linesOf({ ...dialog, filter: { text: "", cursor: 0 } }, context);
  const keys = Math.max(...every.map((one) => textWidth(one.keys)));
  const does = Math.max(...every.map((one) => textWidth(one.does)));
  const name = Math.max(...every.map((one) => textWidth(one.name)));
  const namesFit = keys + does + name + 4 <= dialogColumns(size);
  const columns = Math.min(dialogColumns(size), keys + does + 2 + (namesFit ? name + 2 : 0));
  const isFiltered = dialog.typing || dialog.filter.text !== "";
  const filter = isFiltered ? [[span("/ ", theme.key), ...fieldSpans(dialog.filter, columns - 2)]] : [];
  const room = Math.max(1, dialogRoom(size) - filter.length);
  const lines = all.slice(dialog.scroll, dialog.scroll + room).map((one): Line => {
    if (one.keys === "" && one.name === "") return line(one.does, theme.strong);
    const what = [span(`${pad(one.keys, keys)}  `, theme.key), span(pad(one.does, does))];
    return namesFit ? [...what, span(`  ${one.name}`, theme.faint)] : what;
  });
  const shown = lines.length === 0 ? [line("nothing like that", theme.faint)] : lines;
  return {
    title: titled("keys", { first: dialog.scroll, shown: room, total: all.length, size }),
    lines: [...filter, ...shown],
    // As wide as the whole help, so that it does not jump.
    columns,
  };
}

export function sheetOf(dialog: BoxDialog, context: SheetContext): Sheet {
  switch (dialog.kind) {
    case "choice":
      return choiceSheet(dialog, context);
    case "prompt":
      return promptSheet(dialog, context);
    case "form":
      return formSheet(dialog, context);
    case "confirm":
      return confirmSheet(dialog, context);
    case "palette":
      return paletteSheet(dialog, context);
    case "help":
      return helpSheet(dialog, context);
  }
}
