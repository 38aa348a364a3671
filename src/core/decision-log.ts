/**
 * A bounded log of what was decided, for whom and why.
 *
 * The scheduler decides far more often than anybody looks. So an entry keeps its sentence as a function and its arguments, and
 * becomes text only when somebody reads it; and a decision of the kind that was made for the same tenant a moment ago renews that
 * entry instead of pushing the operator's acts out of sight. Acts, and what the device did, outlive decisions.
 */
import type { TenantId } from "./ids.ts";
import type { DecisionEntry } from "./snapshot.ts";

/** Entries kept: more than any screen shows. */
export const LOG_CAPACITY = 256;

/** Of those, acts and what the device did: as long as there are no more, a new entry takes the place of a decision. */
const KEPT_ACTS = LOG_CAPACITY / 2;

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
  who: string;
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
  /** Of the slots. */
  private acts = 0;
  /** Which operator or client does what is written down next as one's; "": there is but one. */
  who = "";

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
    slot.who = by === "operator" || by === "client" ? this.who : "";
    if (isAct(slot)) this.acts++;
    slot.say = say;
    slot.a = a;
    slot.b = b;
    slot.c = c;
    slot.d = d;
  }

  /** The last `limit` entries, oldest first; up to half of them are acts or of the device, however long ago those were. */
  latest(limit: number): DecisionEntry[] {
    const acts = this.slots.filter(isAct).slice(-Math.floor(limit / 2));
    const isKept = new Set(acts);
    const others = this.slots.filter((slot) => !isKept.has(slot)).slice(-(limit - acts.length));
    for (const slot of others) isKept.add(slot);
    return this.slots
      .filter((slot) => isKept.has(slot))
      .map(({ atNs, sequence, times, tenant, by, who, say, a, b, c, d }) => {
        const said = say(a, b, c, d);
        const text = times > 1 ? `${said} (x${times})` : said;
        return { atNs, sequence, tenant, by, ...(who === "" ? {} : { who }), text };
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

  /** A new entry at the end, in the place of another where there is no room. */
  private added(): Slot {
    const slot = this.slots.length < LOG_CAPACITY ? emptySlot() : this.displaced();
    slot.times = 0;
    this.slots.push(slot);
    return slot;
  }

  /** The oldest decision, or, while there are too many of them, the oldest act. */
  private displaced(): Slot {
    const tooManyActs = this.acts > KEPT_ACTS;
    const index = this.slots.findIndex((slot) => isAct(slot) === tooManyActs);
    const [slot] = this.slots.splice(Math.max(0, index), 1);
    if (isAct(slot!)) this.acts--;
    return slot!;
  }
}

const isAct = ({ by }: Slot): boolean => by === "operator" || by === "device";

const emptySlot = (): Slot => ({
  atNs: 0,
  sequence: 0,
  times: 0,
  tenant: -1,
  by: "scheduler",
  who: "",
  say: () => "",
  a: "",
  b: "",
  c: "",
  d: "",
});
