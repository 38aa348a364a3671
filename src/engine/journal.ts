/**
 * Writes the journal of a run: every event and every command, in bounded memory.
 *
 * The run loop never returns to Node's event loop while it is busy, so an asynchronous stream could not drain:
 * lines gather in one buffer that is written out whenever it is full. A run that dies leaves a journal that ends
 * early, which replays like any other.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Commands } from "../core/command.ts";
import { MissileError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { reasonOf } from "../presets/index.ts";
import { CommandText, encodeEvent, encodeHeader, type JournalHeader } from "./journal-text.ts";

/** Characters gathered before they are written: large enough that writing costs little, small enough to lose. */
const BUFFER_CHARS = 64 * 1024;

export class Journal {
  private readonly path: string;
  private readonly file: number;
  private buffer = "";
  private closed = false;
  readonly commands: Commands = new CommandText((line) => this.line(line));

  /** Creates or overwrites the file. Throws MissileError "journalNotWritable". */
  constructor(path: string, header: JournalHeader) {
    this.path = path;
    this.file = this.checked(() => openSync(path, "w"));
    this.line(encodeHeader(header));
    this.flush();
  }

  readonly event = (event: Event): void => this.line(encodeEvent(event));

  flush(): void {
    if (this.buffer === "") return;
    const bytes = Buffer.from(this.buffer);
    this.buffer = "";
    for (let from = 0; from < bytes.length; ) {
      from += this.checked(() => writeSync(this.file, bytes, from));
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.flush();
    closeSync(this.file);
  }

  private line(text: string): void {
    this.buffer += `${text}\n`;
    if (this.buffer.length >= BUFFER_CHARS) this.flush();
  }

  private checked<T>(operation: () => T): T {
    try {
      return operation();
    } catch (cause) {
      const message = `${this.path}: the journal cannot be written (${reasonOf(cause)})`;
      throw new MissileError(message, "journalNotWritable");
    }
  }
}
