/**
 * The kinds of load, each a source of due times for one tenant.
 *
 * A source is started at an origin, tells the next due time, and moves on when that request is issued. Due times never
 * fall. An open source (trace, Poisson, uniform) does not care how requests fare; a closed one waits for their ends.
 */
import { assert } from "./assert.ts";
import type { Prng } from "./prng.ts";
import type { LoadSpec } from "./spec.ts";

export interface ArrivalSource {
  /** When the next request is due; Infinity: not before one in flight has ended. */
  readonly dueNs: number;
  /** Begins anew. `inFlight`: requests issued earlier that have not ended. */
  start(originNs: number, inFlight: number): void;
  /** The due request has been issued. */
  issued(): void;
  /** A request ended at atNs and leaves `inFlight` others. */
  ended(atNs: number, inFlight: number): void;
}

/**
 * The least time from a request's end to the next one of a closed loop. Unit: ns. Without it a loop without think time
 * whose requests are rejected at once would issue for ever in one instant. Too small: such a loop floods the scheduler
 * with rejections (one a us here). Too large: closed loops leave the GPU idle between requests.
 */
export const CLOSED_LOOP_GAP_NS = 1_000;

class TraceSource implements ArrivalSource {
  dueNs = Number.POSITIVE_INFINITY;
  private readonly offsetsNs: Float64Array;
  private readonly periodNs: number;
  private cycleNs = 0;
  private index = 0;

  constructor(offsetsNs: readonly number[], periodNs: number) {
    this.offsetsNs = Float64Array.from(offsetsNs);
    this.periodNs = periodNs;
    assert(offsetsNs.length > 0, "a trace without arrivals");
    let lastNs = 0;
    for (const offsetNs of offsetsNs) {
      assert(offsetNs >= lastNs && offsetNs < periodNs, "trace offsets must rise and lie within the period");
      lastNs = offsetNs;
    }
  }

  start(originNs: number): void {
    this.cycleNs = originNs;
    this.index = 0;
    this.dueNs = originNs + (this.offsetsNs[0] as number);
  }

  issued(): void {
    this.index++;
    if (this.index === this.offsetsNs.length) {
      this.index = 0;
      this.cycleNs += this.periodNs;
    }
    this.dueNs = this.cycleNs + (this.offsetsNs[this.index] as number);
  }

  ended(): void {}
}

/** The first request comes at the origin; the n-th is placed from there, so that rounding does not add up. */
class UniformSource implements ArrivalSource {
  dueNs = Number.POSITIVE_INFINITY;
  private readonly ratePerS: number;
  private originNs = 0;
  private count = 0;

  constructor(ratePerS: number) {
    this.ratePerS = ratePerS;
  }

  start(originNs: number): void {
    this.originNs = originNs;
    this.count = 0;
    this.dueNs = originNs;
  }

  issued(): void {
    this.count++;
    this.dueNs = this.originNs + Math.round((this.count * 1e9) / this.ratePerS);
  }

  ended(): void {}
}

/** Exponential gaps, at least 1 ns, the first one counted from the origin. */
class PoissonSource implements ArrivalSource {
  dueNs = Number.POSITIVE_INFINITY;
  private readonly meanGapNs: number;
  private readonly random: Prng;

  constructor(ratePerS: number, random: Prng) {
    this.meanGapNs = 1e9 / ratePerS;
    this.random = random;
  }

  start(originNs: number): void {
    this.dueNs = originNs;
    this.issued();
  }

  issued(): void {
    this.dueNs += Math.max(1, Math.round(this.random.nextExponential() * this.meanGapNs));
  }

  ended(): void {}
}

/** Keeps `limit` requests either in flight or waiting for their think time; due times wait in a ring. */
class ClosedSource implements ArrivalSource {
  dueNs = Number.POSITIVE_INFINITY;
  private readonly limit: number;
  private readonly gapNs: number;
  private readonly waitingNs: Float64Array;
  private first = 0;
  private waiting = 0;
  private originNs = 0;

  constructor(limit: number, thinkNs: number) {
    this.limit = limit;
    this.gapNs = Math.max(thinkNs, CLOSED_LOOP_GAP_NS);
    this.waitingNs = new Float64Array(limit);
  }

  start(originNs: number, inFlight: number): void {
    this.originNs = originNs;
    this.waiting = Math.max(0, this.limit - inFlight);
    this.waitingNs.fill(originNs);
    this.first = 0;
    this.refresh();
  }

  issued(): void {
    this.first = (this.first + 1) % this.limit;
    this.waiting--;
    this.refresh();
  }

  ended(atNs: number, inFlight: number): void {
    // More in flight than the limit: requests of the tenant's earlier load, whose ends nothing follows.
    if (inFlight + this.waiting >= this.limit) return;
    this.waitingNs[(this.first + this.waiting) % this.limit] = Math.max(atNs + this.gapNs, this.originNs);
    this.waiting++;
    this.refresh();
  }

  private refresh(): void {
    this.dueNs = this.waiting > 0 ? (this.waitingNs[this.first] as number) : Number.POSITIVE_INFINITY;
  }
}

/** Clients decide when. */
class ClientsSource implements ArrivalSource {
  readonly dueNs = Number.POSITIVE_INFINITY;
  start(): void {}
  issued(): void {}
  ended(): void {}
}

/** A source for the load, not yet started. `random` is used by Poisson arrivals alone. */
export function arrivalSource(load: LoadSpec, random: Prng): ArrivalSource {
  switch (load.kind) {
    case "trace":
      return new TraceSource(load.offsetsNs, load.periodNs);
    case "closed":
      return new ClosedSource(load.inFlight, load.thinkNs);
    case "poisson":
      return new PoissonSource(load.ratePerS, random);
    case "uniform":
      return new UniformSource(load.ratePerS);
    case "clients":
      return new ClientsSource();
  }
}
