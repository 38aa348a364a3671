/**
 * When requests come: a state machine beside the scheduler, as pure as it.
 *
 * It watches the same events (who joined, changed, left), is told when requests end, and delivers requestArrived
 * events. Each tenant draws from a random stream of its own, seeded by the run's seed and the tenant's *name*: its
 * arrivals depend on nobody else, so comparing mixes or policies compares the same arrivals.
 */

import { type ArrivalSource, arrivalSource } from "./arrival-source.ts";
import { assert } from "./assert.ts";
import { MAX_TENANTS } from "./device.ts";
import type { Event } from "./event.ts";
import { asTenantId, type TenantId } from "./ids.ts";
import { Prng } from "./prng.ts";
import type { LoadWindow, TenantChange } from "./spec.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** One tenant's load: its source, its window, and how many of its requests have not ended. */
class TenantLoad {
  private readonly random: Prng;
  private source: ArrivalSource;
  private window: LoadWindow;
  on = true;
  private inFlight = 0;

  constructor(random: Prng, window: LoadWindow, atNs: number) {
    this.random = random;
    this.window = window;
    this.source = arrivalSource(window.load, random);
    this.start(atNs);
  }

  /** When the next request is due; Infinity while the load is off, past its window, or waiting for an end. */
  get dueNs(): number {
    const dueNs = this.source.dueNs;
    return this.on && (this.window.stopNs === null || dueNs < this.window.stopNs) ? dueNs : NEVER;
  }

  /** A new load, and a load switched back on, begin anew; what is in flight stays in flight. */
  change(change: TenantChange, atNs: number): void {
    const wasOn = this.on;
    if (change.loadOn !== undefined) this.on = change.loadOn;
    if (change.arrivals !== undefined) {
      this.window = change.arrivals;
      this.source = arrivalSource(change.arrivals.load, this.random);
    }
    if (this.on && (change.arrivals !== undefined || !wasOn)) this.start(atNs);
  }

  issued(): void {
    this.inFlight++;
    this.source.issued();
  }

  ended(atNs: number): void {
    assert(this.inFlight > 0, "a request ended that never arrived");
    this.inFlight--;
    this.source.ended(atNs, this.inFlight);
  }

  private start(atNs: number): void {
    this.source.start(Math.max(atNs, this.window.startNs), this.inFlight);
  }
}

export class Arrivals {
  private readonly seed: number;
  private readonly loads: (TenantLoad | undefined)[] = new Array(MAX_TENANTS).fill(undefined);
  /** Each tenant's next due time, in a column of its own for the scan. */
  private readonly dueNs = new Float64Array(MAX_TENANTS).fill(NEVER);
  /** Tenant with the least due time, the lowest id among equals; -1: not known, scan. */
  private earliest = -1;
  /** The one event object that is ever delivered; receivers copy what they keep. */
  private readonly arrival = { kind: "requestArrived" as const, atNs: 0, tenant: asTenantId(0) };

  /** @param seed an integer from 0 to 2^53 - 1. */
  constructor(seed: number) {
    this.seed = seed;
  }

  /** Observes who joins, changes and leaves. Other events do not matter to arrivals. */
  step(event: Event): void {
    switch (event.kind) {
      case "tenantJoined": {
        const { tenant, spec, atNs } = event;
        assert(this.loads[tenant] === undefined, `tenant ${tenant} joined twice`);
        this.loads[tenant] = new TenantLoad(new Prng(this.seed, spec.name), spec.arrivals, atNs);
        this.refresh(tenant);
        break;
      }
      case "tenantChanged":
        this.loads[event.tenant]?.change(event.change, event.atNs);
        this.refresh(event.tenant);
        break;
      case "deviceFailed":
        if (event.tenant === -1) break;
        this.loads[event.tenant]?.change({ loadOn: false }, event.atNs);
        this.refresh(event.tenant);
        break;
      case "tenantLeft":
        this.loads[event.tenant] = undefined;
        this.refresh(event.tenant);
        break;
    }
  }

  /**
   * A request of the tenant, delivered here, has ended: completed, rejected or aborted. A closed loop issues the next
   * one after its think time, at least CLOSED_LOOP_GAP_NS later. May be called while deliverDue delivers. Ends of a
   * tenant that has left are ignored.
   */
  completed(tenant: TenantId, atNs: number): void {
    const load = this.loads[tenant];
    if (load === undefined) return;
    load.ended(atNs);
    this.refresh(tenant);
  }

  /** A request of the tenant comes from outside. False: its load is off, or it has left, and none may come. */
  admit(tenant: TenantId): boolean {
    const load = this.loads[tenant];
    if (load?.on !== true) return false;
    load.issued();
    this.refresh(tenant);
    return true;
  }

  /** When the next request is due; Infinity: none is. */
  nextNs(): number {
    return this.dueNs[this.findEarliest()] as number;
  }

  /** Delivers the requests due by nowNs in the order of their due times, equals by tenant id, as arriving at nowNs. */
  deliverDue(nowNs: number, deliver: (event: Event) => void): void {
    for (
      let index = this.findEarliest();
      (this.dueNs[index] as number) <= nowNs;
      index = this.findEarliest()
    ) {
      const tenant = asTenantId(index);
      this.loads[tenant]?.issued();
      this.refresh(tenant);
      this.arrival.atNs = nowNs;
      this.arrival.tenant = tenant;
      deliver(this.arrival);
    }
  }

  private refresh(tenant: TenantId): void {
    // Written out because `load?.dueNs ?? NEVER` would box a number at every call.
    const load = this.loads[tenant];
    this.dueNs[tenant] = load === undefined ? NEVER : load.dueNs;
    this.earliest = -1;
  }

  private findEarliest(): number {
    if (this.earliest >= 0) return this.earliest;
    let earliest = 0;
    let leastNs = NEVER;
    for (let index = 0; index < MAX_TENANTS; index++) {
      const dueNs = this.dueNs[index] as number;
      if (dueNs < leastNs) {
        leastNs = dueNs;
        earliest = index;
      }
    }
    this.earliest = earliest;
    return earliest;
  }
}
