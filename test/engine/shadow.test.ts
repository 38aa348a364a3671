import { describe, expect, it } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import { recordsOf } from "../../src/engine/recording.ts";
import { shadowOf } from "../../src/engine/shadow.ts";
import type { RunSettings, ShadowComparison } from "../../src/engine/shadow-figures.ts";
import { tenantWithDefaults } from "../../src/presets/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";
import { smallMix } from "./fixtures.ts";

const { tenants: _, name: _name, gpu: _gpu, seed: _seed, ...asItWas } = smallMix;

const more = tenantWithDefaults({
  name: "trace",
  class: "LS",
  model: "mobilenetv3-large",
  sloMs: 5,
  load: { kind: "trace", file: "apollo-like", stream: "lidar" },
});
const threeTenants: MixConfig = { ...smallMix, tenants: [...smallMix.tenants, more] };

/** A run that is looked at now and then, as a screen does. */
function ran(mix: MixConfig, ms: number): Engine {
  const engine = new Engine(mix);
  goOn(engine, ms);
  return engine;
}

function goOn(engine: Engine, untilMs: number): void {
  while (engine.nowNs() < untilMs * 1e6) {
    engine.advance(Math.min(engine.nowNs() + 33e6, untilMs * 1e6));
    engine.snapshot();
  }
}

const shadow = (engine: Engine, sinceMs: number, settings: RunSettings = asItWas): ShadowComparison =>
  shadowOf(
    { recording: engine.recording(), options: { ...settings, sinceNs: sinceMs * 1e6 }, actualIsReal: false },
    () => {},
  );

describe("a shadow run", () => {
  it.each([0, 300])("under the same settings is the run itself, compared from %d ms", (sinceMs) => {
    const comparison = shadow(ran(threeTenants, 1500), sinceMs);
    expect(comparison).toMatchObject({ fromNs: sinceMs * 1e6, untilNs: 1500e6, changes: 0 });
    expect(comparison.tenants.map(({ name }) => name)).toEqual(["camera", "batch", "trace"]);
    for (const { actual, shadow } of comparison.tenants) {
      expect(actual.completed).toBeGreaterThan(5);
      expect(shadow).toEqual(actual);
    }
    expect(comparison.classes.LS!.shadow).toEqual(comparison.classes.LS!.actual);
  });

  it("counts what the snapshot counts", () => {
    const engine = ran(threeTenants, 1500);
    const { tenants } = shadow(engine, 0);
    for (const [index, seen] of engine.snapshot().tenants.entries()) {
      const { actual } = tenants[index]!;
      expect(actual.completed).toBe(seen.requests.completed);
      expect(actual.lost).toBe(seen.requests.rejected);
      expect(actual.maxMs).toBeCloseTo(seen.latencyMs.max, 1);
      expect(actual.sloAttainment).toBe(seen.sloAttainment);
      expect(actual.throughputPerS).toBeCloseTo(seen.throughputPerS, 6);
    }
  });

  it("under another policy has the same open arrivals and other latencies", () => {
    const engine = ran(threeTenants, 1500);
    const { tenants, shadow: settings } = shadow(engine, 0, { ...asItWas, policy: "temporal" });
    expect(settings.policy).toBe("temporal");
    const [camera, batch] = tenants;
    expect(Math.abs(camera!.shadow.completed - camera!.actual.completed)).toBeLessThan(5);
    expect(camera!.shadow.p50Ms).not.toBe(camera!.actual.p50Ms);
    expect(batch!.shadow.throughputPerS).not.toBe(batch!.actual.throughputPerS);
  });

  it("has the tenants as they are set now, from when they came", () => {
    const engine = ran(smallMix, 300);
    engine.act({ kind: "addTenant", config: { ...more, load: { kind: "closed", inFlight: 1, thinkMs: 1 } } });
    engine.act({ kind: "removeTenant", tenant: 1, how: "abort" });
    goOn(engine, 900);
    engine.act({ kind: "changeTenant", tenant: 0, change: { sloMs: 1, nice: 7 } });
    const { tenants, classes, changes } = shadow(engine, 0);
    expect(changes).toBe(3);
    expect(tenants.map(({ name, sloMs }) => [name, sloMs])).toEqual([
      ["camera", 1],
      ["trace", 5],
    ]);
    expect(classes.BE).toBeNull();
    const [, late] = tenants;
    expect(late!.shadow.completed).toBeGreaterThan(0.8 * late!.actual.completed);
    expect(late!.shadow.completed).toBeLessThan(1.2 * late!.actual.completed);
  });

  it("sends again what clients have sent", () => {
    const engine = ran(smallMix, 100);
    const tenancy = engine.bring({ ...more, load: { kind: "clients" } }, { address: "x", estimatedMs: null });
    for (let ms = 100; ms < 600; ms += 20) {
      engine.infer(ms, tenancy);
      goOn(engine, ms + 20);
    }
    goOn(engine, 900);
    const guest = shadow(engine, 0).tenants[2]!;
    expect(guest.actual.completed).toBe(25);
    expect(guest.shadow.completed).toBe(25);
  });

  it("leaves a closed loop off that is off now", () => {
    const engine = ran(smallMix, 300);
    engine.act({ kind: "changeTenant", tenant: 1, change: { loadOn: false } });
    const [, batch] = shadow(engine, 0).tenants;
    expect(batch!.actual.completed).toBeGreaterThan(0);
    expect(batch!.shadow).toMatchObject({ completed: 0, throughputPerS: 0, sloAttainment: null });
    expect(batch!.shadow.quantilesMs).toHaveLength(0);
  });

  it("says how far it is, up to the end", () => {
    const engine = ran(threeTenants, 1000);
    const shares: number[] = [];
    shadowOf(
      { recording: engine.recording(), options: { ...asItWas, sinceNs: 0 }, actualIsReal: true },
      (share) => shares.push(share),
    );
    expect(shares.length).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    for (const share of shares) expect(share).toBeLessThan(1);
  });

  it("refuses what cannot be run", () => {
    const engine = ran(smallMix, 100);
    expect(() => shadow(engine, 100)).toThrow("nothing has happened since then");
    expect(() => shadow(engine, 0, { ...asItWas, policy: "nonesuch" })).toThrow('no policy "nonesuch"');
    expect(() => shadow(engine, 0, { ...asItWas, beChannelShare: 2 })).toThrow("beChannelShare must be");
  });

  it("has latencies that rise with their share", () => {
    const [camera] = shadow(ran(smallMix, 800), 0).tenants;
    const { quantilesMs, p50Ms, p99Ms, maxMs } = camera!.actual;
    expect(quantilesMs).toEqual(Float64Array.from(quantilesMs).sort());
    expect([quantilesMs[100], quantilesMs[198], quantilesMs[200]]).toEqual([p50Ms, p99Ms, maxMs]);
  });
});

describe("records of requests", () => {
  it("are those that the snapshot counts, from the moment that is asked for", () => {
    const engine = ran(smallMix, 500);
    const all = recordsOf(engine.recording(), 0);
    const { tenants } = engine.snapshot();
    const ended = (tenancy: number): number => all.tenancy.filter((one) => one === tenancy).length;
    for (const [index, { requests }] of tenants.entries()) {
      expect(ended(index)).toBe(requests.arrived - requests.inFlight);
    }
    expect(all).toMatchObject({ completeFromNs: 0, untilNs: 500e6 });
    const since = recordsOf(engine.recording(), 250e6);
    expect(since.count).toBe(all.arrivedNs.filter((atNs) => atNs >= 250e6).length);
    expect(Math.min(...since.arrivedNs)).toBeGreaterThanOrEqual(250e6);
    const ends = all.arrivedNs.map((atNs, row) => atNs + all.latencyNs[row]!);
    expect(ends).toEqual(Float64Array.from(ends).sort());
  });

  it("do not change once they were told", () => {
    const engine = ran(smallMix, 300);
    const before = engine.recording();
    const told = recordsOf(before, 0);
    goOn(engine, 600);
    expect(recordsOf(before, 0)).toEqual(told);
  });
});
