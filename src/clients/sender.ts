/**
 * Sends requests when they are due.
 *
 * A request is enqueued at its due time, however late it leaves: who waits behind others here has waited all the same, and a
 * slow server cannot hide how slow it is by slowing the clients down ("coordinated omission").
 */
import type { ArrivalSource } from "../core/arrival-source.ts";
import type { Clock } from "./clock.ts";

export type Answer = "accepted" | "rejected" | "failed";

/** A request that has ended. Times are ns of the clock. */
export interface Answered {
  readonly enqueuedNs: number;
  readonly submittedNs: number;
  readonly finishedNs: number;
  readonly answer: Answer;
}

export interface SenderOptions {
  readonly source: ArrivalSource;
  readonly clock: Clock;
  /** Most requests in flight; those beyond wait here, in order. */
  readonly mostInFlight: number;
  /** No request is due at or after so many ns. */
  readonly durationNs: number;
  /** Sends one. Never rejects. */
  readonly infer: () => Promise<Answer>;
  readonly ended: (request: Answered) => void;
}

/**
 * A closed loop waits so long after a request that failed. Unit: ns. Too small: it asks a server that refuses thousands of times a
 * second. Too large: it is slow to see that the server is well again.
 */
const PAUSE_AFTER_FAILURE_NS = 100e6;

/** Requests sent that may still stand before those that wait; moving the rest for each one would be slow. */
const FORGET_SENT = 4096;

export class Sender {
  private readonly options: SenderOptions;
  /** Due times of requests that wait for their turn, from `first` on. */
  private waiting: number[] = [];
  private first = 0;
  private inFlightCount = 0;
  private dueCount = 0;
  private endNs = 0;
  private isStopped = false;
  private isAbandoned = false;
  private forgetWake: () => void = () => {};
  private settle: () => void = () => {};

  constructor(options: SenderOptions) {
    this.options = options;
  }

  get inFlight(): number {
    return this.inFlightCount;
  }

  /** Requests whose time has come, sent or not. */
  get due(): number {
    return this.dueCount;
  }

  /** Requests whose time has come and that were not sent yet. */
  get backlog(): number {
    return this.waiting.length - this.first;
  }

  /** Sends from now on; resolves once the duration is over and the last request has ended, or at `abandon`. */
  run(): Promise<void> {
    const startNs = this.options.clock.nowNs();
    this.endNs = startNs + this.options.durationNs;
    this.options.source.start(startNs, 0);
    return new Promise((resolve) => {
      this.settle = resolve;
      this.pump();
    });
  }

  /** Sends no more; those in flight may end. */
  stop(): void {
    this.isStopped = true;
    this.waiting = [];
    this.first = 0;
    this.pump();
  }

  /** As `stop`, and waits for none: what ends from now on is not told. */
  abandon(): void {
    this.isAbandoned = true;
    this.stop();
    this.settle();
  }

  private pump(): void {
    const { clock, source, mostInFlight } = this.options;
    this.forgetWake();
    const nowNs = clock.nowNs();
    while (!this.isStopped && source.dueNs <= nowNs && source.dueNs < this.endNs) {
      this.waiting.push(source.dueNs);
      this.dueCount++;
      source.issued();
    }
    while (this.backlog > 0 && this.inFlightCount < mostInFlight) this.send(this.takeFirst());
    if (this.isStopped || nowNs >= this.endNs) {
      if (this.inFlightCount === 0 && this.backlog === 0) this.settle();
      return;
    }
    const wakeNs = Math.min(source.dueNs, this.endNs);
    if (wakeNs < Number.POSITIVE_INFINITY) this.forgetWake = clock.at(wakeNs, () => this.pump());
  }
  private takeFirst(): number {
    const enqueuedNs = this.waiting[this.first++] as number;
    if (this.first === this.waiting.length || this.first === FORGET_SENT) {
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
    return enqueuedNs;
  }

  private async send(enqueuedNs: number): Promise<void> {
    const { clock, source, infer, ended } = this.options;
    this.inFlightCount++;
    const submittedNs = clock.nowNs();
    const answer = await infer();
    if (this.isAbandoned) return;
    const finishedNs = clock.nowNs();
    this.inFlightCount--;
    ended({ enqueuedNs, submittedNs, finishedNs, answer });
    const pauseNs = answer === "failed" ? PAUSE_AFTER_FAILURE_NS : 0;
    source.ended(finishedNs + pauseNs, this.inFlightCount + this.backlog);
    this.pump();
  }
}
