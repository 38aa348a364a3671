/** Who delayed a request, on which resource. */
import { describe, expect, it } from "vitest";
import type { SlowRequest } from "../../src/core/snapshot.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { Stage, stageGpu } from "./stage.ts";
import { expectToldRightly } from "./told.ts";

/** The one request that the tenant has completed. */
function storyOf(stage: Stage, tenant: number): SlowRequest {
  const [request, ...others] = stage.scheduler.detail(tenant)!.slowest;
  expect(others).toEqual([]);
  expectToldRightly(request!);
  return request!;
}

const lines = ({ delays }: SlowRequest): string[] =>
  delays.map(({ byName, resource, ms }) => `${byName} ${resource} ${Math.round(ms * 1e6)}`);

const phases = (request: SlowRequest): string[] =>
  request.phases.map(({ part, fromNs, untilNs }) => `${part} ${fromNs}-${untilNs}`);

describe("a delay", () => {
  it("by earlier requests is its own tenant's", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" });
    stage.arrive("ls").at(3000).copyDone();
    stage.arrive("ls").at(5000).copyDone();
    stage.at(13_000).launchDone("ls").copyDone("d2h");
    stage.at(23_000).launchDone("ls").copyDone("d2h");
    const [, second] = stage.scheduler.detail(0)!.slowest.toSorted((a, b) => a.id - b.id);
    expect(phases(second!)).toEqual(["copy 3000-5000", "queue 5000-13000", "execution 13000-23000"]);
    expect(second!.delays).toEqual([{ by: -1, byName: "ls", resource: "queue", ms: 0.008 }]);
  });

  it("of a copy is whose chunks the engine moved meanwhile, to the ns", () => {
    const stage = new Stage("streams")
      .join("a", { class: "BE", inputBytes: 1e6 })
      .join("b", { class: "BE", inputBytes: 1e6 })
      .join("ls", { class: "LS" });
    stage.at(0).arrive("a").arrive("b");
    stage.at(5000).arrive("ls");
    stage.at(20_000).copyDone().at(41_000).copyDone().at(44_000).copyDone();
    stage.at(54_000).launchDone("ls").copyDone("d2h");
    const request = storyOf(stage, 2);
    expect(phases(request).slice(0, 2)).toEqual(["copyWait 5000-41000", "copy 41000-44000"]);
    expect(lines(request)).toEqual(["b PCIe in 21000", "a PCIe in 15000"]);
  });

  it("of a copy back is on the way out", () => {
    const stage = new Stage("streams").join("be", { class: "BE" }).join("ls", { class: "LS" });
    stage.at(0).arrive("be").arrive("ls").copyDone().copyDone();
    stage.at(20_000).launchDone("be").launchDone("ls");
    stage.at(23_000).copyDone("d2h").at(25_000).copyDone("d2h");
    expect(lines(storyOf(stage, 1))).toContain("be PCIe out 3000");
  });

  it("of a launch is who held the TPCs that it was to have, until they were left", () => {
    const stage = new Stage("missiletemporal")
      .join("a", { class: "BE" })
      .join("b", { class: "BE" })
      .join("ls", { class: "LS", needs: [5] });
    stage.at(0).arrive("a").arrive("b").copyDone().copyDone().yielded("a", tpcRange(0, 6));
    stage.at(10_000).arrive("ls").at(12_000).copyDone();
    // LS waits for TPCs 0-7: b had 0-5, a 6-11.
    stage.at(15_000).yielded("b", tpcRange(0, 6));
    stage.at(19_000).yielded("a", tpcRange(6, 8));
    stage.at(30_000).launchDone("ls").copyDone("d2h");
    const request = storyOf(stage, 2);
    expect(phases(request).slice(0, 2)).toEqual(["copy 10000-12000", "smWait 12000-19000"]);
    expect(lines(request)).toEqual(["a SMs 5500", "b SMs 1500"]);
  });

  it("of BE is the LS tenant for whom all TPCs are kept, though its input is still on the way", () => {
    const stage = new Stage("missiletemporal")
      .join("ls", { class: "LS", needs: [12] })
      .join("be", { class: "BE" });
    stage.at(0).arrive("ls").arrive("be");
    stage.at(5000).copyDone().at(7000).copyDone();
    stage.at(17_000).launchDone("ls");
    stage.copyDone("d2h");
    stage.at(40_000).launchDone("be").copyDone("d2h");
    expect(lines(storyOf(stage, 1))).toContain("ls SMs 10000");
  });

  it("of a kernel beside others is who ran on the same TPCs, by what they held for how long", () => {
    const stage = new Stage("streams")
      .join("ls", { class: "LS", aloneNs: 10_000 })
      .join("a", { class: "BE" })
      .join("b", { class: "BE" });
    stage.at(0).arrive("ls").arrive("a").arrive("b").copyDone().copyDone().copyDone();
    stage.at(10_000).launchDone("b");
    stage.at(30_000).launchDone("a");
    stage.copyDone("d2h").copyDone("d2h");
    stage.at(40_000).launchDone("ls").copyDone("d2h");
    expect(lines(storyOf(stage, 0))).toEqual(["a SMs 22500", "b SMs 7500"]);
  });

  it("of a kernel apart on the SMs is in VRAM where channels are shared, and nobody's where they are not", () => {
    for (const [policy, expected] of [
      ["missile-nochannels", ["be VRAM 5000"]],
      ["missiletemporal", []],
    ] as const) {
      const stage = new Stage(policy)
        .join("ls", { class: "LS", needs: [4], aloneNs: 10_000 })
        .join("be", { class: "BE" });
      stage.at(0).arrive("ls").arrive("be").copyDone().copyDone();
      stage.at(15_000).launchDone("ls").copyDone("d2h");
      expect(lines(storyOf(stage, 0))).toEqual(expected);
    }
  });

  it("of a kernel with fewer TPCs than it needs is who held the others", () => {
    const stage = new Stage("missiletemporal")
      .join("ls", { class: "LS", needs: [5] })
      .join("be", { class: "BE", aloneNs: 10_000 });
    stage.at(0).arrive("be").copyDone().arrive("ls").copyDone().yielded("be", tpcRange(0, 8));
    stage.at(30_000).launchDone("be").copyDone("d2h");
    expect(lines(storyOf(stage, 1))).toEqual(["ls SMs 20000"]);
  });

  it("of BE is first for whom TPCs are kept, then who still holds them", () => {
    const stage = new Stage("missiletemporal")
      .join("a", { class: "BE" })
      .join("b", { class: "BE" })
      .join("ls", { class: "LS", needs: [12] });
    stage.at(0).arrive("a").copyDone();
    stage.at(10_000).arrive("ls").arrive("b");
    stage.at(11_000).copyDone().at(12_000).copyDone();
    stage.at(20_000).leave("ls", "abort");
    stage.at(25_000).launchDone("a", { kernelsDone: 0, blocksLeft: 50 });
    stage.at(35_000).launchDone("b").copyDone("d2h");
    const request = storyOf(stage, 1);
    expect(phases(request).slice(0, 3)).toEqual([
      "copyWait 10000-11000",
      "copy 11000-12000",
      "smWait 12000-25000",
    ]);
    expect(lines(request)).toEqual(["ls SMs 8000", "a SMs 5000", "ls PCIe in 1000"]);
  });

  it("of BE is the LS launch whose memory lies in its channels too", () => {
    const stage = new Stage("missiletemporal")
      .join("ls", { class: "LS", needs: [5] })
      .join("be", { class: "BE", needs: [4] });
    stage.at(0).arrive("ls").arrive("be").copyDone().copyDone();
    stage.at(10_000).launchDone("ls").at(20_000).launchDone("be");
    stage.copyDone("d2h").copyDone("d2h");
    expect(lines(storyOf(stage, 1))).toEqual(["ls VRAM 10000"]);
  });
});

describe("the slowest", () => {
  const once = (stage: Stage, atNs: number, latencyNs: number): void => {
    stage.at(atNs).arrive("ls").copyDone();
    stage
      .at(atNs + latencyNs)
      .launchDone("ls")
      .copyDone("d2h");
  };

  it("are the ten slowest, of the last minute", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" });
    for (let index = 0; index < 30; index++) once(stage, index * 1e6, 20_000 + ((index * 7) % 30) * 1000);
    const told = (): number[] =>
      stage.scheduler.detail(0)!.slowest.map(({ latencyMs }) => Math.round(latencyMs * 1e3));
    expect(told()).toEqual([49, 48, 47, 46, 45, 44, 43, 42, 41, 40]);
    once(stage, 45e9, 60_000);
    expect(told().slice(0, 3)).toEqual([60, 49, 48]);
    stage.at(61e9).wait();
    expect(told()).toEqual([60]);
    stage.resetStatistics();
    expect(told()).toEqual([]);
  });

  it("keep the sum of each part where there are too many phases to tell them all", () => {
    const stage = new Stage("temporal").join("ls", {
      class: "LS",
      needs: new Array<number>(300).fill(12),
      aloneNs: 900,
    });
    stage.arrive("ls").at(2000).copyDone();
    for (let kernel = 1; kernel <= 300; kernel++) stage.at(2000 + kernel * 1000).launchDone("ls");
    stage.at(303_000).copyDone("d2h");
    const request = storyOf(stage, 0);
    expect(request.phases.length).toBeLessThanOrEqual(48);
    const sum = (part: string): number =>
      request.phases
        .filter((phase) => phase.part === part)
        .reduce((ns, phase) => ns + phase.untilNs - phase.fromNs, 0);
    expect([sum("copy"), sum("execution"), sum("sharing")]).toEqual([3000, 270_000, 30_000]);
  });

  it("name those who were there then", () => {
    const stage = new Stage("streams", { gpu: stageGpu })
      .join("be", { class: "BE", inputBytes: 1e6 })
      .join("ls", { class: "LS" });
    stage.at(0).arrive("be").arrive("ls").at(20_000).copyDone().at(22_000).copyDone();
    stage.at(32_000).launchDone("ls").copyDone("d2h");
    stage.launchDone("be").copyDone("d2h").leave("be", "drain");
    expect(stage.scheduler.detail(0)).toBeNull();
    expect(lines(storyOf(stage, 1))[0]).toBe("be PCIe in 20000");
  });
});
