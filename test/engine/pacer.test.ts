import { describe, expect, it } from "vitest";
import { Pacer } from "../../src/engine/pacer.ts";

/** An engine that needs `costMs` of wall time for each simulated ms, on a clock of its own. */
function stage(costMs: number, speed: number) {
  const clock = { ms: 0 };
  const engine = {
    now: 0,
    steps: 0,
    nowNs: () => engine.now,
    advance: (untilNs: number): boolean => {
      const sliceNs = Math.min(untilNs - engine.now, 1e5);
      if (sliceNs > 0) engine.now += sliceNs;
      clock.ms += (Math.max(sliceNs, 0) / 1e6) * costMs + 1e-6;
      return engine.now >= untilNs;
    },
    step: () => {
      engine.steps += 1;
      engine.now += 1000;
    },
  };
  const pacer = new Pacer(engine, speed, () => clock.ms);
  const runFor = (ms: number): void => {
    const endMs = clock.ms + ms;
    while (clock.ms < endMs) {
      const waitMs = pacer.slice();
      clock.ms += waitMs > 0 ? waitMs : 1e-3;
    }
  };
  return { clock, engine, pacer, runFor };
}

describe("the pacer", () => {
  it("keeps simulated time at the speed asked", () => {
    const { engine, pacer, runFor } = stage(0.01, 2);
    runFor(3000);
    expect(engine.now / 1e9).toBeCloseTo(6, 1);
    expect(pacer.pace.achievedSpeed).toBeCloseTo(2, 1);
  });

  it("changes speed without a jump in simulated time", () => {
    const { engine, pacer, runFor } = stage(0.001, 1);
    runFor(1000);
    const before = engine.now;
    pacer.setSpeed(0.1);
    runFor(1000);
    expect((engine.now - before) / 1e9).toBeCloseTo(0.1, 1);
  });

  it("stands still while paused, and does not rush after it", () => {
    const { engine, pacer, runFor } = stage(0.01, 1);
    runFor(1000);
    const before = engine.now;
    pacer.setPaused(true);
    runFor(60_000);
    expect(engine.now).toBe(before);
    expect(pacer.pace).toEqual({ paused: true, speed: 1, achievedSpeed: 0 });
    pacer.setPaused(false);
    runFor(1000);
    expect((engine.now - before) / 1e9).toBeCloseTo(1, 1);
  });

  it("steps while paused only", () => {
    const { engine, pacer } = stage(0.01, 1);
    expect(() => pacer.step()).toThrow("pause the run");
    pacer.setPaused(true);
    pacer.step();
    expect(engine.steps).toBe(1);
  });

  it("says how fast it goes when it cannot keep up, and in short slices", () => {
    const { clock, engine, pacer, runFor } = stage(1 / 3, 100);
    runFor(5000);
    expect(pacer.pace.speed).toBe(100);
    expect(pacer.pace.achievedSpeed).toBeCloseTo(3, 0);
    const startMs = clock.ms;
    expect(pacer.slice()).toBe(0);
    expect(clock.ms - startMs).toBeLessThan(6);
    const lagging = engine.now;
    pacer.setSpeed(1);
    runFor(1000);
    expect((engine.now - lagging) / 1e9).toBeCloseTo(1, 1);
  });

  it("refuses a speed that is none", () => {
    const { pacer } = stage(0.01, 1);
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => pacer.setSpeed(speed)).toThrow("speed");
  });
});
