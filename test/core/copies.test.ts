/** Completely fair copies: shares by nice, chunks by period, no credit for idling. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Stage } from "./stage.ts";

/** Floods the H2D direction with one endless tensor a tenant, and moves `chunks` chunks. */
function flood(nices: readonly number[], cfsPeriodPackets: number, chunks: number): Stage {
  const stage = new Stage("missiletemporal", { cfsPeriodPackets });
  nices.forEach((nice, index) => {
    stage.join(`t${index}`, { class: "BE", nice, inputBytes: 1e12 });
  });
  nices.forEach((_, index) => {
    stage.arrive(`t${index}`);
  });
  for (let chunk = 0; chunk < chunks; chunk++) stage.at(stage.nowNs + 10_000).copyDone();
  return stage;
}

describe("chunks", () => {
  it("divide one period by nice, in packets of 1 KiB", () => {
    const stage = flood([300_000, 100_000], 512, 12);
    const sizes = stage.said().filter((line) => line.startsWith("copy"));
    expect(sizes).toContain(`copy h2d t0 0+${512 * 1024}`);
    expect(sizes).toContain(`copy h2d t1 0+${128 * 1024}`);
    expect(sizes).toContain(`copy h2d t0 ${1024 * 1024}+${384 * 1024}`);
  });

  it("are in flight two at least, and small ones for as long as the next takes to follow", () => {
    const inFlight = (packets: number): number =>
      flood([100_000], packets, 0)
        .said()
        .filter((line) => line.startsWith("copy")).length;
    // Alone on the engine: 1 MiB takes 23 us, 128 KiB 5, 16 KiB 2.7.
    expect(inFlight(1024)).toBe(2);
    expect(inFlight(128)).toBe(3);
    expect(inFlight(16)).toBe(5);
  });

  it("of LS do not wait for room behind those in flight, of BE they do", () => {
    const joining = (tenantClass: "LS" | "BE"): number => {
      const stage = flood([100_000], 128, 0).join("t1", { class: tenantClass, inputBytes: 1e9 });
      stage.said();
      return stage
        .arrive("t1")
        .said()
        .filter((line) => line.startsWith("copy h2d t1")).length;
    };
    expect(joining("BE")).toBe(0);
    // Three chunks of 4.8 us are in flight; LS adds some of 3.6 us, its half of the period, until twice as much is.
    expect(joining("LS")).toBe(3);
  });

  it("are one packet at least", () => {
    const stage = flood([1_000, 1_000_000], 64, 4200);
    expect(stage.said().filter((line) => line.includes("t0"))).toContain(`copy h2d t0 ${256 * 1024}+1024`);
  });

  it("follow the period while copies are under way", () => {
    const stage = flood([1, 1], 512, 4);
    stage.set("cfsPeriodPackets", 64).said();
    stage.copyDone();
    expect(stage.said()[0]).toMatch(/\+32768$/);
  });
});

describe("fairness", () => {
  it("gives backlogged tenants their nice ratio within 1 % at every period", () => {
    for (let period = 64; period <= 65_536; period *= 4) {
      const { copies } = flood([400_000, 200_000, 100_000], period, 2000).snapshot();
      for (const queue of copies.h2d)
        expect(Math.abs(queue.shareGot / queue.shareAsked - 1)).toBeLessThan(0.01);
    }
  });

  it("bounds the vruntime spread of backlogged tenants by one chunk each", () => {
    const nices = fc.array(fc.integer({ min: 1_000, max: 1_000_000 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(
        nices,
        fc.integer({ min: 64, max: 4096 }),
        fc.integer({ min: 10, max: 200 }),
        (nice, period, chunks) => {
          const { copies, tenants } = flood(nice, period, chunks).snapshot();
          const first = period * 1024;
          const chunkLead = Math.max(...tenants.map((tenant) => first / tenant.nice));
          for (const queue of copies.h2d) expect(queue.vruntimeLead).toBeLessThanOrEqual(chunkLead);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("earns nothing by idling: who wakes starts at the running minimum", () => {
    const stage = new Stage("missiletemporal").join("busy", { class: "BE", inputBytes: 1e12 });
    stage.join("sleeper", { class: "BE", inputBytes: 1e9 }).arrive("busy");
    for (let chunk = 0; chunk < 1000; chunk++) stage.copyDone();
    stage.arrive("sleeper").said();
    for (let chunk = 0; chunk < 20; chunk++) stage.copyDone();
    const got = stage.said().filter((line) => line.includes("sleeper")).length;
    expect(got).toBeGreaterThanOrEqual(9);
    expect(got).toBeLessThanOrEqual(12);
  });

  it("keeps the directions apart", () => {
    const stage = flood([1, 1], 512, 10).join("ls", { class: "LS" });
    expect(
      stage.snapshot().copies.d2h.every((queue) => queue.vruntimeLead === 0 && queue.shareAsked === 0),
    ).toBe(true);
  });

  it("follows nice while copies are under way", () => {
    const stage = flood([100_000, 100_000], 512, 100).change("t0", { nice: 300_000 });
    const before = stage.snapshot().tenants.map((tenant) => tenant.h2dBytes);
    for (let chunk = 0; chunk < 4000; chunk++) stage.copyDone();
    const moved = stage.snapshot().tenants.map((tenant, index) => tenant.h2dBytes - before[index]!);
    expect(moved[0]! / moved[1]!).toBeCloseTo(3, 1);
  });
});
