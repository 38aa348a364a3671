/**
 * A bounded log of what was decided, for whom and why.
 *
 * Decisions are far more frequent than looks at them: an entry keeps its sentence as a function and its arguments, and becomes
 * text only when somebody reads it.
 */
import type { TenantId } from "./ids.ts";
import type { DecisionEntry } from "./snapshot.ts";

/** Entries kept. At thousands of decisions a second that is some tenths of one; screens read it more often. */
export const LOG_CAPACITY = 512;

type Word = string | number;
export type Sentence = (a: Word, b: Word, c: Word) => string;

interface Slot {
  atNs: number;
  tenant: number;
  by: DecisionEntry["by"];
  say: Sentence;
  a: Word;
  b: Word;
  c: Word;
}

export class DecisionLog {
  private readonly slots: Slot[] = [];
  private written = 0;

  /** Entries ever written. */
  get count(): number {
    return this.written;
  }

  add(
    atNs: number,
    by: DecisionEntry["by"],
    tenant: TenantId | -1,
    say: Sentence,
    a: Word = "",
    b: Word = "",
    c: Word = "",
  ): void {
    const index = this.written % LOG_CAPACITY;
    const slot = this.slots[index];
    if (slot === undefined) this.slots.push({ atNs, tenant, by, say, a, b, c });
    else {
      slot.atNs = atNs;
      slot.tenant = tenant;
      slot.by = by;
      slot.say = say;
      slot.a = a;
      slot.b = b;
      slot.c = c;
    }
    this.written++;
  }

  /** The last `limit` entries, oldest first. */
  latest(limit: number): DecisionEntry[] {
    const entries: DecisionEntry[] = [];
    for (
      let sequence = Math.max(0, this.written - Math.min(limit, LOG_CAPACITY));
      sequence < this.written;
      sequence++
    ) {
      const slot = this.slots[sequence % LOG_CAPACITY]!;
      entries.push({
        atNs: slot.atNs,
        sequence,
        tenant: slot.tenant,
        by: slot.by,
        text: slot.say(slot.a, slot.b, slot.c),
      });
    }
    return entries;
  }
}
