/** The terminal as the console needs it, and back to how it was. */

export interface TerminalStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** Alternate screen, no cursor, no wrapping at the right edge, pastes in brackets (so that they cannot act as keys). */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[0m\x1b[2J\x1b[H";

/**
 * Undoes ENTER, and also what may have been on when the end came: a synchronized update (DEC 2026), a style, mouse
 * reports. Mouse modes are switched off although nothing here switches them on: it costs nothing and is always right.
 */
export const LEAVE =
  "\x1b[?2026l\x1b[0m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";

export class Terminal {
  readonly #streams: TerminalStreams;
  #held = false;

  constructor(streams: TerminalStreams) {
    this.#streams = streams;
  }

  enter(): void {
    this.#held = true;
    this.#streams.output.write(ENTER);
    this.#streams.input.setRawMode(true);
    this.#streams.input.resume();
  }

  /** Safe to call at any time and more than once, also from a signal handler: writes to a terminal are synchronous. */
  restore(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#streams.input.setRawMode(false);
    this.#streams.input.pause();
    this.#streams.output.write(LEAVE);
  }
}
