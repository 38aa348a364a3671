/** Plays a recording on a terminal: pauses, winds, goes faster or slower. */
import { MissileError } from "../../core/error.ts";
import { speed as speedText } from "../format.ts";
import { listen } from "../listen.ts";
import { pad, textWidth } from "../screen/width.ts";
import { Terminal, type TerminalStreams } from "../terminal.ts";
import type { Cast } from "./cast.ts";
import { Tape } from "./tape.ts";

const FRAME_MS = 1000 / 30;
const SPEEDS = { least: 1 / 16, most: 64 };
/** Behind what space does, and what matters most first: those that have no room are left out. */
const HELP = ["q quit", "← → 5 s", "[ ] mark", "< > speed", "PgUp PgDn 30 s", ". step"];

function helpFor(columns: number, isPlaying: boolean): string {
  let help = "";
  for (const hint of [isPlaying ? "space pause" : "space play", ...HELP])
    if (textWidth(help) + 2 + textWidth(hint) <= columns) help += `  ${hint}`;
  return help;
}

/** m:ss.s */
const timeText = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

class Player {
  readonly #tape: Tape;
  readonly #output: NodeJS.WriteStream;
  readonly #quit: () => void;
  #playing = true;
  #speed = 1;
  #lastMs = performance.now();

  constructor(cast: Cast, output: NodeJS.WriteStream, quit: () => void) {
    this.#tape = new Tape(cast);
    this.#output = output;
    this.#quit = quit;
    this.#show(0);
  }

  readonly #keys: Readonly<Record<string, () => void>> = {
    space: () => this.#toggle(),
    p: () => this.#toggle(),
    left: () => this.#wind(-5),
    right: () => this.#wind(5),
    pageup: () => this.#wind(-30),
    pagedown: () => this.#wind(30),
    home: () => this.#show(0),
    end: () => this.#show(this.#tape.durationS),
    "[": () => this.#toMark(-1),
    "]": () => this.#toMark(1),
    "<": () => this.#hurry(1 / 2),
    ">": () => this.#hurry(2),
    ".": () => this.#step(),
    q: () => this.#quit(),
    escape: () => this.#quit(),
    "ctrl+c": () => this.#quit(),
    ...Object.fromEntries(
      Array.from({ length: 10 }, (_, tenth) => [
        String(tenth),
        () => this.#show((this.#tape.durationS * tenth) / 10),
      ]),
    ),
  };

  press(key: string): void {
    this.#keys[key]?.();
  }

  /** The wall clock has gone on. */
  tick(): void {
    const nowMs = performance.now();
    const elapsedS = ((nowMs - this.#lastMs) / 1000) * this.#speed;
    this.#lastMs = nowMs;
    if (!this.#playing) return;
    const atS = this.#tape.atS + elapsedS;
    this.#playing = atS < this.#tape.durationS;
    this.#show(atS);
  }

  #toggle(): void {
    // At the end there is nothing to go on with but the beginning.
    if (!this.#playing && this.#tape.isAtEnd) this.#show(0);
    this.#playing = !this.#playing;
    this.#show(this.#tape.atS);
  }

  #wind(seconds: number): void {
    this.#show(this.#tape.atS + seconds);
  }

  #toMark(direction: 1 | -1): void {
    const atS = this.#tape.markFrom(direction);
    if (atS !== null) this.#show(atS);
  }

  #hurry(factor: number): void {
    this.#speed = Math.max(SPEEDS.least, Math.min(SPEEDS.most, this.#speed * factor));
    this.#show(this.#tape.atS);
  }

  #step(): void {
    this.#playing = false;
    this.#show(Math.min(this.#tape.nextAtS, this.#tape.durationS));
  }

  #show(atS: number): void {
    const frame = this.#tape.windTo(atS);
    this.#output.write(`\x1b[?2026h${frame}${this.#status()}\x1b[?2026l`);
  }

  /** Under the recording where there is room, else over its last row. */
  #status(): string {
    const { rows, columns } = this.#output;
    const recorded = this.#tape.size;
    const row = Math.min(rows, recorded.rows + 1);
    const state = this.#playing ? "▶" : this.#tape.isAtEnd ? "■" : "‖";
    const mark = this.#tape.mark === "" ? "" : `  “${this.#tape.mark}”`;
    const place = `${timeText(this.#tape.atS)} / ${timeText(this.#tape.durationS)} ${speedText(this.#speed)}`;
    const small =
      columns < recorded.columns || rows < recorded.rows
        ? `  needs ${recorded.columns}x${recorded.rows}, has ${columns}x${rows}`
        : "";
    const said = ` ${state} ${place}${mark}${small}`;
    return `\x1b[${row};1H\x1b[0;7m${pad(said + helpFor(columns - textWidth(said), this.#playing), columns)}\x1b[0m`;
  }
}

/** Plays until the operator quits; the terminal is restored by then. Throws MissileError "noTerminal". */
export async function playCast(cast: Cast, streams: TerminalStreams): Promise<void> {
  if (!streams.output.isTTY || !streams.input.isTTY) {
    throw new MissileError("a recording is played on a terminal; stdin and stdout must be one", "noTerminal");
  }
  const terminal = new Terminal(streams);
  const restore = (): void => terminal.restore();
  process.on("exit", restore);
  terminal.enter("screen");
  let timer: NodeJS.Timeout | undefined;
  let stopListening = (): void => undefined;
  try {
    await new Promise<void>((quit) => {
      const player = new Player(cast, streams.output, quit);
      stopListening = listen(streams.input, (event) => {
        if (event.kind === "key") player.press(event.name);
      });
      timer = setInterval(() => player.tick(), FRAME_MS);
      streams.input.once("end", quit);
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => quit());
    });
  } finally {
    clearInterval(timer);
    stopListening();
    restore();
    process.off("exit", restore);
  }
}
