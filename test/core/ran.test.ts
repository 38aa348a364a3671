/** What tenants truly had of the SMs, as snapshots tell it from the device's times. */
import { describe, expect, it } from "vitest";
import { MAX_TPCS } from "../../src/core/device.ts";
import { Stage } from "./stage.ts";

const TPCS = 12;
const SECOND = 1e9;

/** Tenants "a" (id 0) and "b" (id 1), of which nothing runs: what they had is what `ran` says. */
function staged() {
  const stage = new Stage("missiletemporal").join("a", { class: "LS" }).join("b", { class: "BE" });
  const ran = (tenant: number, tpc: number, ns: number): void => {
    stage.tpcTimes[tenant * MAX_TPCS + tpc]! += ns;
  };
  const look = (nowNs: number) => {
    stage.at(nowNs);
    stage.wait();
    const [a, b] = stage.snapshot().tenants;
    return { a: a!, b: b! };
  };
  return { stage, ran, look };
}

describe("a snapshot", () => {
  it("tells how full each tenant kept each TPC since the one before", () => {
    const { ran, look } = staged();
    ran(0, 2, 400);
    ran(1, 2, 100);
    ran(1, 11, 1000);
    const first = look(1000);
    expect(first.a.tpcRan).toEqual([0, 0, 0.4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(first.b.tpcRan).toEqual([0, 0, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    ran(0, 0, 500);
    const second = look(2000);
    expect(second.a.tpcRan).toEqual([0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(second.b.tpcRan.every((share) => share === 0)).toBe(true);
  });

  it("says the same again while no time passes, and counts nothing twice", () => {
    const { ran, look } = staged();
    ran(0, 0, 600);
    const { a } = look(1000);
    expect(look(1000).a).toEqual(a);
    expect(a.smRan).toBeCloseTo(0.6 / TPCS, 12);
  });

  it("gives shares since the statistics began, and over the last ten seconds", () => {
    const { stage, ran, look } = staged();
    for (let second = 1; second <= 20; second++) {
      ran(0, 0, second <= 10 ? SECOND : 0);
      look(second * SECOND);
    }
    const { a } = look(20 * SECOND);
    expect(a.smRan).toBeCloseTo(0.5 / TPCS, 9);
    expect(a.recentSmRan).toBeCloseTo(0, 9);
    stage.resetStatistics();
    for (let tpc = 0; tpc < TPCS; tpc++) ran(0, tpc, SECOND / 2);
    expect(look(21 * SECOND).a).toMatchObject({ smRan: 0.5, recentSmRan: 0.5 });
  });

  it("takes nothing over from who had the id before, and never shows more than all", () => {
    const { stage, ran, look } = staged();
    ran(0, 0, 5000);
    expect(look(1000).a.tpcRan[0]).toBe(1);
    stage.tpcTimes.fill(0);
    expect(look(2000).a.tpcRan[0]).toBe(0);
  });
});
