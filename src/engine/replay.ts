/** Runs the scheduler alone over a journal's events and compares each command with the one that was given. */
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { MissileError } from "../core/error.ts";
import { Scheduler } from "../core/scheduler.ts";
import { reasonOf } from "../presets/index.ts";
import {
  CommandText,
  canonicalCommand,
  decodeEvent,
  decodeHeader,
  type JournalHeader,
} from "./journal-text.ts";

export interface Difference {
  readonly line: number;
  /** The journal's command and the scheduler's, as journal lines; null: none. */
  readonly expected: string | null;
  readonly got: string | null;
}

export interface ReplayResult {
  readonly header: JournalHeader;
  readonly events: number;
  /** Commands found equal. */
  readonly commands: number;
  /** The first difference; replay stops there. */
  readonly difference: Difference | null;
  /** Commands of the last event that the journal lacks because it was cut off there. */
  readonly missingAtEnd: number;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const CHUNK_BYTES = 64 * 1024;
/** A journal's longest line is a tenant with a long trace; a file without lines must not fill the memory. */
const MAX_LINE_CHARS = 64 * 1024 * 1024;

function readable<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (cause) {
    throw new MissileError(`${path}: cannot be read (${reasonOf(cause)})`, "fileNotReadable");
  }
}

/** The file's complete lines, in bounded memory. What follows the last newline was cut off while it was written. */
function* completeLines(path: string): Generator<Line> {
  const file = readable(path, () => openSync(path, "r"));
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const decoder = new StringDecoder("utf8");
    let rest = "";
    let number = 0;
    for (;;) {
      const size = readable(path, () => readSync(file, chunk));
      if (size === 0) return;
      // Only the chunk is searched: a long line costs no more than its length.
      const lines = decoder.write(chunk.subarray(0, size)).split("\n");
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? "";
      for (const text of lines) yield { number: ++number, text };
      if (rest.length > MAX_LINE_CHARS) {
        const message = `${path}:${number + 1}: not a journal: a line of more than ${MAX_LINE_CHARS} characters`;
        throw new MissileError(message, "journalMalformed");
      }
    }
  } finally {
    closeSync(file);
  }
}

/** The scheduler of a journal and the commands it has given that the journal has not confirmed yet. */
class Rehearsal {
  private readonly given: string[] = [];
  private readonly out = new CommandText((line) => this.given.push(line));
  private readonly scheduler: Scheduler;
  events = 0;
  commands = 0;

  constructor(header: JournalHeader) {
    this.scheduler = new Scheduler(header.gpu, header.options);
  }

  get unconfirmed(): number {
    return this.given.length;
  }

  /** Takes one line of the journal; a difference if the scheduler says otherwise. */
  take(line: Line): Difference | null {
    if (line.text.startsWith(">")) return this.compare(line);
    const event = decodeEvent(line.text);
    const unasked = this.given.shift();
    if (unasked !== undefined) return { line: line.number, expected: null, got: unasked };
    try {
      this.scheduler.step(event, this.out);
    } catch (cause) {
      throw new Error(`${event.kind} cannot happen here (${(cause as Error).message})`);
    }
    this.events += 1;
    return null;
  }

  private compare({ number, text }: Line): Difference | null {
    const got = this.given.shift() ?? null;
    if (got !== text) {
      const expected = canonicalCommand(text);
      if (got !== expected) return { line: number, expected, got };
    }
    this.commands += 1;
    return null;
  }
}

/** Replays the journal at `path`. Throws MissileError "journalMalformed" with file and line, or "fileNotReadable". */
export function replay(path: string): ReplayResult {
  const malformed = (line: number, cause: unknown): MissileError =>
    new MissileError(`${path}:${line}: ${(cause as Error).message}`, "journalMalformed");
  let header: JournalHeader | null = null;
  let rehearsal: Rehearsal | null = null;
  let difference: Difference | null = null;
  for (const line of completeLines(path)) {
    if (line.text === "" || line.text.startsWith("#")) continue;
    try {
      if (header === null || rehearsal === null) {
        header = decodeHeader(line.text);
        rehearsal = new Rehearsal(header);
      } else {
        difference = rehearsal.take(line);
      }
    } catch (cause) {
      throw malformed(line.number, cause);
    }
    if (difference !== null) break;
  }
  if (header === null || rehearsal === null) throw malformed(1, new Error("not a journal: it has no header"));
  const { events, commands } = rehearsal;
  return {
    header,
    events,
    commands,
    difference,
    missingAtEnd: difference === null ? rehearsal.unconfirmed : 0,
  };
}
