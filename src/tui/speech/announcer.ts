/**
 * The console for screen readers: no picture, one plain line for each thing that changes. What is open is said line by line as it changes,
 * so keys work as they do on the screen.
 */
import type { Session } from "../../engine/session.ts";
import type { Sheet } from "../dialogs/sheet.ts";
import type { Face } from "../face.ts";
import type { Onlooker } from "../onlooker.ts";
import type { Scene } from "../panes/pane.ts";
import type { UiState, UiStore } from "../store.ts";
import { changesBetween, figuresOf, SloStates, type Statements, statementsOf } from "./statements.ts";

/** Changes of the run are said this often at most: a held key makes many. */
const EVERY_MS = 500;

export interface AnnouncerOptions {
  readonly session: Session;
  readonly store: UiStore;
  readonly onlooker: Onlooker;
  /** What is open, as lines; null: nothing is. */
  readonly sheet: (ui: UiState) => Sheet | null;
  /** Takes one line without its end. */
  readonly write: (line: string) => void;
}

/** What marks the line of a sheet that keys move. */
const MARK = "▸ ";

const textOf = (line: Sheet["lines"][number]): string =>
  line
    .map(({ text }) => text)
    .join("")
    .replaceAll(/\s+/g, " ")
    .trim();

const unmarked = (text: string): string => (text.startsWith(MARK) ? text.slice(MARK.length) : text);

/** The sheet's title and lines where it is new; else the line that is marked now, and those that were not there before. */
export function sheetWords(before: Sheet | null, after: Sheet): string[] {
  const lines = after.lines.map(textOf).filter((text) => text !== "");
  if (before === null) return [after.title.trim(), ...lines.map(unmarked)];
  const were = before.lines.map(textOf);
  const known = new Set(were.map(unmarked));
  return lines
    .filter((text) => (text.startsWith(MARK) ? !were.includes(text) : !known.has(text)))
    .map(unmarked);
}

export class Announcer implements Face {
  readonly picture = null;
  readonly #options: AnnouncerOptions;
  readonly #sloStates = new SloStates();
  readonly #stops: (() => void)[];
  #said: Statements = new Map();
  #sheet: Sheet | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    const { session, store } = options;
    options.write("missile-console. ? lists the keys, q quits, i says how the chosen tenant fares.");
    this.#sayRun();
    this.#stops = [
      session.subscribe(() => {
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          this.#sayRun();
        }, EVERY_MS);
      }),
      store.subscribe((ui, before) => this.#sayScreen(ui, before)),
    ];
  }

  get history(): Onlooker["history"] {
    return this.#options.onlooker.history;
  }

  scene(): Scene {
    return this.#options.onlooker.scene();
  }

  /** Nothing has a place. */
  rectOf(): null {
    return null;
  }

  /** Says all that holds, as if it were new. */
  redraw(): void {
    this.#said = new Map();
    this.#sayRun();
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #sayRun(): void {
    const statements = statementsOf(this.#options.session.view(), this.#sloStates);
    for (const sentence of changesBetween(this.#said, statements)) this.#options.write(sentence);
    this.#said = statements;
  }

  #sayScreen(ui: UiState, before: UiState): void {
    const { write } = this.#options;
    if (ui.notice !== null && ui.notice !== before.notice) {
      write(`${ui.notice.tone === "refused" ? "refused: " : ""}${ui.notice.text}`);
    }
    if (ui.caption !== null && ui.caption.step !== before.caption?.step) write(ui.caption.text);
    if (ui.focus !== before.focus) write(`pane ${ui.focus}`);
    if (ui.dialog !== before.dialog) this.#sayDialog(ui, before);
    if (ui.selected !== before.selected) {
      const { tenants } = this.scene().view.snapshot;
      const tenant = tenants.find(({ id }) => id === ui.selected);
      if (tenant !== undefined) write(figuresOf(tenant));
    }
  }

  #sayDialog(ui: UiState, before: UiState): void {
    const { sheet, write } = this.#options;
    const next = sheet(ui);
    const isSame = before.dialog !== null && ui.dialog?.kind === before.dialog.kind;
    if (next === null) write("closed");
    else for (const line of sheetWords(isSame ? this.#sheet : null, next)) write(line);
    this.#sheet = next;
  }
}
