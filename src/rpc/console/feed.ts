/** A row of values for many receivers: each is encoded once, as what has changed since the one before, or as a whole for who lacks that. */
import type { Change } from "./attach-messages.ts";
import { diff } from "./delta.ts";
import { toWire } from "./wire.ts";

export class Feed<T> {
  /** Of the latest value; 0: there was none yet. */
  sequence = 0;
  private readonly envelope: object;
  private before: T | undefined;
  private latest: T | undefined;
  private delta: Buffer | null = null;
  private whole: Buffer | null = null;

  /** `envelope`: what stands in each message beside the change. */
  constructor(envelope: object) {
    this.envelope = envelope;
  }

  put(value: T): void {
    if (value === this.latest) return;
    this.before = this.latest;
    this.latest = value;
    this.sequence++;
    this.delta = this.whole = null;
  }

  /** What brings a receiver up to date that has value number `has` (0: none); null: it has the latest. */
  messageFor(has: number): Buffer | null {
    if (has === this.sequence) return null;
    if (has !== 0 && has === this.sequence - 1) {
      this.delta ??= this.encode(has, this.before);
      return this.delta;
    }
    this.whole ??= this.encode(0, undefined);
    return this.whole;
  }

  private encode(base: number, before: T | undefined): Buffer {
    const patch = diff(before, this.latest);
    const change: Change = { sequence: this.sequence, base, ...(patch === undefined ? {} : { patch }) };
    return toWire({ ...this.envelope, ...change });
  }
}
