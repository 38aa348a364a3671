import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLOSED_LOOP_GAP_NS } from "../../src/core/arrival-source.ts";
import type { Event } from "../../src/core/event.ts";
import { asTenantId } from "../../src/core/ids.ts";
import type { LoadSpec, LoadWindow, TenantChange, TenantSpec } from "../../src/core/spec.ts";
import { Arrivals } from "../../src/core/workload.ts";

const SECOND = 1e9;
const always = (load: LoadSpec): LoadWindow => ({ label: load.kind, load, startNs: 0, stopNs: null });

function specOf(name: string, arrivals: LoadWindow): TenantSpec {
  return {
    name,
    class: "LS",
    model: "resnet34",
    batch: 1,
    nice: 100_000,
    vramKiB: 1,
    smRequestPercent: 0,
    smLimitPercent: 100,
    sloMs: null,
    arrivals,
    network: { inputBytes: 0, outputBytes: 0, weightBytes: 0, kernels: [] },
  };
}

/** Arrivals with tenants in the order given, and what was delivered so far. */
class Bench {
  readonly arrivals: Arrivals;
  readonly seen: { tenant: number; atNs: number }[] = [];

  constructor(seed: number, windows: Record<string, LoadWindow>) {
    this.arrivals = new Arrivals(seed);
    Object.entries(windows).forEach(([name, window], id) => {
      this.join(id, name, window, 0);
    });
  }

  join(id: number, name: string, window: LoadWindow, atNs: number): void {
    this.arrivals.step({ kind: "tenantJoined", atNs, tenant: asTenantId(id), spec: specOf(name, window) });
  }

  change(id: number, change: TenantChange, atNs: number): void {
    this.arrivals.step({ kind: "tenantChanged", atNs, tenant: asTenantId(id), change });
  }

  leave(id: number, atNs: number): void {
    this.arrivals.step({ kind: "tenantLeft", atNs, tenant: asTenantId(id), how: "abort" });
  }

  /** Goes from one due time to the next, as an engine does, and stops before untilNs. */
  runUntil(untilNs: number, onArrival: (tenant: number, atNs: number) => void = () => {}): void {
    const deliver = (event: Event): void => {
      if (event.kind !== "requestArrived") throw new Error(`unexpected ${event.kind}`);
      this.seen.push({ tenant: event.tenant, atNs: event.atNs });
      onArrival(event.tenant, event.atNs);
    };
    for (let next = this.arrivals.nextNs(); next < untilNs; next = this.arrivals.nextNs()) {
      this.arrivals.deliverDue(next, deliver);
    }
  }

  timesOf(tenant: number): number[] {
    return this.seen.filter((arrival) => arrival.tenant === tenant).map((arrival) => arrival.atNs);
  }
}

const openLoad: fc.Arbitrary<LoadSpec> = fc.oneof(
  fc.record({
    kind: fc.constant("poisson" as const),
    ratePerS: fc.double({ min: 1, max: 2000, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("uniform" as const),
    ratePerS: fc.double({ min: 1, max: 2000, noNaN: true }),
  }),
  fc.array(fc.nat(999_999), { minLength: 1, maxLength: 20 }).map((offsets) => ({
    kind: "trace" as const,
    offsetsNs: offsets.map((offset) => offset * 100).sort((a, b) => a - b),
    periodNs: 1e8,
  })),
);

describe("open loads", () => {
  it("repeat a trace every period, from the moment the load starts", () => {
    const bench = new Bench(1, {
      camera: {
        ...always({ kind: "trace", offsetsNs: [5, 20, 20], periodNs: 100 }),
        startNs: 1000,
        stopNs: 1210,
      },
    });
    bench.runUntil(SECOND);
    expect(bench.timesOf(0)).toEqual([1005, 1020, 1020, 1105, 1120, 1120, 1205]);
  });

  it("place uniform requests without rounding drift", () => {
    const bench = new Bench(1, { camera: always({ kind: "uniform", ratePerS: 30 }) });
    bench.runUntil(10 * SECOND);
    expect(bench.timesOf(0)).toEqual(Array.from({ length: 300 }, (_, n) => Math.round((n * 1e9) / 30)));
  });

  it.each([0.5, 40, 900])("come at %d/s when Poisson", (ratePerS) => {
    const bench = new Bench(5, { camera: always({ kind: "poisson", ratePerS }) });
    const wanted = 20_000;
    bench.runUntil((wanted / ratePerS) * SECOND);
    // Four standard deviations of a Poisson count.
    expect(Math.abs(bench.seen.length - wanted)).toBeLessThan(4 * Math.sqrt(wanted));
  });

  it("never go back in time, are the seed's and the name's alone, and ignore the other tenants", () => {
    fc.assert(
      fc.property(fc.nat(), openLoad, openLoad, (seed, load, otherLoad) => {
        const alone = new Bench(seed, { camera: always(load) });
        const beside = new Bench(seed, {
          other: always(otherLoad),
          third: always(load),
          camera: always(load),
        });
        alone.runUntil(SECOND / 5);
        beside.runUntil(SECOND / 5);
        expect(beside.timesOf(2)).toEqual(alone.timesOf(0));
        const times = beside.seen.map((arrival) => arrival.atNs);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
    );
  });

  it("differ from seed to seed and from name to name when Poisson", () => {
    const load = always({ kind: "poisson", ratePerS: 100 });
    const first = new Bench(1, { camera: load, lidar: load });
    const second = new Bench(2, { camera: load, lidar: load });
    first.runUntil(SECOND);
    second.runUntil(SECOND);
    expect(first.timesOf(0)).not.toEqual(first.timesOf(1));
    expect(first.timesOf(0)).not.toEqual(second.timesOf(0));
  });
});

describe("closed loads", () => {
  it("keep their number in flight, each followed by the next after its think time", () => {
    const bench = new Bench(1, { loop: always({ kind: "closed", inFlight: 2, thinkNs: 5000 }) });
    bench.runUntil(SECOND);
    expect(bench.timesOf(0)).toEqual([0, 0]);
    bench.arrivals.completed(asTenantId(0), 10_000);
    bench.arrivals.completed(asTenantId(0), 11_000);
    bench.runUntil(SECOND);
    expect(bench.timesOf(0)).toEqual([0, 0, 15_000, 16_000]);
  });

  it("go on in time when every request is rejected at once", () => {
    const bench = new Bench(1, { loop: always({ kind: "closed", inFlight: 1, thinkNs: 0 }) });
    bench.runUntil(10 * CLOSED_LOOP_GAP_NS, (tenant, atNs) => {
      bench.arrivals.completed(asTenantId(tenant), atNs);
    });
    expect(bench.timesOf(0)).toEqual(Array.from({ length: 10 }, (_, n) => n * CLOSED_LOOP_GAP_NS));
  });

  it("never exceed their number, and reach it again, whatever is switched, changed and completed", () => {
    const act = fc.oneof(
      fc.constant({ kind: "complete" as const }),
      fc.boolean().map((on) => ({ kind: "switch" as const, on })),
      fc.integer({ min: 1, max: 6 }).map((limit) => ({ kind: "limit" as const, limit })),
    );
    const thinkNs = 3000;
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let limit = 3;
        const bench = new Bench(1, { loop: always({ kind: "closed", inFlight: limit, thinkNs }) });
        let inFlight = 0;
        let on = true;
        let nowNs = 0;
        const settle = (): void => {
          const before = inFlight;
          bench.runUntil(nowNs + 10_000, () => {
            inFlight++;
          });
          nowNs += 10_000;
          expect(inFlight).toBe(on ? Math.max(before, limit) : before);
        };
        settle();
        for (const step of acts) {
          if (step.kind === "complete" && inFlight > 0) {
            inFlight--;
            bench.arrivals.completed(asTenantId(0), nowNs);
          } else if (step.kind === "switch") {
            on = step.on;
            bench.change(0, { loadOn: on }, nowNs);
          } else if (step.kind === "limit") {
            limit = step.limit;
            bench.change(0, { arrivals: always({ kind: "closed", inFlight: limit, thinkNs }) }, nowNs);
          }
          settle();
        }
      }),
    );
  });
});

describe("the operator's acts", () => {
  it("switch a load off and begin it anew when it is switched on", () => {
    const trace = always({ kind: "trace", offsetsNs: [10, 60], periodNs: 100 });
    const bench = new Bench(1, { camera: trace });
    bench.runUntil(100);
    bench.change(0, { loadOn: false }, 100);
    expect(bench.arrivals.nextNs()).toBe(Number.POSITIVE_INFINITY);
    bench.change(0, { loadOn: true }, 500);
    bench.change(0, { loadOn: true }, 530);
    bench.runUntil(600);
    expect(bench.timesOf(0)).toEqual([10, 60, 510, 560]);
  });

  it("replace a load, and leave it alone when something else changes", () => {
    const bench = new Bench(1, { camera: always({ kind: "uniform", ratePerS: 1e7 }) });
    bench.runUntil(250);
    bench.change(0, { nice: 7, sloMs: null }, 250);
    bench.runUntil(350);
    bench.change(0, { arrivals: always({ kind: "uniform", ratePerS: 1e6 }) }, 350);
    bench.runUntil(2000);
    expect(bench.timesOf(0)).toEqual([0, 100, 200, 300, 350, 1350]);
  });

  it("change a load while it is off: it begins when it is switched on", () => {
    const bench = new Bench(1, { camera: always({ kind: "uniform", ratePerS: 1e7 }) });
    bench.change(0, { loadOn: false }, 0);
    bench.change(0, { arrivals: always({ kind: "uniform", ratePerS: 1e6 }) }, 10);
    expect(bench.arrivals.nextNs()).toBe(Number.POSITIVE_INFINITY);
    bench.change(0, { loadOn: true }, 70);
    expect(bench.arrivals.nextNs()).toBe(70);
  });

  it("remove a tenant: nothing more comes, late ends are ignored, and its id may be used again", () => {
    const bench = new Bench(1, { loop: always({ kind: "closed", inFlight: 1, thinkNs: 0 }) });
    bench.runUntil(SECOND);
    bench.leave(0, 100);
    bench.arrivals.completed(asTenantId(0), 200);
    expect(bench.arrivals.nextNs()).toBe(Number.POSITIVE_INFINITY);
    bench.join(0, "camera", always({ kind: "uniform", ratePerS: 1e7 }), 300);
    bench.runUntil(450);
    expect(bench.timesOf(0)).toEqual([0, 300, 400]);
  });

  it("may happen while requests are delivered", () => {
    const load = always({ kind: "uniform", ratePerS: 1e7 });
    const bench = new Bench(1, { a: load, b: load });
    bench.runUntil(150, (tenant, atNs) => {
      if (tenant === 0 && atNs === 0) bench.leave(1, atNs);
    });
    expect(bench.seen.map((arrival) => arrival.tenant)).toEqual([0, 0]);
  });
});

describe("deliverDue", () => {
  it("delivers what is due in the order of due times, equals by tenant id, as arriving now", () => {
    const trace = (...offsetsNs: number[]): LoadWindow =>
      always({ kind: "trace", offsetsNs, periodNs: SECOND });
    const bench = new Bench(1, { late: trace(30), both: trace(10, 30), early: trace(10, 20, 90) });
    const seen: [number, number][] = [];
    bench.arrivals.deliverDue(50, (event) => {
      if (event.kind === "requestArrived") seen.push([event.tenant, event.atNs]);
    });
    expect(seen).toEqual([1, 2, 2, 0, 1].map((tenant) => [tenant, 50]));
    expect(bench.arrivals.nextNs()).toBe(90);
  });

  it("stops a tenant at the end of its window", () => {
    const window = { ...always({ kind: "uniform", ratePerS: 1e7 }), stopNs: 200 };
    const bench = new Bench(1, { camera: window });
    bench.runUntil(SECOND);
    expect(bench.timesOf(0)).toEqual([0, 100]);
  });
});
