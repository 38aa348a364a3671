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
  private onLost = (why: string): void => this.refuse(why);
  private isLost = false;
  readonly commands: Commands = new CommandText((line) => this.line(line));

  /**
   * Creates or overwrites the file. Throws MissileError "journalNotWritable". `onLost` hears why it cannot be written on: the journal then ends
   * there. Without it that is thrown, from wherever the run is.
   */
  constructor(path: string, header: JournalHeader, onLost?: (why: string) => void) {
    this.path = path;
    try {
      this.file = openSync(path, "w");
    } catch (cause) {
      this.refuse(reasonOf(cause));
    }
    this.line(encodeHeader(header));
    this.flush();
    if (onLost !== undefined) this.onLost = onLost;
  }

  readonly event = (event: Event): void => this.line(encodeEvent(event));

  flush(): void {
    if (this.buffer === "") return;
    const bytes = Buffer.from(this.buffer);
    this.buffer = "";
    try {
      for (let from = 0; from < bytes.length; ) from += writeSync(this.file, bytes, from);
    } catch (cause) {
      this.isLost = true;
      this.onLost(reasonOf(cause));
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.flush();
    closeSync(this.file);
  }

  private line(text: string): void {
    if (this.isLost) return;
    this.buffer += `${text}\n`;
    if (this.buffer.length >= BUFFER_CHARS) this.flush();
  }

  private refuse(why: string): never {
    throw new MissileError(`${this.path}: the journal cannot be written (${why})`, "journalNotWritable");
  }
}
