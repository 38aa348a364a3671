/** Corners of the promises: what holds when acts, phases and policies meet in unlucky order. */
import { describe, expect, it } from "vitest";
import { BitSet } from "../../src/core/bit-set.ts";
import { asTenantId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { Stage, stageGpu, tenantSpec } from "./stage.ts";

const tenant = (stage: Stage, name: string) => stage.snapshot().tenants.find((t) => t.name === name)!;

describe("policy switch", () => {
  it("temporal runs one kernel at a time, also of what was cut by the policy before it", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE", needs: [12, 12, 12] });
    stage.at(1000).arrive("be").copyDone().said();
    stage.at(2000).choose("temporal");
    stage.at(9000).launchDone("be", { kernelsDone: 0, blocksLeft: 50 });
    expect(stage.said()).toContain("launch be kernels 0-0 from 50 blocks left on 0-11");
  });

  it("orion decides kernel by kernel, also of what was cut by the policy before it", () => {
    const stage = new Stage("streams").join("be", { class: "BE", needs: [12, 12, 12] });
    stage.at(1000).arrive("be").copyDone().said();
    stage.at(2000).choose("orion");
    stage.at(9000).launchDone("be", { kernelsDone: 1, blocksLeft: 0 });
    expect(stage.said()).toContain("launch be kernels 1-1 on 0-11");
  });

  it("missiletemporal takes LS in launches of 64 kernels, also of what was cut by the policy before it", () => {
    const stage = new Stage("streams").join("ls", { class: "LS", needs: Array(80).fill(4) });
    stage.at(1000).arrive("ls").copyDone().said();
    stage.at(2000).choose("missiletemporal");
    stage.at(9000).launchDone("ls", { kernelsDone: 0, blocksLeft: 50 });
    expect(stage.said()).toContain("launch ls kernels 0-63 from 50 blocks left on 0-5 first");
  });

  it("keeps first come, first served among copies that waited when the policy changed", () => {
    const stage = new Stage("missiletemporal");
    stage.join("a", { class: "BE", inputBytes: 100_000 }).join("b", { class: "BE", inputBytes: 100_000 });
    stage.join("hog", { class: "BE", inputBytes: 8_000_000 });
    stage.at(1).arrive("hog").at(2).arrive("b").at(3).arrive("a");
    stage.choose("temporal").said();
    stage.copyDone().copyDone();
    const order = stage.said().filter((line) => line.startsWith("copy"));
    expect(order[0]).toContain("hog");
  });

  it("choosing the policy that runs disturbs nobody", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE" });
    stage.at(1000).arrive("be").copyDone().said();
    stage.choose("missiletemporal");
    expect(stage.said()).toEqual([]);
  });
});

describe("accounting", () => {
  it("attainment counts only requests that had an SLO", () => {
    const stage = new Stage("missiletemporal").join("ls", { class: "LS", needs: [4] });
    const one = (): void => {
      stage.arrive("ls").copyDone().launchDone("ls").copyDone("d2h");
    };
    one();
    one();
    stage.change("ls", { sloMs: 5 });
    one();
    expect(tenant(stage, "ls").sloAttainment).toBe(1);
  });

  it("the peak share survives a reset while it is held", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE" });
    stage.at(1000).arrive("be").copyDone();
    stage.at(2000).resetStatistics();
    expect(tenant(stage, "be").smShare).toBe(0);
    stage.at(3000);
    expect(tenant(stage, "be").smPeakShare).toBe(1);
  });

  it("execution alone has only the gaps between kernels that ran", () => {
    const gpu = { ...stageGpu, timing: { ...stageGpu.timing, kernelGapNs: 1000 } };
    const stage = new Stage("missiletemporal", { gpu });
    stage.join("be", { class: "BE", needs: Array(100).fill(12), aloneNs: 10_000 });
    stage.join("ls", { class: "LS", needs: [12] });
    stage.at(0).arrive("be").copyDone().arrive("ls").copyDone();
    stage.at(200_000).launchDone("be", { kernelsDone: 1, blocksLeft: 0 });
    stage.at(200_000).launchDone("ls");
    stage
      .at(200_000 + 99 * 11_000 - 1000)
      .launchDone("be")
      .copyDone("d2h")
      .copyDone("d2h");
    // 100 kernels of 10 us and 99 gaps of 1 us: what it takes alone.
    expect(tenant(stage, "be").blameMs.execution).toBeCloseTo(1.099, 9);
  });

  it("a floor raised while a launch runs counts from then on", () => {
    const stage = new Stage("mpsplus").join("be", { class: "BE", smLimitPercent: 25 });
    stage.at(0).arrive("be").copyDone();
    stage.at(1000).change("be", { smRequestPercent: 100 });
    stage.at(2000).wait();
    expect(tenant(stage, "be").smFloorHeld).toBe(0.5);
  });
});

describe("removal", () => {
  it("aborting twice takes nothing from others", () => {
    const stage = new Stage("temporal");
    stage.join("gone", { class: "LS", inputBytes: 1e6 }).join("c", { class: "BE", inputBytes: 1e6 });
    stage.join("d", { class: "BE", inputBytes: 1e6 });
    stage.arrive("c").arrive("c").arrive("d").arrive("gone");
    // 'gone' has its input in the backlog; nothing of it is in flight, so it goes at once.
    stage.leave("gone", "abort");
    expect(stage.said()).toContain("release gone");
  });

  it("an abort may follow an abort while chunks are in flight", () => {
    const stage = new Stage("missiletemporal", { cfsPeriodPackets: 1 });
    stage.join("gone", { class: "LS", inputBytes: 100_000 });
    stage.arrive("gone").leave("gone", "abort").leave("gone", "abort");
    expect(tenant(stage, "gone").requests.inFlight).toBe(1);
    expect(stage.snapshot().copies.h2d[0]?.backlogBytes).toBe(0);
  });
});

describe("floors", () => {
  it("50 % and 50 % of an odd number of TPCs: both floors hold as reported", () => {
    const gpu = { ...stageGpu, sms: 26 };
    const stage = new Stage("missiletemporal", { gpu });
    stage
      .join("be", { class: "BE", smRequestPercent: 50 })
      .join("ls", { class: "LS", needs: [13], smRequestPercent: 50 });
    stage.at(0).arrive("be").copyDone().arrive("ls").copyDone();
    stage.at(1000).yielded("be", tpcRange(0, 7));
    stage.at(2000).wait();
    expect(stage.said().filter((l) => l.startsWith("launch"))).toHaveLength(2);
    expect(tenant(stage, "ls").smFloorHeld).toBe(1);
    expect(tenant(stage, "be").smFloorHeld).toBe(1);
  });
});

describe("missiletemporal: BE has every other TPC", () => {
  it("a BE tenant that waits for its parameters keeps no TPCs from one that runs", () => {
    const stage = new Stage("missiletemporal", { cfsPeriodPackets: 1 });
    stage.join("streams", { class: "BE", weightBytes: 1_000_000, vramKiB: 0 }).join("runs", { class: "BE" });
    stage.arrive("streams");
    stage.copyDone().copyDone().copyDone().copyDone();
    // its input (4 packets) is there, its parameters are not
    stage.arrive("runs");
    for (let chunk = 0; chunk < 12 && stage.launches.length === 0; chunk++) stage.copyDone();
    expect(stage.launches[0]?.tpcs.toString()).toBe("0-11");
  });
});

describe("a launch without TPCs", () => {
  it("is still on the GPU until it retires: it is extended, never started twice", () => {
    const stage = new Stage("missiletemporal")
      .join("be", { class: "BE" })
      .join("ls", { class: "LS", needs: [12] });
    stage.arrive("be").copyDone().arrive("ls").copyDone().yielded("be", tpcRange(0, 12)).said();
    stage.launchDone("ls");
    expect(stage.said()).toContain("extend be to 0-11");
  });
});

describe("ids", () => {
  it("an id used again starts with no lead of virtual time", () => {
    const stage = new Stage("missiletemporal").join("old", { class: "BE", inputBytes: 10_000_000 });
    stage.arrive("old");
    for (let i = 0; i < 8; i++) stage.copyDone();
    stage.leave("old", "abort").copyDone().copyDone();
    expect(stage.said().at(-1)).toBe("release old");
    const spec = tenantSpec("new", { class: "BE" });
    stage.scheduler.step({ kind: "tenantJoined", atNs: 0, tenant: asTenantId(0), spec }, stage);
    expect(stage.snapshot().copies.h2d[0]?.vruntimeLead).toBe(0);
  });
});

describe("decisions explain themselves", () => {
  const shrunk = (stage: Stage): string[] =>
    stage
      .snapshot()
      .log.map(({ text }) => text)
      .filter((text) => text.startsWith("shrank"));

  it("a BE tenant that makes room for another BE tenant is not told that LS needs it", () => {
    const stage = new Stage("missiletemporal").join("ls", { class: "LS", needs: [2] });
    stage.join("a", { class: "BE" }).join("b", { class: "BE" });
    stage.arrive("a").copyDone().arrive("ls").copyDone().yielded("a", tpcRange(0, 2));
    stage.snapshot();
    stage.arrive("b").copyDone();
    expect(shrunk(stage).at(-1)).toMatch(/^shrank a to 5 TPCs: others share them/);
  });

  it("a launch that is capped by its channels is told so", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE", bounds: ["memory"] });
    stage.join("ls", { class: "LS", needs: [2] });
    stage.arrive("be").copyDone().arrive("ls");
    expect(shrunk(stage)[0]).toContain("4 of 12 channels");
  });
});

describe("the law", () => {
  it("BE launches side by side stay within the class's budget of bandwidth", () => {
    const stage = new Stage("missiletemporal").join("ls", { class: "LS", needs: Array(64).fill(1) });
    stage.join("modest", { class: "BE", memoryShare: 0.1 });
    stage.join("hungry", { class: "BE", bounds: ["memory"] });
    stage.arrive("modest").copyDone().arrive("hungry").copyDone().arrive("ls").copyDone();
    for (let turn = 0; turn < 4; turn++) {
      for (const line of stage.said()) {
        const [, name, tpcs] = /^evict (\w+) from (\S+)$/.exec(line) ?? [];
        if (name !== undefined && tpcs !== undefined) stage.yielded(name, BitSet.parse(tpcs));
      }
    }
    const held = (name: string) => words(tenant(stage, name).tpcs);
    const demand = 0.1 * held("modest") + held("hungry");
    expect(held("modest")).toBeGreaterThan(0);
    expect(demand).toBeLessThanOrEqual(12 * (1 / 3) * (2 / 3) + 1e-9);
  });
});

const words = ([a, b, c]: readonly [number, number, number]): number => new BitSet(a, b, c).size;
