/** Reading text that people wrote, and pointing at what is wrong in it. */
import { readFileSync } from "node:fs";
import { MissileError } from "../core/error.ts";

/** Why the system refused a file, without its numbers, call and path: "ENOENT: no such file or directory". */
export const reasonOf = (cause: unknown): string => (cause as Error).message.replace(/, \w+( '.*')?$/, "");

/** The file's text. Throws MissileError ("fileNotReadable"). */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new MissileError(`${path}: cannot be read (${reasonOf(cause)})`, "fileNotReadable");
  }
}

/** A piece of a text file and where it stands; line and column count from 1. */
export interface Field {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** "file:line:column", as editors and terminals understand it. */
export const positionOf = (path: string, field: Field): string => `${path}:${field.line}:${field.column}`;
