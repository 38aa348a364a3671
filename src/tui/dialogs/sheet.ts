/** What a dialog shows, as lines of styled text: all pure, so that the box around it only has to draw them. */
import type { Effects } from "../../actions/action.ts";
import type { Style } from "../screen/style.ts";
import { pad, textWidth, truncate, wrap } from "../screen/width.ts";
import { theme } from "../theme.ts";
import type { Outlook } from "./dialog.ts";
import { type Field, shownIn } from "./field.ts";

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export interface Sheet {
  readonly title: string;
  /** Absent: as wide as the widest line. */
  readonly columns?: number;
  readonly lines: readonly Line[];
}

export const span = (text: string, style: Style = theme.plain): Span => ({ text, style });
export const line = (text: string, style: Style = theme.plain): Line => [span(text, style)];
export const BLANK: Line = line("");

export const lineWidth = (spans: Line): number => spans.reduce((sum, { text }) => sum + textWidth(text), 0);

/** The line in exactly so many columns. */
export function fitted(spans: Line, columns: number): Line {
  const kept: Span[] = [];
  let left = columns;
  for (const { text, style } of spans) {
    if (left <= 0) break;
    const cut = truncate(text, left);
    kept.push({ text: cut, style });
    left -= textWidth(cut);
  }
  const last: Style = spans.at(-1)?.style ?? theme.plain;
  const filler = last.bg === undefined ? theme.plain : { bg: last.bg };
  return left > 0 ? [...kept, { text: " ".repeat(left), style: filler }] : kept;
}

/** A field with its cursor, in exactly so many columns. */
export function fieldSpans(field: Field, columns: number, style: Style = theme.plain): Line {
  const { before, under, after } = shownIn(field, columns);
  if (field.marked === true) {
    return fitted(
      [span(before, { ...style, underline: true }), span(under, { ...style, inverse: true })],
      columns,
    );
  }
  return fitted([span(before, style), span(under, { ...style, inverse: true }), span(after, style)], columns);
}

/** Lines that begin with a mark, wrapped to what is beside it. */
export function marked(mark: string, text: string, columns: number, style: Style): Line[] {
  return wrap(text, Math.max(1, columns - 2)).map((part, index) =>
    line(`${index === 0 ? mark : " "} ${part}`, style),
  );
}

/** "what  before → after", a row each, in columns; those that change stand out. */
function effectLines({ title, rows: effects }: Effects, columns: number): Line[] {
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(textWidth));
  const before = widest(effects.map((effect) => effect.before));
  const after = widest(effects.map((effect) => effect.after));
  const what = Math.max(
    4,
    Math.min(widest(effects.map((effect) => effect.what)), columns - before - after - 5),
  );
  const rows = effects.map((effect) => {
    const changes = effect.before !== effect.after;
    const figures = `${pad(effect.before, before, "right")} ${changes ? "→" : " "} ${pad(effect.after, after, "right")}`;
    return [
      span(`${pad(effect.what, what)}  `, changes ? theme.plain : theme.faint),
      span(figures, changes ? theme.accent : theme.faint),
    ];
  });
  return rows.length === 0 ? [] : [line(title, theme.faint), ...rows];
}

/** What changes before what stays: where not all of it can be shown, that is what matters. */
const changesFirst = ({ title, rows }: Effects): Effects => ({
  title,
  rows: [
    ...rows.filter((row) => row.before !== row.after),
    ...rows.filter((row) => row.before === row.after),
  ],
});

/** What would come of it, or why it cannot be, in at most so many lines. */
export function outlookLines(outlook: Outlook, columns: number, room: number): Line[] {
  const { complaint, warnings, effects } = outlook;
  if (complaint !== null) return marked("✗", complaint, columns, theme.bad).slice(0, room);
  const warned = warnings.flatMap((text) => marked("!", text, columns, theme.warn));
  const all = [...warned, ...effectLines(effects, columns)];
  if (all.length <= room) return all;
  const shown = [...warned, ...effectLines(changesFirst(effects), columns)].slice(0, Math.max(0, room - 1));
  return room < 2 ? [] : [...shown, line(`… and ${all.length - shown.length} more`, theme.faint)];
}

/** The same below something else, a free line between them. */
export function outlookBelow(outlook: Outlook, columns: number, room: number): Line[] {
  const lines = outlookLines(outlook, columns, room - 1);
  return lines.length === 0 ? [] : [BLANK, ...lines];
}
