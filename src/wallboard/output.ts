/** The terminal as blessed writes to it: without colours where NO_COLOR asks for that, each frame shown whole. */
import { Writable } from "node:stream";
import type { WriteStream } from "node:tty";

/** DEC mode 2026: what is between the two appears at once, on terminals that know it. */
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";

/** 30..37, 39 and 90..97 are text colours, 40..47, 49 and 100..107 grounds; 38 and 48 bring parameters of their own. */
const isColour = (code: number): boolean =>
  (code >= 30 && code <= 49) || (code >= 90 && code <= 97) || (code >= 100 && code <= 107);

/** An SGR sequence's parameters but for colours. */
function plainSgr(parameters: string): string {
  const codes = parameters.split(";").map(Number);
  const kept: number[] = [];
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4;
    else if (!isColour(code)) kept.push(code);
  }
  return kept.length === 0 ? "" : `\x1b[${kept.join(";")}m`;
}

/** The same bytes, every colour the terminal's own. */
export const withoutColours = (bytes: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for.
  bytes.replace(/\x1b\[([\d;]*)m/g, (_, parameters: string) => plainSgr(parameters));

export class Output extends Writable {
  readonly isTTY = true;
  private readonly terminal: WriteStream;
  private readonly isColourless: boolean;

  constructor(terminal: WriteStream, isColourless: boolean) {
    super({ decodeStrings: false });
    this.terminal = terminal;
    this.isColourless = isColourless;
    terminal.on("resize", () => this.emit("resize"));
  }

  get columns(): number {
    return this.terminal.columns;
  }

  get rows(): number {
    return this.terminal.rows;
  }

  /** Done at once: what is written while the process exits has to be out. */
  override _write(text: string, _encoding: BufferEncoding, done: () => void): void {
    this.terminal.write(`${BEGIN}${this.isColourless ? withoutColours(text) : text}${END}`);
    done();
  }
}
