/** What a terminal shows after some bytes: xterm without a window. */
import xterm from "@xterm/headless";
import { BOLD, DIM, INVERSE, UNDERLINE } from "../../src/tui/screen/style.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

export class TerminalModel {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
  }

  write(bytes: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(bytes, resolve));
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** The rows as text, without the spaces behind each. */
  text(): string {
    const { active } = this.#terminal.buffer;
    const rows = Array.from(
      { length: this.#terminal.rows },
      (_, y) => active.getLine(y)?.translateToString(true) ?? "",
    );
    return `${rows.map((row) => row.trimEnd()).join("\n")}\n`;
  }

  /** A letter a cell for its colours and boldness, "." where they are the terminal's own; then what the letters stand for. */
  colours(): string {
    const letters = new Map<string, string>([["- - ", "."]]);
    const hex = (colour: number): string => (colour < 0 ? "-" : `#${colour.toString(16).padStart(6, "0")}`);
    const rows = Array.from({ length: this.#terminal.rows }, (_, y) =>
      Array.from({ length: this.#terminal.cols }, (_, x) => {
        const { chars, fg, bg, attributes } = this.cell(x, y);
        // Of a space, text colour and weight are not seen, and are whatever came before.
        const isSeen = chars !== " " || (attributes & (UNDERLINE | INVERSE)) !== 0;
        const bold = isSeen && (attributes & BOLD) !== 0;
        const look = `${hex(isSeen ? fg : -1)} ${hex(bg)} ${bold ? "bold" : ""}`;
        if (!letters.has(look)) letters.set(look, LETTERS[letters.size - 1] ?? "?");
        return letters.get(look);
      }).join(""),
    );
    const legend = [...letters].map(([look, letter]) => `${letter} ${look.trimEnd()}`);
    return `${[...rows.map((row) => row.replace(/\.+$/, "")), ...legend].join("\n")}\n`;
  }

  /** One cell: its characters ("" for the right half of a wide one), colours as numbers (-1: default), and SGR attributes. */
  cell(x: number, y: number): { chars: string; fg: number; bg: number; attributes: number } {
    const cell = this.#terminal.buffer.active.getLine(y)!.getCell(x)!;
    return {
      chars: cell.getWidth() === 0 ? "" : cell.getChars() || " ",
      fg: cell.isFgDefault() ? -1 : cell.getFgColor(),
      bg: cell.isBgDefault() ? -1 : cell.getBgColor(),
      attributes:
        (cell.isBold() ? BOLD : 0) |
        (cell.isDim() ? DIM : 0) |
        (cell.isUnderline() ? UNDERLINE : 0) |
        (cell.isInverse() ? INVERSE : 0),
    };
  }
}
