/**
 * Writes what the console draws to an asciicast file. A frame is a small change of the one before, so a whole one is put in now and then:
 * without it, who winds a long recording would have to draw everything from its beginning.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { MissileError } from "../../core/error.ts";
import { reasonOf } from "../../presets/index.ts";
import type { Size } from "../screen/screen.ts";
import { type CastEvent, castHeader, castLine, KEYFRAME } from "./cast.ts";

/** Seconds between whole frames. Too small: the file grows; too large: winding back takes long. */
const KEYFRAME_S = 10;
/** Characters kept before they are written, and seconds after which they are written anyway. */
const BUFFERED = 65_536;
const FLUSH_S = 1;

export interface RecorderOptions {
  readonly path: string;
  readonly size: Size;
  readonly title: string;
  /** Draws the whole screen as it is now on a terminal that shows anything. */
  readonly wholeFrame: () => string;
  /** Wall ms. */
  readonly nowMs: () => number;
  /** The file cannot be written any more, in one line: the recording has ended, and keeps what it has. */
  readonly onFailure: (message: string) => void;
}

const notWritable = (path: string, cause: unknown): string =>
  `${path}: cannot be written (${reasonOf(cause)})`;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #file: number;
  readonly #beganMs: number;
  #pending = "";
  #flushedS = 0;
  #keyframeS = 0;
  #ended = false;

  /** Begins the file. Throws MissileError "castNotWritable". */
  constructor(options: RecorderOptions) {
    this.#options = options;
    const { path, size, title, nowMs } = options;
    try {
      this.#file = openSync(path, "w");
    } catch (cause) {
      throw new MissileError(notWritable(path, cause), "castNotWritable");
    }
    this.#beganMs = nowMs();
    this.#pending = castHeader(size, title, this.#beganMs / 1e3);
    this.#keyframe(0);
  }

  /** The bytes of a frame, as they went to the terminal. */
  frame(bytes: string): void {
    const atS = this.#atS();
    this.#add({ atS, code: "o", data: bytes });
    if (atS - this.#keyframeS >= KEYFRAME_S) this.#keyframe(atS);
  }

  resize({ columns, rows }: Size): void {
    this.#add({ atS: this.#atS(), code: "r", data: `${columns}x${rows}` });
  }

  /** A moment that a player can jump to. */
  mark(label: string): void {
    this.#add({ atS: this.#atS(), code: "m", data: label });
  }

  close(): void {
    if (this.#ended) return;
    this.#flush();
    this.#end();
  }

  #atS(): number {
    return (this.#options.nowMs() - this.#beganMs) / 1e3;
  }

  #keyframe(atS: number): void {
    this.#keyframeS = atS;
    this.#add({ atS, code: "m", data: KEYFRAME });
    this.#add({ atS, code: "o", data: this.#options.wholeFrame() });
  }

  #add(event: CastEvent): void {
    if (this.#ended) return;
    this.#pending += castLine(event);
    if (this.#pending.length >= BUFFERED || event.atS - this.#flushedS >= FLUSH_S) {
      this.#flushedS = event.atS;
      this.#flush();
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = "";
    try {
      for (let from = 0; from < bytes.length; ) from += writeSync(this.#file, bytes, from);
    } catch (cause) {
      this.#end();
      this.#options.onFailure(`the recording has ended: ${notWritable(this.#options.path, cause)}`);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    closeSync(this.#file);
  }
}
