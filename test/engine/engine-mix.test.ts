/** The run as a mix: what the operator changes is what a saved mix says. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SchedulerAct } from "../../src/engine/acts.ts";
import { Engine } from "../../src/engine/engine.ts";
import { describeLoad, loadGpu, tenantWithDefaults } from "../../src/presets/index.ts";
import { smallMix } from "./fixtures.ts";
import { ToyDevice } from "./toy-device.ts";

const open = (mix = smallMix): Engine =>
  new Engine(mix, { openDevice: (gpu) => new ToyDevice(loadGpu(gpu)) });

describe("a run as a mix", () => {
  it("is the mix that it began with", () => {
    expect(open().mix()).toEqual(smallMix);
  });

  it("has what was changed, and who has joined and left", () => {
    const engine = open();
    const added = tenantWithDefaults({ name: "more", class: "BE", model: "squeezenet1.1" });
    engine.advance(10e6);
    engine.act({ kind: "addTenant", config: added });
    engine.act({
      kind: "changeTenant",
      tenant: 0,
      change: { nice: 5, sloMs: null, vramKiB: 1, loadOn: false },
    });
    engine.act({ kind: "changeLoad", tenant: 0, load: { kind: "uniform", ratePerS: 3 } });
    engine.act({ kind: "removeTenant", tenant: 1, how: "drain" });
    engine.act({ kind: "choosePolicy", policy: "orion" });
    engine.act({ kind: "setTunable", tunable: "beChannelShare", value: 0.5 });
    const camera = {
      ...smallMix.tenants[0],
      nice: 5,
      sloMs: null,
      vramKiB: 1,
      load: { kind: "uniform", ratePerS: 3 },
    };
    expect(engine.mix()).toEqual({
      ...smallMix,
      policy: "orion",
      beChannelShare: 0.5,
      tenants: [camera, added],
    });
    expect(engine.tenantConfig(2)).toEqual(added);
    expect(() => engine.tenantConfig(1)).toThrow("leaving already");
    expect(() => engine.tenantConfig(9)).toThrow("no tenant with id 9");
  });

  it("begins a changed load at once, and keeps the times of the one before", () => {
    const [camera, batch] = smallMix.tenants;
    const engine = open({ ...smallMix, tenants: [{ ...camera!, stopS: 0.1 }, batch!] });
    engine.advance(20e6);
    const before = engine.snapshot().tenants[0]!.requests.arrived;
    engine.act({ kind: "changeLoad", tenant: 0, load: { kind: "uniform", ratePerS: 1000 } });
    engine.advance(59.5e6);
    const { requests, load } = engine.snapshot().tenants[0]!;
    expect(load).toBe("uniform 1000/s");
    expect(requests.arrived - before).toBe(40);
    engine.advance(200e6);
    expect(engine.snapshot().tenants[0]!.requests.arrived - before).toBe(80);
  });

  it("is what the snapshot shows, after any acts", () => {
    const tenant = fc.nat(4);
    const act: fc.Arbitrary<SchedulerAct> = fc.oneof(
      fc.record({
        kind: fc.constant("changeTenant" as const),
        tenant,
        change: fc.record(
          { nice: fc.integer({ min: 0, max: 9 }), vramKiB: fc.nat(2e8), sloMs: fc.option(fc.nat(3)) },
          { requiredKeys: [] },
        ),
      }),
      fc.record({
        kind: fc.constant("changeLoad" as const),
        tenant,
        load: fc.record({ kind: fc.constant("poisson" as const), ratePerS: fc.nat(2) }),
      }),
      fc.record({ kind: fc.constant("removeTenant" as const), tenant, how: fc.constant("abort" as const) }),
      fc.nat(4).map((name) => ({
        kind: "addTenant" as const,
        config: tenantWithDefaults({ name: `t${name}`, class: "BE", model: "squeezenet1.1" }),
      })),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 15 }), (acts) => {
        const engine = open();
        for (const one of acts) {
          engine.advance(engine.nowNs() + 1e6);
          try {
            engine.act(one);
          } catch (cause) {
            expect(cause).toMatchObject({ name: "MissileError" });
          }
        }
        const shown = engine.snapshot().tenants.filter(({ leaving }) => !leaving);
        const { tenants } = engine.mix();
        expect(tenants.map(({ name, nice, sloMs }) => [name, nice, sloMs])).toEqual(
          shown.map(({ name, nice, sloMs }) => [name, nice, sloMs]),
        );
        expect(tenants.map(({ load }) => describeLoad(load))).toEqual(shown.map(({ load }) => load));
        for (const [index, { vramKiB }] of tenants.entries()) {
          if (vramKiB !== null) expect(vramKiB).toBe(shown[index]!.vramKiB);
        }
        expect(shown.map(({ id }) => engine.tenantConfig(id))).toEqual(tenants);
      }),
      { numRuns: 60 },
    );
  });
});
