/**
 * A bounded log of what was decided, for whom and why.
 *
 * The scheduler decides far more often than anybody looks. So an entry keeps its sentence as a function and its arguments, and
 * becomes text only when somebody reads it; and a decision of the kind that was made for the same tenant a moment ago renews that
 * entry instead of pushing the operator's acts out of sight.
 */
import type { TenantId } from "./ids.ts";
import type { DecisionEntry } from "./snapshot.ts";

/** Entries kept: more than any screen shows. */
export const LOG_CAPACITY = 256;

/** How many entries back a scheduler's decision is still "a moment ago". More than the kinds of decision a few tenants have. */
const RENEWAL_REACH = 24;

type Word = string | number;
export type Sentence = (a: Word, b: Word, c: Word) => string;

interface Slot {
  atNs: number;
  sequence: number;
  times: number;
  tenant: number;
  by: DecisionEntry["by"];
  say: Sentence;
  a: Word;
  b: Word;
  c: Word;
}

export class DecisionLog {
  /** Oldest first. */
  private readonly slots: Slot[] = [];
  private written = 0;

  add(
    atNs: number,
    by: DecisionEntry["by"],
    tenant: TenantId | -1,
    say: Sentence,
    a: Word = "",
    b: Word = "",
    c: Word = "",
  ): void {
    const slot = this.takeRecent(by, tenant, say) ?? this.makeRoom();
    slot.atNs = atNs;
    slot.sequence = this.written++;
    slot.times++;
    slot.tenant = tenant;
    slot.by = by;
    slot.say = say;
    slot.a = a;
    slot.b = b;
    slot.c = c;
    this.slots.push(slot);
  }

  /** The last `limit` entries, oldest first. */
  latest(limit: number): DecisionEntry[] {
    return this.slots.slice(-limit).map(({ atNs, sequence, times, tenant, by, say, a, b, c }) => {
      const text = say(a, b, c);
      return { atNs, sequence, tenant, by, text: times > 1 ? `${text} (x${times})` : text };
    });
  }

  /** Takes out the entry that a decision of the scheduler renews. */
  private takeRecent(by: DecisionEntry["by"], tenant: number, say: Sentence): Slot | undefined {
    if (by !== "scheduler") return undefined;
    const { slots } = this;
    for (let index = slots.length - 1; index >= Math.max(0, slots.length - RENEWAL_REACH); index--) {
      const slot = slots[index]!;
      if (slot.say === say && slot.tenant === tenant) return slots.splice(index, 1)[0];
    }
    return undefined;
  }

  private makeRoom(): Slot {
    const reused = this.slots.length < LOG_CAPACITY ? undefined : this.slots.shift();
    if (reused === undefined) {
      return {
        atNs: 0,
        sequence: 0,
        times: 0,
        tenant: -1,
        by: "scheduler",
        say: () => "",
        a: "",
        b: "",
        c: "",
      };
    }
    reused.times = 0;
    return reused;
  }
}
