/** Time that passes when a test says so. */
import type { Clock } from "../../src/clients/clock.ts";

interface Alarm {
  readonly dueNs: number;
  readonly wake: () => void;
}

export class FakeClock implements Clock {
  private atNs = 0;
  private readonly alarms = new Set<Alarm>();

  nowNs(): number {
    return this.atNs;
  }

  at(dueNs: number, wake: () => void): () => void {
    const alarm = { dueNs, wake };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Goes on to that time, ringing what is due on the way at its own time. */
  async goTo(untilNs: number): Promise<void> {
    for (;;) {
      // Answers that were given come first.
      await new Promise(setImmediate);
      const next = [...this.alarms].sort((first, second) => first.dueNs - second.dueNs)[0];
      if (next === undefined || next.dueNs > untilNs) break;
      this.alarms.delete(next);
      this.atNs = Math.max(this.atNs, next.dueNs);
      next.wake();
    }
    this.atNs = untilNs;
  }

  /** Time goes by and nobody is woken: the process was busy. */
  jumpTo(atNs: number): void {
    this.atNs = atNs;
  }
}
