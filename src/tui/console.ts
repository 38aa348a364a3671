/** The console: takes the terminal, shows a session, turns keys into acts, and gives the terminal back. */
import { writeSync } from "node:fs";
import type { MixShelf } from "../actions/performer.ts";
import type { Offers, World } from "../actions/world.ts";
import type { ReopenableSession } from "../engine/session.ts";
import { actions, type Keymap } from "./action-table.ts";
import type { MouseEvent } from "./decoder.ts";
import { Director } from "./demo/director.ts";
import { SCENES, type SceneName } from "./demo/scenes.ts";
import { describeError } from "./describe-error.ts";
import { line } from "./dialogs/sheet.ts";
import { sheetOf } from "./dialogs/sheets.ts";
import type { Face } from "./face.ts";
import { Hands } from "./hands.ts";
import type { LayoutTree } from "./layout-tree.ts";
import { Lifeline } from "./lifeline.ts";
import { listen } from "./listen.ts";
import { Notices } from "./notices.ts";
import { Onlooker } from "./onlooker.ts";
import { Operator } from "./operator.ts";
import { FileOutputs } from "./outputs.ts";
import { LinesOfThisRun, type PaletteLines } from "./palette-lines.ts";
import { Pointer } from "./pointer.ts";
import { Presenter } from "./presenter.ts";
import { colourDepth } from "./screen/colour.ts";
import type { Size } from "./screen/screen.ts";
import { printable } from "./screen/width.ts";
import { Announcer } from "./speech/announcer.ts";
import { createUiStore, type UiStart, type UiStore } from "./store.ts";
import { Terminal } from "./terminal.ts";

export interface ConsoleOptions {
  /** Both must be terminals. */
  readonly output: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
  /** What the lists offer. */
  readonly offers: Offers;
  readonly networkOf: World["networkOf"];
  readonly mixes: MixShelf;
  readonly keymap: Keymap;
  /** What the screen begins with. */
  readonly start?: UiStart;
  /** How far back it can go; absent: ten minutes. */
  readonly historyMinutes?: number;
  /** Writes one's own layout where the next console finds it. Throws MissileError where that cannot be. */
  readonly keepLayout?: (tree: LayoutTree) => void;
  /** Said first, for some seconds; absent: nothing is. */
  readonly greeting?: string | undefined;
  /** What the palette was told before; absent: it knows of this run alone. */
  readonly paletteLines?: PaletteLines;
  /** Said once the console is on the screen; null or absent: nothing is. */
  readonly complaint?: string | null;
  /** Played until the operator's first key; absent: nothing is. */
  readonly scene?: SceneName | null;
  /** Where the screen is recorded to from the beginning; absent: nowhere. */
  readonly recordTo?: string | undefined;
  /** In words, for screen readers, instead of a picture. */
  readonly speaks?: boolean;
  /** For TERM, COLORTERM and NO_COLOR. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const sizeOf = (output: NodeJS.WriteStream): Size => ({
  columns: output.columns || 80,
  rows: output.rows || 24,
});

class Console {
  readonly quitted: Promise<void>;
  readonly #session: ReopenableSession;
  readonly #options: ConsoleOptions;
  readonly #store: UiStore;
  readonly #notices: Notices;
  readonly #terminal: Terminal;
  readonly #onlooker: Onlooker;
  readonly #face: Face;
  readonly #outputs: FileOutputs;
  readonly #operator: Operator;
  readonly #pointer: Pointer;
  readonly #director: Director | null;
  #quit: () => void = () => undefined;

  /** `onError` hears of what nobody else can mend. */
  constructor(
    session: ReopenableSession,
    terminal: Terminal,
    options: ConsoleOptions,
    onError: (error: unknown) => void,
  ) {
    this.quitted = new Promise((resolve) => {
      this.#quit = resolve;
    });
    this.#session = session;
    this.#options = options;
    this.#store = createUiStore(sizeOf(options.output), options.start);
    this.#notices = new Notices(this.#store);
    this.#terminal = terminal;
    this.#onlooker = new Onlooker(session, this.#store, options.historyMinutes);
    this.#terminal.enter(options.speaks === true ? "lines" : "screen");
    this.#face = options.speaks === true ? this.#speaker() : this.#presenter(onError);
    this.#outputs = this.#openOutputs();
    this.#operator = this.#makeOperator();
    this.#pointer = this.#makePointer();
    this.#director = this.#makeDirector();
    if (options.greeting !== undefined) this.#notices.say(options.greeting, "done");
    if (options.complaint) this.#notices.say(options.complaint, "refused");
  }

  /** Keys, the mouse and the window's size count from now on. Returns what ends that. */
  listen(hangUp: () => void): () => void {
    const { input, output } = this.#options;
    const onResize = (): void => this.#store.setState({ size: sizeOf(output) });
    const setMouse = (): void => this.#terminal.setMouse(this.#store.getState().mouse);
    setMouse();
    const stops = [
      listen(input, (event) => {
        this.#director?.stop();
        if (event.kind === "mouse") this.#point(event);
        else this.#operator.take(event);
      }),
      this.#store.subscribe(({ mouse }, before) => {
        if (mouse !== before.mouse) setMouse();
      }),
    ];
    output.on("resize", onResize).on("error", hangUp);
    input.on("end", hangUp).on("error", hangUp);
    return () => {
      for (const stop of stops) stop();
      output.off("resize", onResize).off("error", hangUp);
      input.off("end", hangUp).off("error", hangUp);
    };
  }

  /** Shows and writes nothing any more. Safe to call at any time and more than once. */
  end(): void {
    this.#director?.stop();
    this.#outputs.dispose();
    this.#notices.dispose();
    this.#face.stop();
    this.#onlooker.stop();
  }

  #point(event: MouseEvent): void {
    if (this.#store.getState().dialog !== null) {
      if (event.action === "wheel") this.#operator.take({ kind: "key", name: event.towards });
      return;
    }
    try {
      this.#pointer.handle(event);
    } catch (error) {
      // A pane that fails at a click is no reason to end.
      this.#notices.say(describeError(error), "refused");
    }
  }

  #presenter(onError: (error: unknown) => void): Presenter {
    const { output, keymap, env } = this.#options;
    return new Presenter({
      session: this.#session,
      store: this.#store,
      output,
      depth: colourDepth(env),
      onlooker: this.#onlooker,
      keymap,
      onError,
      onPaneFailed: (pane, error) =>
        this.#notices.say(`pane ${pane} failed: ${describeError(error)}`, "refused"),
    });
  }

  #speaker(): Announcer {
    const { output, keymap } = this.#options;
    return new Announcer({
      session: this.#session,
      store: this.#store,
      onlooker: this.#onlooker,
      sheet: ({ dialog, readOnly, size }) => {
        if (dialog === null) return null;
        if (dialog.kind === "filter")
          return { title: `filter ${dialog.pane}`, lines: [line(dialog.field.text)] };
        return sheetOf(dialog, { table: actions, keymap, readOnly, size });
      },
      write: (text) => output.write(`${printable(text)}\r\n`),
    });
  }

  #openOutputs(): FileOutputs {
    const { recordTo } = this.#options;
    const outputs = new FileOutputs({
      session: this.#session,
      store: this.#store,
      picture: this.#face.picture,
      history: this.#face.history,
      notices: this.#notices,
      nowMs: Date.now,
    });
    if (recordTo !== undefined) outputs.record(recordTo);
    return outputs;
  }

  #makeOperator(): Operator {
    const { mixes, keepLayout, paletteLines = new LinesOfThisRun() } = this.#options;
    return new Operator(this.#session, this.#store, new Hands(this.#session, mixes, this.#notices), {
      ...this.#options,
      stage: this.#face,
      outputs: this.#outputs,
      paletteLines,
      keepLayout: (tree) => {
        try {
          keepLayout?.(tree);
          this.#notices.say("this is your own layout now: alt+5 shows it", "done");
        } catch (error) {
          this.#notices.say(describeError(error), "refused");
        }
      },
      quit: () => this.#quit(),
      redraw: () => this.#face.redraw(),
    });
  }

  #makePointer(): Pointer {
    return new Pointer({
      store: this.#store,
      stage: this.#face,
      act: ({ share }) =>
        this.#operator.ask({ action: "be-channel-share", tenants: null, values: { share: share * 100 } }),
    });
  }

  #makeDirector(): Director | null {
    const { scene = null } = this.#options;
    if (scene === null) return null;
    return new Director(SCENES[scene], {
      store: this.#store,
      view: () => this.#session.view(),
      ask: (request) => this.#operator.ask(request),
    });
  }
}

/**
 * Runs until the operator quits; the terminal is restored by then, the session is the caller's to close. On SIGTERM,
 * SIGINT, SIGHUP, a throw and a dead engine the process ends from here: with 128 + the signal's number, or with 1 and
 * one line on the error output.
 */
export async function runConsole(session: ReopenableSession, options: ConsoleOptions): Promise<void> {
  const terminal = new Terminal(options);
  let shown: Console | null = null;
  const lifeline = new Lifeline({
    session,
    restore: () => {
      terminal.restore();
      shown?.end();
    },
    say: (line) => writeSync(process.stderr.fd, `${line}\n`),
    exit: (code) => process.exit(code),
    dieOf: (signal) => process.kill(process.pid, signal),
  });
  try {
    shown = new Console(session, terminal, options, (error) => lifeline.fail(error));
    const stopListening = shown.listen(() => lifeline.hangUp());
    await shown.quitted;
    stopListening();
  } finally {
    terminal.restore();
    shown?.end();
    lifeline.release();
  }
}
