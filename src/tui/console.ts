/** The console: takes the terminal, shows a session, turns keys into acts, and gives the terminal back. */
import { writeSync } from "node:fs";
import type { TenantClass } from "../core/spec.ts";
import type { Session } from "../engine/session.ts";
import type { TenantConfig } from "../presets/mix.ts";
import { Decoder, type TerminalEvent } from "./decoder.ts";
import { bindingFor, modeOf } from "./keymap.ts";
import { Lifeline } from "./lifeline.ts";
import { Operator } from "./operator.ts";
import { Presenter } from "./presenter.ts";
import { colourDepth } from "./screen/colour.ts";
import type { Size } from "./screen/screen.ts";
import { createUiStore, type UiStore } from "./store.ts";
import { Terminal } from "./terminal.ts";

export interface ConsoleOptions {
  /** Both must be terminals. */
  readonly output: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
  /** What the lists offer. */
  readonly models: readonly string[];
  readonly policies: readonly string[];
  /** A tenant as the add dialog makes it: a name not among those in use, and the usual load of its class. */
  readonly makeTenant: (
    model: string,
    tenantClass: TenantClass,
    existingNames: readonly string[],
  ) => TenantConfig;
  /** For TERM, COLORTERM and NO_COLOR. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const sizeOf = (output: NodeJS.WriteStream): Size => ({
  columns: output.columns || 80,
  rows: output.rows || 24,
});

/** Reads keys until told to stop. */
function listen(input: NodeJS.ReadStream, onEvent: (event: TerminalEvent) => void): () => void {
  const decoder = new Decoder();
  let timer: NodeJS.Timeout | undefined;
  const onData = (chunk: Uint8Array): void => {
    clearTimeout(timer);
    for (const event of decoder.push(chunk)) onEvent(event);
    const { patienceMs } = decoder;
    if (patienceMs !== null) timer = setTimeout(() => decoder.flush().forEach(onEvent), patienceMs);
  };
  input.on("data", onData);
  return () => {
    clearTimeout(timer);
    input.off("data", onData);
  };
}

function press(event: TerminalEvent, store: UiStore, operator: Operator): void {
  if (event.kind !== "key") return;
  bindingFor(modeOf(store.getState()), event.name)?.run(operator);
}

/**
 * Runs until the operator quits; the terminal is restored by then, the session is the caller's to close. On SIGTERM,
 * SIGINT, SIGHUP, a throw and a dead engine the process ends from here: with 128 + the signal's number, or with 1 and
 * one line on the error output.
 */
export async function runConsole(session: Session, options: ConsoleOptions): Promise<void> {
  const { input, output } = options;
  const terminal = new Terminal({ input, output });
  let presenter: Presenter | undefined;
  const lifeline = new Lifeline({
    session,
    restore: () => {
      terminal.restore();
      presenter?.stop();
    },
    say: (line) => writeSync(process.stderr.fd, `${line}\n`),
    exit: (code) => process.exit(code),
    dieOf: (signal) => process.kill(process.pid, signal),
  });
  const store = createUiStore(sizeOf(output));
  const hangUp = (): void => lifeline.hangUp();
  const onResize = (): void => store.setState({ size: sizeOf(output) });
  const onError = (error: unknown): void => lifeline.fail(error);
  terminal.enter();
  presenter = new Presenter({ session, store, output, depth: colourDepth(options.env), onError });
  let quit = (): void => undefined;
  const quitted = new Promise<void>((resolve) => {
    quit = resolve;
  });
  const operator = new Operator(session, store, { ...options, quit, redraw: () => presenter.redraw() });
  const stopListening = listen(input, (event) => press(event, store, operator));
  output.on("resize", onResize).on("error", hangUp);
  input.on("end", hangUp).on("error", hangUp);
  await quitted;
  stopListening();
  operator.dispose();
  presenter.stop();
  output.off("resize", onResize).off("error", hangUp);
  input.off("end", hangUp).off("error", hangUp);
  terminal.restore();
  lifeline.release();
}
