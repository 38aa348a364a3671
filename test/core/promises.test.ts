/** What holds through any sequence of operator acts, under every policy. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event, Tunable } from "../../src/core/event.ts";
import { asTenantId, type TenantId } from "../../src/core/ids.ts";
import { policyNames } from "../../src/core/policies/index.ts";
import { Scheduler } from "../../src/core/scheduler.ts";
import type { TenantChange } from "../../src/core/spec.ts";
import { ToyDevice } from "../engine/toy-device.ts";
import { type Part, stageGpu, tenantSpec } from "./stage.ts";
import { expectDetail } from "./told.ts";
import { type Promises, Witness } from "./witness.ts";

type Act =
  | { kind: "join"; part: Part }
  | { kind: "arrive"; who: number; times: number }
  | { kind: "change"; who: number; change: TenantChange }
  | { kind: "leave"; who: number; how: "drain" | "abort" }
  | { kind: "choose"; policy: number }
  | { kind: "reset" }
  | { kind: "fail"; who: number; known: boolean }
  | { kind: "restore" }
  | { kind: "set"; tunable: Tunable; value: number };

const who = fc.nat({ max: 7 });
const percent = fc.integer({ min: 1, max: 100 });

const part: fc.Arbitrary<Part> = fc.record({
  class: fc.constantFrom("LS", "BE"),
  needs: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 }),
  bounds: fc.array(fc.constantFrom("compute", "memory"), { maxLength: 20 }),
  smRequestPercent: fc.integer({ min: 0, max: 30 }),
  smLimitPercent: fc.integer({ min: 30, max: 100 }),
  weightBytes: fc.integer({ min: 0, max: 4e6 }),
  vramKiB: fc.integer({ min: 0, max: 4000 }),
  nice: fc.integer({ min: 1, max: 1e6 }),
  sloMs: fc.constantFrom(null, 0.2, 5),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("join" as const), part }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      who,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("change" as const),
      who,
      change: fc.oneof(
        fc.record({ nice: fc.integer({ min: 1, max: 1e6 }) }),
        fc.record({ sloMs: fc.constantFrom(null, 1) }),
        fc.record({ loadOn: fc.boolean() }),
        fc.record({ smLimitPercent: fc.integer({ min: 40, max: 100 }) }),
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("leave" as const),
      who,
      how: fc.constantFrom("drain", "abort"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reset" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("fail" as const), who, known: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("choose" as const), policy: fc.nat({ max: 7 }) }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({
        kind: fc.constant("set" as const),
        tunable: fc.constant("cfsPeriodPackets" as const),
        value: fc.integer({ min: 1, max: 65_536 }),
      }),
      fc.record({
        kind: fc.constant("set" as const),
        tunable: fc.constant("beChannelShare" as const),
        value: percent.map((share) => share / 100),
      }),
    ),
  },
);

const story = fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), act), { minLength: 5, maxLength: 60 });

/** Plays a story on a toy device, then lets everything finish. Returns the scheduler and who was there. */
class Play {
  private readonly device = new ToyDevice(stageGpu);
  private readonly scheduler: Scheduler;
  private readonly witness: Witness;
  private readonly policies: readonly string[];
  private readonly staying = new Set<TenantId>();
  private arrived = 0;
  private ended = 0;

  constructor(policies: readonly string[], promises: Promises) {
    this.policies = policies;
    this.scheduler = new Scheduler(stageGpu, {
      policy: policies[0]!,
      cfsPeriodPackets: 512,
      beChannelShare: 1 / 3,
    });
    this.scheduler.onRequestEnded = () => this.ended++;
    this.witness = new Witness(this.device, 12, promises);
  }

  run(acts: readonly (readonly [number, Act])[]): void {
    for (const [afterNs, next] of acts) {
      this.advance(this.device.nowNs() + afterNs);
      this.perform(next);
    }
    this.perform({ kind: "restore" });
    this.advance(this.device.nowNs() + 1e9);
    const { tenants } = this.snapshot();
    for (const tenant of tenants)
      expect(tenant.requests.inFlight, `${tenant.name} still has requests`).toBe(0);
    expect(tenants.map((tenant) => tenant.id).sort()).toEqual([...this.staying].sort());
    expect(this.ended).toBe(this.arrived);
    for (const { id } of tenants) expectDetail(this.scheduler.detail(id)!);
  }

  private advance(untilNs: number): void {
    while (this.device.nowNs() < untilNs) this.device.poll(untilNs, this.deliver);
  }

  private readonly deliver = (event: Event): void => {
    this.witness.saw(event);
    this.scheduler.step(event, this.witness);
    this.witness.check();
  };

  private perform(next: Act): void {
    const atNs = this.device.nowNs();
    const tenant = "who" in next ? [...this.staying][next.who % Math.max(1, this.staying.size)] : undefined;
    if (next.kind === "join") this.join(next.part);
    else if (next.kind === "restore") {
      if (this.scheduler.hasFailed) this.deliver({ kind: "deviceRestored", atNs });
    } else if (next.kind === "fail") {
      this.device.fail("gone", next.known && tenant !== undefined ? tenant : -1);
      this.advance(atNs + 1);
    } else if (next.kind === "reset") this.deliver({ kind: "statisticsReset", atNs });
    else if (next.kind === "choose") {
      const policy = this.policies[next.policy % this.policies.length]!;
      this.deliver({ kind: "policyChosen", atNs, policy });
    } else if (next.kind === "set") {
      this.deliver({ kind: "tunableSet", atNs, tunable: next.tunable, value: next.value });
    } else if (tenant === undefined) return;
    else if (next.kind === "change") {
      this.deliver({ kind: "tenantChanged", atNs, tenant, change: next.change });
    } else if (next.kind === "leave") {
      this.staying.delete(tenant);
      this.deliver({ kind: "tenantLeft", atNs, tenant, how: next.how });
    } else {
      this.arrived += next.times;
      for (let time = 0; time < next.times; time++) this.deliver({ kind: "requestArrived", atNs, tenant });
    }
    this.conserves();
  }

  private join(joining: Part): void {
    const floors = this.snapshot().tenants.reduce((sum, tenant) => sum + tenant.smRequestPercent, 0);
    const smRequestPercent =
      floors + (joining.smRequestPercent ?? 0) > 60 ? 0 : (joining.smRequestPercent ?? 0);
    const here = new Set(this.snapshot().tenants.map((other) => other.id));
    let id = 0;
    while (here.has(id)) id++;
    const tenant = asTenantId(id);
    this.staying.add(tenant);
    const spec = tenantSpec(`t${tenant}`, { ...joining, smRequestPercent });
    this.deliver({ kind: "tenantJoined", atNs: this.device.nowNs(), tenant, spec });
  }

  private conserves(): void {
    for (const { requests } of this.snapshot().tenants) {
      const { arrived, completed, rejected, aborted, failed, inFlight } = requests;
      expect(completed + rejected + aborted + failed + inFlight).toBe(arrived);
    }
  }

  private snapshot(): ReturnType<Scheduler["snapshot"]> {
    return this.scheduler.snapshot(this.device);
  }
}

describe("through any sequence of acts", () => {
  it.each(policyNames)("%s loses no request and leaves none behind", (policy) => {
    const promises = { partitioned: false, coloured: false };
    fc.assert(
      fc.property(story, (acts) => {
        const calm = acts.filter(([, { kind }]) => kind !== "choose");
        new Play([policy], promises).run(calm);
      }),
      { numRuns: 40 },
    );
  });

  it("switching policies at any moment loses no request", () => {
    const promises = { partitioned: false, coloured: false };
    fc.assert(
      fc.property(story, (acts) => new Play(policyNames, promises).run(acts)),
      { numRuns: 150 },
    );
  });

  it("missiletemporal keeps LS and BE apart on TPCs and channels, floors and ceilings", () => {
    const promises = { partitioned: true, coloured: true };
    fc.assert(
      fc.property(story, (acts) => new Play(["missiletemporal", "missile-nocfs"], promises).run(acts)),
      { numRuns: 150 },
    );
  });

  it("missile-nochannels keeps LS and BE apart on TPCs", () => {
    const promises = { partitioned: true, coloured: false };
    fc.assert(
      fc.property(story, (acts) => new Play(["missile-nochannels"], promises).run(acts)),
      { numRuns: 80 },
    );
  });
});
