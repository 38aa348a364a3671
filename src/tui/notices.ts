/** The line in the footer that says what came of something: shown for some seconds, the newest alone. */
import type { Notice, UiStore } from "./store.ts";

/** Long enough to read a line, short enough not to hide the key hints for long. */
const NOTICE_MS = 5000;

export class Notices {
  readonly #store: UiStore;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(store: UiStore) {
    this.#store = store;
  }

  say(text: string, tone: Notice["tone"]): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#store.setState({ notice: { text, tone } });
    this.#timer = setTimeout(() => this.#store.setState({ notice: null }), NOTICE_MS);
  }

  /** Nobody reads what is said from now on, and nothing waits for it. */
  dispose(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
