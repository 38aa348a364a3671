import { describe, expect, it } from "vitest";
import { Doorbell } from "../../src/engine/doorbell.ts";
import { RealTimePacer } from "../../src/engine/real-time-pacer.ts";

/** An engine whose every turn takes 10 us of the GPU's clock; `onTurn` may ring. */
function stage(onTurn: (turns: number, doorbell: Doorbell) => void = () => {}) {
  const doorbell = new Doorbell();
  const engine = {
    now: 0,
    turns: 0,
    hasEnds: false,
    nowNs: () => engine.now,
    presentNs: () => engine.now,
    advance: (untilNs: number, turns?: number): boolean => {
      expect(turns).toBe(1);
      // A device's clock stops at whole ns: it would never reach the fraction of one.
      expect(Number.isInteger(untilNs)).toBe(true);
      engine.now += 10_000;
      onTurn(++engine.turns, doorbell);
      return engine.now >= untilNs;
    },
  };
  return { engine, doorbell, pacer: new RealTimePacer(engine, doorbell) };
}

describe("the pacer of a real GPU", () => {
  it("polls until the next view is due, and asks to go on at once", () => {
    const { engine, pacer } = stage();
    expect(pacer.slice()).toBe(0);
    expect(engine.now / 1e6).toBeCloseTo(33, 1);
  });

  it("stops at the turn in which the doorbell rings, once a ring", () => {
    const { engine, doorbell, pacer } = stage((turns, bell) => {
      if (turns === 7) bell.ring();
    });
    pacer.slice();
    expect(engine.turns).toBe(7);
    expect(doorbell.isRung).toBe(false);
    pacer.slice();
    expect(engine.turns).toBeGreaterThan(3000);
  });

  it("stops at the turn in which a client's request ends", () => {
    const { engine, pacer } = stage((turns) => {
      if (turns === 5) engine.hasEnds = true;
    });
    pacer.slice();
    expect(engine.turns).toBe(5);
  });

  it("does not begin to poll while there is something to hear", () => {
    const { engine, doorbell, pacer } = stage();
    doorbell.ring();
    pacer.slice();
    expect(engine.turns).toBe(0);
  });

  it("has one speed, and neither pause nor steps", () => {
    const { pacer } = stage();
    for (const act of [() => pacer.setPaused(), () => pacer.setSpeed(), () => pacer.step()]) {
      expect(act).toThrow(expect.objectContaining({ name: "MissileError", code: "realTime" }));
    }
    expect(pacer.pace).toEqual({ paused: false, speed: 1, achievedSpeed: 1 });
  });
});

describe("the doorbell", () => {
  it("is heard through the shared word, wherever that is", () => {
    const here = new Doorbell();
    const there = new Doorbell(here.word);
    there.ring();
    expect(here.isRung).toBe(true);
    here.hush();
    expect(there.isRung).toBe(false);
  });
});
