/**
 * Every way the console can end other than by the operator's wish: a signal, a throw anywhere, a dead engine, a terminal
 * that is gone. Each restores the terminal first, says one line where there is something to say, and ends the process.
 */
import { constants } from "node:os";
import type { Session } from "../engine/session.ts";
import { describeError } from "./describe-error.ts";

export interface LifelineOptions {
  readonly session: Session;
  readonly restore: () => void;
  readonly say: (line: string) => void;
  readonly exit: (code: number) => void;
  /** Ends the process by a signal, as if nobody had listened for it. */
  readonly dieOf: (signal: NodeJS.Signals) => void;
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;
const HANG_UP_CODE = 128 + constants.signals.SIGHUP;
/** How long the engine may take to close its journal before the process ends anyway. */
const CLOSE_PATIENCE_MS = 2000;

export class Lifeline {
  readonly #options: LifelineOptions;
  readonly #undo: (() => void)[] = [];
  #ended = false;
  #isHungUp = false;

  constructor(options: LifelineOptions) {
    this.#options = options;
    for (const signal of SIGNALS) this.#on(signal, () => this.#end(128 + constants.signals[signal]));
    this.#on("SIGHUP", () => this.hangUp());
    this.#on("uncaughtException", (error: unknown) => this.fail(error));
    this.#on("unhandledRejection", (error: unknown) => this.fail(error));
    // Whoever else ends the process, the terminal must not stay as it is.
    this.#on("exit", () => this.#options.restore());
    options.session.died.then(
      (message) => this.#end(1, message),
      (error: unknown) => this.fail(error),
    );
  }

  /** Ends because of a bug, or of anything else that nobody caught. */
  fail(error: unknown): void {
    this.#end(1, describeError(error));
  }

  /**
   * The terminal has gone. Node's own way out resets the terminal and aborts with a stack trace where that fails, so the
   * process ends by the signal itself, whatever else it was ending of.
   */
  hangUp(): void {
    this.#isHungUp = true;
    this.#end(HANG_UP_CODE);
  }

  /** The console ends in good order: from now on, signals and throws are someone else's. */
  release(): void {
    this.#ended = true;
    for (const undo of this.#undo) undo();
  }

  #on(event: string, listener: (...args: unknown[]) => void): void {
    process.on(event, listener);
    this.#undo.push(() => process.off(event, listener));
  }

  #end(code: number, message?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const { session, restore, say, exit, dieOf } = this.#options;
    restore();
    if (message !== undefined) say(`missile-console stopped: ${message}`);
    let timer: NodeJS.Timeout | undefined;
    const leave = (): void => {
      clearTimeout(timer);
      this.release();
      if (this.#isHungUp) dieOf("SIGHUP");
      else exit(code);
    };
    timer = setTimeout(leave, CLOSE_PATIENCE_MS);
    session.close().then(leave, leave);
  }
}
