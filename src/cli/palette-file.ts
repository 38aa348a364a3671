/**
 * The palette's history in a file, one line each, oldest first. Several consoles may write at once: a line is appended with one write, and a file
 * that has become long is put aside whole, never written anew. What is put aside is read as well, and goes when the next one is.
 */
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { MissileError } from "../core/error.ts";
import { reasonOf } from "../presets/text-file.ts";
import { MOST_LINES, type PaletteLines, withLine } from "../tui/palette-lines.ts";

/** Of one file; some thousand lines. Too small: it is put aside often; too large: it takes long to read. */
const MOST_BYTES = 64 * 1024;
/** Nobody types more, and with less a line is written whole or not at all. */
const MOST_LINE_CHARACTERS = 1000;
/** Whoever puts a file aside holds it for less than a ms: one that is older was left behind. */
const STALE_LOCK_MS = 60_000;
const OWNER_ONLY = 0o600;

/** As the XDG base directory specification has it: a relative XDG_STATE_HOME counts for nothing. */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string {
  const home = env.XDG_STATE_HOME ?? "";
  return join(home.startsWith("/") ? home : join(homedir(), ".local", "state"), "missile-console", "history");
}

const isLine = (line: string): boolean => line.length <= MOST_LINE_CHARACTERS && !/\p{C}/u.test(line);

/** Its lines; none where there is no file. Throws for what is no history. */
function readLines(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).size > 2 * MOST_BYTES) throw new Error("it is too large for a history");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  const lines = text.split("\n").filter((line) => line !== "");
  if (!lines.every(isLine)) throw new Error("it is no history");
  return lines;
}

export class PaletteFile implements PaletteLines {
  /** Why the lines of this run are kept for this run alone, in one line; null: they are in the file. */
  readonly problem: string | null;
  readonly #path: string;
  #lines: readonly string[] = [];

  constructor(path: string) {
    this.#path = path;
    this.problem = this.#read();
  }

  all(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    this.#lines = withLine(this.#lines, line, MOST_LINES);
    if (this.problem !== null || !isLine(line)) return;
    try {
      if (this.#append(line) > MOST_BYTES) this.#putAside();
    } catch (cause) {
      const why = `${this.#path}: the line was not kept (${reasonOf(cause)})`;
      throw new MissileError(why, "historyNotWritten");
    }
  }

  #read(): string | null {
    try {
      for (const path of [`${this.#path}.old`, this.#path]) {
        for (const line of readLines(path)) this.#lines = withLine(this.#lines, line, MOST_LINES);
      }
      return null;
    } catch (cause) {
      return `${this.#path} is left alone (${reasonOf(cause)}): the palette's lines are kept for this run`;
    }
  }

  /** Returns how large the file is then. */
  #append(line: string): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    const file = openSync(this.#path, O_APPEND | O_CREAT | O_WRONLY, OWNER_ONLY);
    try {
      fchmodSync(file, OWNER_ONLY);
      writeSync(file, `${line}\n`);
      return fstatSync(file).size;
    } finally {
      closeSync(file);
    }
  }

  /** One console does it: another one that saw the same long file would put the next one in its place. */
  #putAside(): void {
    const lock = `${this.#path}.lock`;
    try {
      closeSync(openSync(lock, "wx", OWNER_ONLY));
    } catch {
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > STALE_LOCK_MS)
        rmSync(lock, { force: true });
      return;
    }
    try {
      if (statSync(this.#path).size > MOST_BYTES) renameSync(this.#path, `${this.#path}.old`);
    } finally {
      rmSync(lock, { force: true });
    }
  }
}
