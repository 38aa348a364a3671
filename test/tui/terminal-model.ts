/** What a terminal shows after some bytes: xterm without a window. */
import xterm from "@xterm/headless";

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

  /** One cell: its characters ("" for the right half of a wide one), colours as numbers (-1: default), and boldness. */
  cell(x: number, y: number): { chars: string; fg: number; bg: number; bold: boolean } {
    const cell = this.#terminal.buffer.active.getLine(y)!.getCell(x)!;
    return {
      chars: cell.getWidth() === 0 ? "" : cell.getChars() || " ",
      fg: cell.isFgDefault() ? -1 : cell.getFgColor(),
      bg: cell.isBgDefault() ? -1 : cell.getBgColor(),
      bold: cell.isBold() !== 0,
    };
  }
}
