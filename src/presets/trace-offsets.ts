/**
 * Missile's trace form: arrival offsets in milliseconds, separated by whitespace; the minute repeats.
 * It holds one stream.
 */
import { MissileError } from "../core/error.ts";
import { type Field, positionOf, readTextFile } from "./text-file.ts";
import { type TraceLoad, traceLoad } from "./trace-load.ts";

/** After so many milliseconds the offsets begin again (Missile's servers wrap their traces at 60 s). */
export const OFFSETS_PERIOD_MS = 60_000;

function offsetMs(path: string, field: Field): number {
  const value = Number(field.text);
  const complain = (what: string): never => {
    throw new MissileError(`${positionOf(path, field)}: ${what}`, "traceSyntax");
  };
  if (!Number.isFinite(value))
    complain(`"${field.text}" is not a number; write offsets in ms, for example 0 101.5 199`);
  if (value < 0) complain(`${field.text} ms is before the start; offsets count from 0`);
  if (value >= OFFSETS_PERIOD_MS) {
    complain(
      `${field.text} ms is beyond ${OFFSETS_PERIOD_MS} ms, where the trace repeats; remove it or use CSV`,
    );
  }
  return value;
}

/** Throws MissileError ("fileNotReadable", "traceSyntax") with line and column. */
export function readOffsetsTrace(path: string): TraceLoad {
  const offsetsMs: number[] = [];
  readTextFile(path)
    .split("\n")
    .forEach((text, index) => {
      for (const word of text.matchAll(/\S+/g)) {
        offsetsMs.push(offsetMs(path, { text: word[0], line: index + 1, column: word.index + 1 }));
      }
    });
  if (offsetsMs.length === 0) {
    throw new MissileError(`${path}:1:1: no offsets; write at least one, in ms`, "traceSyntax");
  }
  return traceLoad(offsetsMs, OFFSETS_PERIOD_MS);
}
