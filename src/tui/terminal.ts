/** The terminal as the console needs it, and back to how it was. */

export interface TerminalStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** Pastes in brackets, so that they cannot act as keys. */
const PASTES_ON = "\x1b[?2004h";
const PASTES_OFF = "\x1b[?2004l";

/** Alternate screen, no cursor, no wrapping at the right edge. */
const ENTER = `\x1b[?1049h\x1b[?25l\x1b[?7l${PASTES_ON}\x1b[0m\x1b[2J\x1b[H`;

/** Reports of buttons, of moves while one is down, and of the wheel, in SGR's form. */
const MOUSE_ON = "\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF = "\x1b[?1002l\x1b[?1006l";

/**
 * Undoes ENTER, and also what may have been on when the end came: a synchronized update (DEC 2026), a style, mouse
 * reports of any kind, also such as nothing here switches on: it costs nothing and is always right. The screen is blanked before it is left:
 * tmux brings lines of it back where the window has grown meanwhile.
 */
export const LEAVE =
  "\x1b[?2026l\x1b[0m\x1b[H\x1b[J\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";

/** The whole screen; or lines after those that are there, as commands write them. */
export type TerminalUse = "screen" | "lines";

export class Terminal {
  readonly #streams: TerminalStreams;
  #held: TerminalUse | null = null;

  constructor(streams: TerminalStreams) {
    this.#streams = streams;
  }

  enter(use: TerminalUse): void {
    this.#held = use;
    this.#streams.output.write(use === "screen" ? ENTER : PASTES_ON);
    this.#streams.input.setRawMode(true);
    this.#streams.input.resume();
  }

  /** While the mouse is reported, the terminal itself selects no text with it. */
  setMouse(on: boolean): void {
    if (this.#held === "screen") this.#streams.output.write(on ? MOUSE_ON : MOUSE_OFF);
  }

  /** Safe to call at any time and more than once, also from a signal handler: writes to a terminal are synchronous. */
  restore(): void {
    if (this.#held === null) return;
    const leave = this.#held === "screen" ? LEAVE : PASTES_OFF;
    this.#held = null;
    this.#streams.input.setRawMode(false);
    this.#streams.input.pause();
    this.#streams.output.write(leave);
  }
}
