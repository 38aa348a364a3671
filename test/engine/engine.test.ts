import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Farewell } from "../../src/core/event.ts";
import { asTenantId } from "../../src/core/ids.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { SchedulerAct } from "../../src/engine/acts.ts";
import { Engine } from "../../src/engine/engine.ts";
import { loadGpu, tenantWithDefaults } from "../../src/presets/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";
import { smallMix } from "./fixtures.ts";
import { ToyDevice } from "./toy-device.ts";

const open = (mix: MixConfig = smallMix): Engine =>
  new Engine(mix, { openDevice: (gpu) => new ToyDevice(loadGpu(gpu)) });

const extra = (name: string, fields: object = {}) =>
  tenantWithDefaults({ name, class: "BE", model: "squeezenet1.1", ...fields });

const nowhere = { kind: "trace", file: "/no/such.txt" } as const;

const named = (snapshot: Snapshot, name: string) => snapshot.tenants.find((tenant) => tenant.name === name);

function expectConserved(snapshot: Snapshot): void {
  for (const { requests } of snapshot.tenants) {
    const { arrived, completed, rejected, aborted, failed, inFlight } = requests;
    expect(completed + rejected + aborted + failed + inFlight).toBe(arrived);
  }
}

describe("the engine", () => {
  it("lets the mix's tenants join and runs their requests", () => {
    const engine = open();
    expect(engine.advance(200e6)).toBe(true);
    const snapshot = engine.snapshot();
    expect(snapshot.atNs).toBe(200e6);
    expect(snapshot.tenants.map(({ id, name, class: tenantClass }) => [id, name, tenantClass])).toEqual([
      [0, "camera", "LS"],
      [1, "batch", "BE"],
    ]);
    for (const tenant of snapshot.tenants) expect(tenant.requests.completed).toBeGreaterThan(3);
    expectConserved(snapshot);
  });

  it("reserves the VRAM of all parameters where the mix does not say", () => {
    const [camera] = open().snapshot().tenants;
    expect(camera?.vramKiB).toBe(camera?.weightKiB);
  });

  it("does each act at the present moment", () => {
    const engine = open();
    engine.advance(50e6);
    engine.act({ kind: "changeTenant", tenant: 0, change: { nice: 42, sloMs: null } });
    engine.act({ kind: "setTunable", tunable: "cfsPeriodPackets", value: 64 });
    engine.act({ kind: "choosePolicy", policy: "temporal" });
    engine.act({ kind: "addTenant", config: extra("more") });
    const snapshot = engine.snapshot();
    expect(snapshot).toMatchObject({ cfsPeriodPackets: 64, policy: "temporal" });
    expect(named(snapshot, "camera")).toMatchObject({ nice: 42, sloMs: null });
    expect(named(snapshot, "more")).toMatchObject({ id: 2 });
    engine.advance(100e6);
    engine.act({ kind: "resetStatistics" });
    expect(named(engine.snapshot(), "camera")?.requests.completed).toBe(0);
  });

  it("gives a tenant's id to the next one only after the scheduler has released it", () => {
    const engine = open();
    engine.advance(50e6);
    engine.act({ kind: "removeTenant", tenant: 1, how: "drain" });
    engine.act({ kind: "addTenant", config: extra("early") });
    expect(named(engine.snapshot(), "early")?.id).toBe(2);
    engine.advance(100e6);
    expect(named(engine.snapshot(), "batch")).toBeUndefined();
    engine.act({ kind: "addTenant", config: extra("late") });
    expect(named(engine.snapshot(), "late")?.id).toBe(1);
  });

  it.each<[string, SchedulerAct, string]>([
    ["a name that is taken", { kind: "addTenant", config: extra("camera") }, "nameTaken"],
    ["an unknown model", { kind: "addTenant", config: extra("x", { model: "resnet35" }) }, "noSuchModel"],
    ["no VRAM left", { kind: "addTenant", config: extra("x", { vramKiB: 2 ** 40 }) }, "outOfMemory"],
    ["batch 0", { kind: "addTenant", config: extra("x", { batch: 0 }) }, "badBatch"],
    ["more SMs than all", { kind: "addTenant", config: extra("x", { smRequestPercent: 101 }) }, "badTenant"],
    ["a name that steers terminals", { kind: "addTenant", config: extra("a\x1b[2J") }, "badTenant"],
    ["no name", { kind: "addTenant", config: extra("") }, "badTenant"],
    [
      "a rate of 0",
      { kind: "addTenant", config: extra("x", { load: { kind: "poisson", ratePerS: 0 } }) },
      "badTenant",
    ],
    [
      "nothing in flight",
      { kind: "addTenant", config: extra("x", { load: { kind: "closed", inFlight: 0, thinkMs: 0 } }) },
      "badTenant",
    ],
    [
      "a stop before the start",
      { kind: "addTenant", config: extra("x", { startS: 2, stopS: 1 }) },
      "badTenant",
    ],
    [
      "a load of nothing",
      { kind: "changeLoad", tenant: 0, load: { kind: "poisson", ratePerS: 0 } },
      "badTenant",
    ],
    ["a trace that is not there", { kind: "changeLoad", tenant: 0, load: nowhere }, "traceNotFound"],
    [
      "more VRAM than there is",
      { kind: "changeTenant", tenant: 0, change: { vramKiB: 2 ** 40 } },
      "outOfMemory",
    ],
    ["a mark of nothing", { kind: "mark", text: "  " }, "badMark"],
    ["a mark that steers the terminal", { kind: "mark", text: "a\u001b[2J" }, "badMark"],
    ["half a KiB", { kind: "addTenant", config: extra("x", { vramKiB: 0.5 }) }, "badTenant"],
    ["an unknown tenant", { kind: "changeTenant", tenant: 9, change: { nice: 1 } }, "noSuchTenant"],
    ["nice 0", { kind: "changeTenant", tenant: 0, change: { nice: 0 } }, "badTenant"],
    ["a broken nice", { kind: "changeTenant", tenant: 0, change: { nice: 1.5 } }, "badTenant"],
    [
      "a floor above the ceiling",
      { kind: "changeTenant", tenant: 0, change: { smRequestPercent: 60, smLimitPercent: 50 } },
      "badTenant",
    ],
    ["a floor of 101 %", { kind: "changeTenant", tenant: 0, change: { smRequestPercent: 101 } }, "badTenant"],
    ["no SM at all", { kind: "changeTenant", tenant: 0, change: { smLimitPercent: 0 } }, "badTenant"],
    ["an SLO of 0 ms", { kind: "changeTenant", tenant: 0, change: { sloMs: 0 } }, "badTenant"],
    ["an unknown policy", { kind: "choosePolicy", policy: "orian" }, "noSuchPolicy"],
    ["a period of 0", { kind: "setTunable", tunable: "cfsPeriodPackets", value: 0 }, "badTunable"],
    ["all channels for BE", { kind: "setTunable", tunable: "beChannelShare", value: 1 }, "badTunable"],
  ])("refuses %s, and goes on as before", (_, act, code) => {
    const engine = open();
    engine.advance(20e6);
    const before = engine.snapshot();
    expect(() => engine.act(act)).toThrow(expect.objectContaining({ name: "MissileError", code }));
    expect(engine.snapshot()).toEqual({ ...before, channels: expect.anything(), copies: expect.anything() });
    engine.advance(40e6);
    expectConserved(engine.snapshot());
  });

  it("guarantees no more SMs than there are, whether a tenant joins or changes", () => {
    const engine = open();
    const request = (tenant: number, smRequestPercent: number) =>
      engine.act({ kind: "changeTenant", tenant, change: { smRequestPercent } });
    request(0, 70);
    expect(() => request(1, 31)).toThrow(
      'tenant "batch" requests 31 % of the SMs and 30 % are free; lower its smRequest',
    );
    expect(() => engine.act({ kind: "addTenant", config: extra("x", { smRequestPercent: 40 }) })).toThrow(
      'tenant "x" requests 40 % of the SMs and 30 % are free',
    );
    request(1, 30);
    // A tenant's own part is free for it to change.
    request(0, 60);
    engine.act({ kind: "addTenant", config: extra("x", { smRequestPercent: 10 }) });
  });

  it("refuses to remove a tenant twice, but for one that drains and is told to abort", () => {
    const engine = open();
    engine.advance(50e6);
    engine.act({ kind: "removeTenant", tenant: 1, how: "drain" });
    const again = (how: Farewell) => () => engine.act({ kind: "removeTenant", tenant: 1, how });
    expect(again("drain")).toThrow('tenant "batch" is leaving already');
    expect(again("abort")).not.toThrow();
  });

  it("rebuilds a GPU that has failed, and only such a one", () => {
    let device!: ToyDevice;
    const engine = new Engine(smallMix, { openDevice: (gpu) => (device = new ToyDevice(loadGpu(gpu))) });
    expect(() => engine.act({ kind: "restoreDevice" })).toThrow("the GPU works: there is nothing to rebuild");
    engine.advance(50e6);
    device.fail("cuEventQuery: CUDA_ERROR_LAUNCH_FAILED", asTenantId(1));
    engine.advance(100e6);
    const failed = engine.snapshot();
    expect(failed.failure).toEqual({ code: "cuEventQuery: CUDA_ERROR_LAUNCH_FAILED", tenant: "batch" });
    expect(named(failed, "batch")).toMatchObject({ loadOn: false, requests: { failed: 2, inFlight: 0 } });
    expectConserved(failed);
    engine.act({ kind: "restoreDevice" });
    engine.act({ kind: "changeTenant", tenant: 1, change: { loadOn: true } });
    engine.advance(200e6);
    const after = engine.snapshot();
    expect(device.restored).toBe(1);
    expect(after.failure).toBeNull();
    for (const name of ["camera", "batch"]) {
      expect(named(after, name)!.requests.completed).toBeGreaterThan(named(failed, name)!.requests.completed);
    }
    expectConserved(after);
  });

  it("conserves requests through any sequence of acts", () => {
    const act = fc.oneof(
      fc.record({
        kind: fc.constant("choosePolicy" as const),
        policy: fc.constantFrom("orion", "mpsplus", "temporal", "missiletemporal"),
      }),
      fc.record({
        kind: fc.constant("setTunable" as const),
        tunable: fc.constant("cfsPeriodPackets" as const),
        value: fc.integer({ min: 1, max: 4096 }),
      }),
      fc.record({
        kind: fc.constant("changeTenant" as const),
        tenant: fc.nat(3),
        change: fc.record({ nice: fc.integer({ min: 1, max: 1e6 }), loadOn: fc.boolean() }),
      }),
      fc.record({
        kind: fc.constant("removeTenant" as const),
        tenant: fc.nat(3),
        how: fc.constantFrom("drain" as const, "abort" as const),
      }),
      fc.nat(5).map((name) => ({ kind: "addTenant" as const, config: extra(`extra-${name}`) })),
    );
    const plan = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000_000 }), act), { maxLength: 12 });
    fc.assert(
      fc.property(plan, (steps) => {
        const engine = open();
        for (const [delayNs, next] of steps) {
          engine.advance(engine.nowNs() + delayNs);
          try {
            engine.act(next);
          } catch (cause) {
            expect(cause).toMatchObject({ name: "MissileError" });
          }
          expectConserved(engine.snapshot());
        }
      }),
      { numRuns: 25 },
    );
  });
});
