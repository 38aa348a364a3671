/**
 * Arrivals from a CSV file: one row a request, one column with its time, one stream a file.
 *
 * Times count from the earliest row, so dates since 1970 and seconds since a recording's start mean the same. The trace
 * repeats after the last row plus one mean gap: its rate stays what it was.
 */
import { MissileError } from "../core/error.ts";
import { type Field, positionOf, readTextFile } from "./text-file.ts";
import { type TraceLoad, traceLoad } from "./trace-load.ts";

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  s: 1000,
  sec: 1000,
  seconds: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
};

/** Headers of a time column: one of these words, alone or with a unit, as in timestamp_s, time (us), arrival-ms. */
const TIME_HEADER =
  /^(?:timestamp|time|arrival|arrival[ _]?time|offset|ts)(?:[ _.([-]+(s|sec|seconds|ms|us|ns)[)\]]?)?$/i;

/** The fields of a line. Quotes keep separators in a field; a doubled quote is one. */
function splitLine(text: string, separator: string, line: number): Field[] {
  const fields: Field[] = [];
  let column = 0;
  let field = "";
  let quoted = false;
  for (let index = 0; index <= text.length; index++) {
    const character = text[index];
    if (character === undefined || (character === separator && !quoted)) {
      fields.push({ text: field.trim(), line, column: column + 1 });
      field = "";
      column = index + 1;
    } else if (character !== '"') field += character;
    else if (quoted && text[index + 1] === '"') field += text[index++];
    else quoted = !quoted;
  }
  return fields;
}

const isNumber = (text: string): boolean => text !== "" && Number.isFinite(Number(text));

/** Which column holds the time, in which unit, and whether the first line is a header. */
function timeColumn(
  path: string,
  first: readonly Field[],
): { index: number; msPerUnit: number; hasHeader: boolean } {
  if (first.every((field) => isNumber(field.text))) return { index: 0, msPerUnit: 1, hasHeader: false };
  for (const [index, field] of first.entries()) {
    const match = TIME_HEADER.exec(field.text);
    if (match !== null) {
      return { index, msPerUnit: MS_PER_UNIT[(match[1] ?? "ms").toLowerCase()] as number, hasHeader: true };
    }
  }
  const found = first.map((field) => `"${field.text}"`).join(", ");
  const advice = "name the column timestamp, or timestamp_s, timestamp_us for other units than ms";
  throw new MissileError(`${path}:1:1: no column of times among ${found}; ${advice}`, "traceSyntax");
}

function timeOf(path: string, fields: readonly Field[], index: number): number {
  const field = fields[index];
  if (field !== undefined && isNumber(field.text)) return Number(field.text);
  const last = fields[fields.length - 1] as Field;
  const complaint =
    field === undefined
      ? `the row ends before column ${index + 1}, which holds the time; complete it or remove it`
      : `"${field.text}" is not a number; times are numbers in the unit that the header names, ms without one`;
  throw new MissileError(`${positionOf(path, field ?? last)}: ${complaint}`, "traceSyntax");
}

/**
 * Comma, semicolon or tab separate fields, whichever the first line has. Blank lines are skipped.
 * Throws MissileError ("fileNotReadable", "traceSyntax") with line and column.
 */
export function readCsvTrace(path: string): TraceLoad {
  const lines = readTextFile(path)
    .split(/\r?\n/)
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => text.trim() !== "");
  const separator = /[,;\t]/.exec(lines[0]?.text ?? "")?.[0] ?? ",";
  const rows = lines.map(({ text, line }) => splitLine(text, separator, line));
  const { index, msPerUnit, hasHeader } = timeColumn(path, rows[0] ?? []);
  const times = rows.slice(hasHeader ? 1 : 0).map((fields) => timeOf(path, fields, index));

  const first = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const spanMs = times.reduce((most, time) => Math.max(most, time - first), 0) * msPerUnit;
  if (spanMs === 0) {
    const advice = "a trace needs rows of at least two different times to know when to repeat";
    throw new MissileError(`${path}:${lines.at(-1)?.line ?? 1}:1: ${advice}`, "traceSyntax");
  }
  const meanGapMs = spanMs / (times.length - 1);
  return traceLoad(
    times.map((time) => (time - first) * msPerUnit),
    spanMs + meanGapMs,
  );
}
