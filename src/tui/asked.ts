/**
 * Values that were asked for and are not in the view yet. A held key asks faster than views come: without this, the
 * second press would start from the value before the first.
 */
import type { Session } from "../engine/session.ts";

export class Asked {
  readonly #values = new Map<string, number>();
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The value last asked for under this name, else `shown`. */
  latest(name: string, shown: number): number {
    return this.#values.get(name) ?? shown;
  }

  /** Remembers the value while the session decides, and if it accepts until the next view, which shows what came of it. */
  remember(name: string, value: number, accepted: Promise<boolean>): void {
    this.#values.set(name, value);
    const forget = (): void => {
      if (this.#values.get(name) === value) this.#values.delete(name);
    };
    void accepted.then((yes) => {
      if (!yes) forget();
      else {
        const stop = this.#session.subscribe(() => {
          stop();
          forget();
        });
      }
    });
  }
}
