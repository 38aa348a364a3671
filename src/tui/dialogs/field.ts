/** One line of text with a cursor: what is typed, pasted and moved through. Pure; dialogs hold fields and draw them. */
import { graphemes } from "../screen/width.ts";

/** `cursor` is a place between graphemes, counted in code units of the text. */
export interface Field {
  readonly text: string;
  readonly cursor: number;
  /** All of it is marked: what is typed replaces it, a move through it ends that. */
  readonly marked?: boolean;
}

/** Longer lines than this are no answer to anything asked here. */
const MOST_CHARACTERS = 1000;

export const fieldOf = (text: string): Field => ({ text, cursor: text.length });

/** A field with a value to be replaced or changed. */
export const markedField = (text: string): Field => ({ ...fieldOf(text), marked: text !== "" });

const unmarked = ({ text, cursor }: Field): Field => ({ text, cursor });

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

function boundaries(text: string): number[] {
  return [...[...segmenter.segment(text)].map(({ index }) => index), text.length];
}

const before = ({ text, cursor }: Field): number => boundaries(text).findLast((at) => at < cursor) ?? 0;
const after = ({ text, cursor }: Field): number => boundaries(text).find((at) => at > cursor) ?? text.length;

/** The start of the word that ends at or before the cursor. */
function wordStart({ text, cursor }: Field): number {
  return /\S*\s*$/.exec(text.slice(0, cursor))!.index;
}

const cut = ({ text }: Field, from: number, to: number): Field => ({
  text: text.slice(0, from) + text.slice(to),
  cursor: from,
});

/** Puts the text in at the cursor. Line breaks and tabs become spaces, other control characters are left out. */
export function insert(field: Field, added: string): Field {
  const { text, cursor } = field.marked === true ? fieldOf("") : field;
  const clean = added.replace(/[\r\n\t]+/g, " ").replace(/\p{Cc}/gu, "");
  const room = [...clean].slice(0, Math.max(0, MOST_CHARACTERS - text.length)).join("");
  return { text: text.slice(0, cursor) + room + text.slice(cursor), cursor: cursor + room.length };
}

const EDITS: Readonly<Record<string, (field: Field) => Field>> = {
  left: (field) => ({ ...field, cursor: before(field) }),
  right: (field) => ({ ...field, cursor: after(field) }),
  home: (field) => ({ ...field, cursor: 0 }),
  end: (field) => ({ ...field, cursor: field.text.length }),
  "ctrl+left": (field) => ({ ...field, cursor: wordStart(field) }),
  "ctrl+right": (field) => ({
    ...field,
    cursor: field.cursor + /^\s*\S*/.exec(field.text.slice(field.cursor))![0].length,
  }),
  backspace: (field) => cut(field, before(field), field.cursor),
  delete: (field) => cut(field, field.cursor, after(field)),
  "ctrl+w": (field) => cut(field, wordStart(field), field.cursor),
  "ctrl+u": (field) => cut(field, 0, field.cursor),
  "ctrl+k": (field) => ({ ...field, text: field.text.slice(0, field.cursor) }),
};

const ALIASES: Readonly<Record<string, string>> = {
  "ctrl+a": "home",
  "ctrl+e": "end",
  "ctrl+b": "left",
  "ctrl+f": "right",
  "ctrl+h": "backspace",
  "ctrl+d": "delete",
  "alt+b": "ctrl+left",
  "alt+f": "ctrl+right",
  "alt+backspace": "ctrl+w",
};

/** What a key types; null: it is no character. */
export function typedBy(key: string): string | null {
  if (key === "space") return " ";
  return [...key].length === 1 ? key : null;
}

/** The field after the key; null: the key means nothing to a field. */
export function edit(field: Field, key: string): Field | null {
  const typed = typedBy(key);
  if (typed !== null) return insert(field, typed);
  const name = ALIASES[key] ?? key;
  if (field.marked === true && (name === "backspace" || name === "delete")) return fieldOf("");
  return EDITS[name]?.(unmarked(field)) ?? null;
}

/** The part of the field to show in so many columns, with the grapheme under the cursor apart: " " at the end. */
export interface Shown {
  readonly before: string;
  readonly under: string;
  readonly after: string;
}

/** The cursor is always in what is shown; a text that is too long is cut where it is furthest from it. */
export function shownIn({ text, cursor }: Field, columns: number): Shown {
  const left = [...graphemes(text.slice(0, cursor))];
  const [under = { text: " ", columns: 1 }, ...right] = [...graphemes(text.slice(cursor))];
  let room = Math.max(0, columns - under.columns);
  let from = left.length;
  while (from > 0 && left[from - 1]!.columns <= room) room -= left[--from]!.columns;
  let to = 0;
  while (to < right.length && right[to]!.columns <= room) room -= right[to++]!.columns;
  const join = (parts: readonly { readonly text: string }[]): string =>
    parts.map((part) => part.text).join("");
  return { before: join(left.slice(from)), under: under.text, after: join(right.slice(0, to)) };
}
