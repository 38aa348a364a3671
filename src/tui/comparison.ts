/** The comparison on show: what was asked for, how far it is, what was found. One at a time. */
import type { Session, ShadowComparison, ShadowOptions } from "../engine/session.ts";
import { describeError } from "./describe-error.ts";
import type { UiStore } from "./store.ts";

export type Comparison =
  | {
      readonly kind: "running";
      readonly options: ShadowOptions;
      readonly untilNs: number;
      readonly share: number;
    }
  | { readonly kind: "done"; readonly found: ShadowComparison }
  | { readonly kind: "failed"; readonly options: ShadowOptions; readonly why: string };

/** Runs shadows of the session, and keeps in the store what came of the last one. */
export class Comparer {
  readonly #session: Session;
  readonly #store: UiStore;
  #current: AbortController | null = null;

  constructor(session: Session, store: UiStore) {
    this.#session = session;
    this.#store = store;
  }

  /** The one before is stopped. */
  async start(options: ShadowOptions): Promise<void> {
    this.stop();
    const mine = new AbortController();
    this.#current = mine;
    const { atNs: untilNs } = this.#session.view().snapshot;
    const say = (comparison: Comparison): void => {
      if (this.#current === mine) this.#store.setState({ comparison });
    };
    say({ kind: "running", options, untilNs, share: 0 });
    try {
      const progress = (share: number): void => say({ kind: "running", options, untilNs, share });
      say({ kind: "done", found: await this.#session.shadow(options, progress, mine.signal) });
    } catch (error) {
      say({ kind: "failed", options, why: describeError(error) });
    } finally {
      if (this.#current === mine) this.#current = null;
    }
  }

  /** Whether there was one to stop. */
  stop(): boolean {
    const current = this.#current;
    current?.abort();
    return current !== null;
  }
}
