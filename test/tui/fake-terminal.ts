/** A terminal for the console to hold: what it wrote can be read, keys can be pressed, and the window resized. */
import { EventEmitter } from "node:events";
import { makeKeymap } from "../../src/tui/action-table.ts";
import type { ConsoleOptions } from "../../src/tui/console.ts";
import { networkOf, OFFERS } from "./fake-mix.ts";
import { FakeMixes } from "./fake-mixes.ts";
import { TerminalModel } from "./terminal-model.ts";

class Output extends EventEmitter {
  written = "";
  columns: number;
  rows: number;
  /** Set by tests of a terminal that takes nothing for a while: its end is the event. */
  writableNeedDrain = false;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(bytes: string): boolean {
    this.written += bytes;
    return true;
  }
}

class Input extends EventEmitter {
  raw = false;

  setRawMode(raw: boolean): void {
    this.raw = raw;
  }

  resume(): void {}

  pause(): void {}
}

export class FakeTerminal {
  readonly output: Output;
  readonly input = new Input();
  readonly mixes = new FakeMixes();
  readonly #model: TerminalModel;
  #shown = 0;

  constructor(columns: number, rows: number) {
    this.output = new Output(columns, rows);
    this.#model = new TerminalModel(columns, rows);
  }

  options(env: ConsoleOptions["env"] = { TERM: "xterm-256color" }): ConsoleOptions {
    return {
      output: this.output as unknown as NodeJS.WriteStream,
      input: this.input as unknown as NodeJS.ReadStream,
      offers: OFFERS,
      networkOf,
      mixes: this.mixes,
      keymap: makeKeymap(),
      env,
    };
  }

  press(bytes: string): void {
    this.input.emit("data", Buffer.from(bytes));
  }

  resize(columns: number, rows: number): void {
    this.output.columns = columns;
    this.output.rows = rows;
    this.#model.resize(columns, rows);
    this.output.emit("resize");
  }

  /** What the screen shows of all that was written so far. */
  async text(): Promise<string> {
    const fresh = this.output.written.slice(this.#shown);
    this.#shown = this.output.written.length;
    await this.#model.write(fresh);
    return this.#model.text();
  }

  /** The colours of what it shows: a letter a cell, and what the letters stand for. */
  async colours(): Promise<string> {
    await this.text();
    return this.#model.colours();
  }

  /** Waits until the screen satisfies the condition; fails with the screen after some seconds. */
  async until(condition: (text: string) => boolean, whatFor: string): Promise<string> {
    const deadlineMs = performance.now() + 8000;
    for (;;) {
      const text = await this.text();
      if (condition(text)) return text;
      if (performance.now() > deadlineMs) throw new Error(`the screen never showed ${whatFor}:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
