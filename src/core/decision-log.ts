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
export type Sentence = (a: Word, b: Word, c: Word, d: Word) => string;

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
  d: Word;
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
    d: Word = "",
  ): void {
    const slot = this.renewed(by, tenant, say) ?? this.added();
    slot.atNs = atNs;
    slot.sequence = this.written++;
    slot.times++;
    slot.tenant = tenant;
    slot.by = by;
    slot.say = say;
    slot.a = a;
    slot.b = b;
    slot.c = c;
    slot.d = d;
  }

  /** The last `limit` entries, oldest first. */
  latest(limit: number): DecisionEntry[] {
    return this.slots.slice(-limit).map(({ atNs, sequence, times, tenant, by, say, a, b, c, d }) => {
      const text = say(a, b, c, d);
      return { atNs, sequence, tenant, by, text: times > 1 ? `${text} (x${times})` : text };
    });
  }

  /** The entry that a decision of the scheduler renews, moved to the end. */
  private renewed(by: DecisionEntry["by"], tenant: number, say: Sentence): Slot | undefined {
    if (by !== "scheduler") return undefined;
    const { slots } = this;
    const last = slots.length - 1;
    for (let index = last; index >= 0 && index > last - RENEWAL_REACH; index--) {
      const slot = slots[index]!;
      if (slot.say !== say || slot.tenant !== tenant) continue;
      for (; index < last; index++) slots[index] = slots[index + 1]!;
      slots[last] = slot;
      return slot;
    }
    return undefined;
  }

  /** A new entry at the end, in the place of the oldest one where there is no room. */
  private added(): Slot {
    const slot = (this.slots.length < LOG_CAPACITY ? undefined : this.slots.shift()) ?? emptySlot();
    slot.times = 0;
    this.slots.push(slot);
    return slot;
  }
}

const emptySlot = (): Slot => ({
  atNs: 0,
  sequence: 0,
  times: 0,
  tenant: -1,
  by: "scheduler",
  say: () => "",
  a: "",
  b: "",
  c: "",
  d: "",
});
