/** Has plans done and undone, and says in one line what came of it. */
import type { Plan } from "../actions/action.ts";
import type { Deed } from "../actions/deed.ts";
import { foresee } from "../actions/foresee.ts";
import { type MixStore, Performer } from "../actions/performer.ts";
import { together } from "../actions/plans.ts";
import { type Done, did, NOTHING_DONE, redone, type Undo, undone } from "../actions/undo.ts";
import type { ReopenableSession, View } from "../engine/session.ts";
import { describeError } from "./describe-error.ts";
import type { Notices } from "./notices.ts";
import type { Notice } from "./store.ts";

const doneBy = (plans: readonly Plan[]): Done | null => {
  const { says, deeds, inverse } = together(plans);
  return inverse === null || deeds.length === 0 ? null : { says, deeds, inverse };
};

export class Hands {
  readonly #session: ReopenableSession;
  readonly #notices: Notices;
  readonly #performer: Performer;
  /** Deeds that no view shows yet. */
  #pending: readonly Deed[] = [];
  #undo: Undo = NOTHING_DONE;
  /** Counts what was asked for, and remembers which of it the last notice was about. */
  #asked = 0;
  #noticed = 0;

  constructor(session: ReopenableSession, mixes: MixStore, notices: Notices) {
    this.#session = session;
    this.#notices = notices;
    this.#performer = new Performer(session, mixes);
  }

  /** The run as it will be once all that was asked for is done. */
  view(): View {
    return foresee(this.#session.view(), this.#pending);
  }

  say(text: string, tone: Notice["tone"]): void {
    this.#sayOf(++this.#asked, text, tone);
  }

  /** Does the plans in turn; one that is refused ends it, and what was done before it can be undone. */
  async do(plans: readonly Plan[]): Promise<void> {
    const order = ++this.#asked;
    const whole = doneBy(plans);
    if (whole !== null) this.#undo = did(this.#undo, whole);
    const done: Plan[] = [];
    const refusal = await this.#perform(
      plans.flatMap((plan) => plan.deeds),
      async () => {
        for (const plan of plans) {
          await this.#performer.perform(plan.deeds);
          done.push(plan);
        }
      },
    );
    if (refusal === null) this.#sayOf(order, together(plans).says, "done");
    else this.#partly(order, whole, doneBy(done), refusal);
  }

  undo(): Promise<void> {
    const done = this.#undo.past.at(-1);
    this.#undo = undone(this.#undo);
    return this.#back(done, done?.inverse, "undo");
  }

  redo(): Promise<void> {
    const done = this.#undo.future.at(-1);
    this.#undo = redone(this.#undo);
    return this.#back(done, done?.deeds, "redo");
  }

  #partly(order: number, whole: Done | null, part: Done | null, refusal: unknown): void {
    this.#forget(whole);
    if (part !== null) this.#undo = did(this.#undo, part);
    this.#sayOf(order, describeError(refusal), "refused");
  }

  /** A step that is refused is lost, since the run is another one by now. */
  async #back(
    done: Done | undefined,
    deeds: readonly Deed[] | undefined,
    verb: "undo" | "redo",
  ): Promise<void> {
    const order = ++this.#asked;
    if (done === undefined || deeds === undefined) {
      this.#sayOf(order, `there is nothing to ${verb}`, "refused");
      return;
    }
    const refusal = await this.#perform(deeds, () => this.#performer.perform(deeds));
    if (refusal === null) {
      this.#sayOf(order, `${verb === "undo" ? "undone" : "done again"}: ${done.says}`, "done");
      return;
    }
    this.#forget(done);
    this.#sayOf(order, `cannot ${verb}: ${describeError(refusal)}`, "refused");
  }

  /** Counts on the deeds until a view shows what came of them. Resolves to why they were refused; null: they were not. */
  async #perform(deeds: readonly Deed[], perform: () => Promise<void>): Promise<unknown> {
    this.#pending = [...this.#pending, ...deeds];
    const settle = (): void => {
      this.#pending = this.#pending.filter((deed) => !deeds.includes(deed));
    };
    try {
      await perform();
    } catch (error) {
      settle();
      return error;
    }
    const stop = this.#session.subscribe(() => {
      stop();
      settle();
    });
    return null;
  }

  #forget(done: Done | null): void {
    const without = (stack: readonly Done[]): readonly Done[] => stack.filter((other) => other !== done);
    this.#undo = { past: without(this.#undo.past), future: without(this.#undo.future) };
  }

  /** The answer to an earlier key must not hide what a later one has said. */
  #sayOf(order: number, text: string, tone: Notice["tone"]): void {
    if (order < this.#noticed) return;
    this.#noticed = order;
    this.#notices.say(text, tone);
  }
}
