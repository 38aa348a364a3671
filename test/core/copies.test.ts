/** Completely fair copies: shares by nice, chunks by period, no credit for idling, loans for LS. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOAN_BYTES } from "../../src/core/policies/copy-cfs.ts";
import { Stage } from "./stage.ts";

const KIB = 1024;

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
    const joining = (tenantClass: "LS" | "BE"): string[] => {
      const stage = flood([100_000], 128, 0);
      for (const name of ["a", "b", "c"]) stage.join(name, { class: tenantClass, inputBytes: 256 * KIB });
      stage.said();
      stage.arrive("a").arrive("b").arrive("c");
      return stage.said().filter((line) => line.startsWith("copy"));
    };
    expect(joining("BE")).toEqual([]);
    // Three chunks of 4.8 us are in flight; LS adds some of 7.6 us until twice as much is as would do.
    expect(joining("LS")).toEqual(["copy h2d a 0+262144", "copy h2d b 0+262144"]);
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

describe("loans", () => {
  /** A BE flood of which some has moved, and an LS tenant of the same nice whose input has `inputKiB`, under a period of 128 KiB. */
  function besideFlood(inputKiB: number): Stage {
    const stage = flood([100_000], 128, 4).join("ls", { class: "LS", inputBytes: inputKiB * KIB });
    stage.said();
    return stage;
  }

  /** Whose chunks were ordered since the last look, and their KiB. */
  const ordered = (stage: Stage): string[] =>
    stage
      .said()
      .map((line) => line.split(" "))
      .filter(([order]) => order === "copy")
      .map(([, , who, bytes = ""]) => `${who} ${Number(bytes.split("+")[1]) / KIB}`);

  /** The same, as the engine moves on by `chunks`. */
  function orderedNext(stage: Stage, chunks: number): string[] {
    for (let chunk = 0; chunk < chunks; chunk++) stage.copyDone();
    return ordered(stage);
  }

  it("let an LS input of up to a MiB go at once and in one piece", () => {
    for (const kib of [1, 588, 1024]) {
      expect(ordered(besideFlood(kib).arrive("ls"))).toEqual([`ls ${kib}`]);
    }
  });

  it("let it go before BE that has waited for longer", () => {
    const stage = flood([100_000, 100_000], 128, 0).join("ls", { class: "LS", inputBytes: 588 * KIB });
    expect(ordered(stage)).toEqual(["t0 128", "t0 128", "t0 128"]);
    expect(ordered(stage.arrive("ls"))).toEqual(["ls 588"]);
    expect(orderedNext(stage, 4)).toEqual(["t1 64", "t1 64", "t1 64", "t0 64"]);
  });

  it("leave the period alone where that gives more than a piece", () => {
    const stage = new Stage("missiletemporal", { cfsPeriodPackets: 4096 });
    stage.join("ls", { class: "LS", inputBytes: 1e9 }).arrive("ls");
    expect(ordered(stage)).toEqual(["ls 4096", "ls 4096"]);
  });

  it("end after 64 MiB: then LS and BE take turns as their nices say, in slices of the period", () => {
    const stage = besideFlood(1e9).arrive("ls");
    const chunks = [...ordered(stage), ...orderedNext(stage, 100)];
    expect(chunks.slice(0, 64)).toEqual(Array(64).fill("ls 1024"));
    // The flood was a chunk ahead.
    expect(chunks.slice(64, 72)).toEqual([
      ...["ls 64", "ls 64"],
      ...["t0 64", "ls 64", "t0 64", "ls 64", "t0 64", "ls 64"],
    ]);
  });

  it("are paid back by the time that BE has moved as much", () => {
    const longestRun = (betweenKib: number): number => {
      const stage = besideFlood(64 * 1024).arrive("ls");
      orderedNext(stage, 67 + betweenKib / 128);
      const chunks = [...ordered(stage.arrive("ls")), ...orderedNext(stage, 80)];
      const last = chunks.lastIndexOf("ls 1024");
      return last - chunks.indexOf("ls 1024") + 1;
    };
    expect(longestRun(64 * 1024)).toBe(64);
    expect(longestRun(4 * 1024)).toBe(4);
  });

  it("are not other BE tenants' debt: who joins shares with the flood at once", () => {
    const stage = besideFlood(1e9).arrive("ls");
    orderedNext(stage, 100);
    stage.join("be", { class: "BE", inputBytes: 1e12 }).arrive("be").said();
    const chunks = orderedNext(stage, 12);
    for (const who of ["t0 42", "be 42"]) expect(chunks.filter((chunk) => chunk === who)).toHaveLength(4);
  });

  it("bound what LS is ahead by the loan and a chunk, whatever the nices", () => {
    const part = fc.record({
      class: fc.constantFrom("LS", "BE"),
      nice: fc.integer({ min: 1_000, max: 1_000_000 }),
      inputBytes: fc.constantFrom(588 * KIB, 1e12),
    });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 64, max: 4096 }),
        fc.integer({ min: 10, max: 200 }),
        (parts, cfsPeriodPackets, chunks) => {
          const stage = new Stage("missiletemporal", { cfsPeriodPackets });
          parts.forEach((each, index) => {
            stage.join(`t${index}`, each).arrive(`t${index}`).arrive(`t${index}`);
          });
          for (let chunk = 0; chunk < chunks && stage.hasCopies; chunk++) stage.copyDone();
          for (const { tenant, vruntimeLead } of stage.snapshot().copies.h2d) {
            const { class: tenantClass, nice } = parts[tenant]!;
            const mostBytes = cfsPeriodPackets * KIB + (tenantClass === "LS" ? LOAN_BYTES : 0);
            expect(vruntimeLead * nice).toBeLessThan(mostBytes + 1);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("leave the shares of LS and BE floods within 1 % of what nice asks for once they are used", () => {
    for (const cfsPeriodPackets of [512, 4096]) {
      const stage = new Stage("missiletemporal", { cfsPeriodPackets });
      stage.join("ls", { class: "LS", nice: 400_000, inputBytes: 1e12 });
      stage.join("other", { class: "LS", nice: 50_000, inputBytes: 1e12 });
      stage.join("be", { class: "BE", nice: 200_000, inputBytes: 1e12 });
      stage.arrive("ls").arrive("other").arrive("be");
      for (let chunk = 0; chunk < 2000; chunk++) stage.copyDone();
      stage.resetStatistics();
      // Far more than a piece each: those are what LS tenants take turns with while they have loans left.
      for (let chunk = 0; chunk < 20_000; chunk++) stage.copyDone();
      for (const { shareGot, shareAsked } of stage.snapshot().copies.h2d)
        expect(Math.abs(shareGot / shareAsked - 1)).toBeLessThan(0.01);
    }
  });
});
