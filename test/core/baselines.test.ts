/** The baselines' decisions, order by order. */
import { describe, expect, it } from "vitest";
import { Stage } from "./stage.ts";

const launches = (stage: Stage): string[] => stage.said().filter((line) => line.startsWith("launch"));

describe("temporal", () => {
  it("runs one kernel on the GPU at a time, LS first, BE yielding between kernels", () => {
    const stage = new Stage("temporal")
      .join("be", { class: "BE", needs: [12, 12] })
      .join("ls", { class: "LS", needs: [4, 4] });
    stage.arrive("be").copyDone();
    expect(launches(stage)).toEqual(["launch be kernels 0-0 on 0-11"]);
    stage.arrive("ls").copyDone();
    expect(launches(stage)).toEqual([]);
    stage.launchDone("be");
    expect(launches(stage)).toEqual(["launch ls kernels 0-0 on 0-11"]);
    stage.launchDone("ls");
    expect(launches(stage)).toEqual(["launch ls kernels 1-1 on 0-11"]);
    stage.launchDone("ls");
    expect(launches(stage)).toEqual(["launch be kernels 1-1 on 0-11"]);
  });
});

describe("streams", () => {
  it("starts everything at once, LS blocks first, whole tensors in order of arrival", () => {
    const stage = new Stage("streams")
      .join("be", { class: "BE", inputBytes: 50e6 })
      .join("ls", { class: "LS" });
    stage.arrive("be").arrive("ls");
    expect(stage.said().slice(2)).toEqual(["copy h2d be 0+50000000", "copy h2d ls 0+4096"]);
    stage.copyDone().copyDone();
    expect(launches(stage)).toEqual(["launch be kernels 0-0 on 0-11", "launch ls kernels 0-0 on 0-11 first"]);
  });
});

describe("mpsplus", () => {
  it("caps each tenant at its smLimit, LS from the first TPC and BE from the last", () => {
    const stage = new Stage("mpsplus");
    stage.join("be", { class: "BE", smLimitPercent: 50 }).join("ls", { class: "LS", smLimitPercent: 75 });
    stage.arrive("be").copyDone().arrive("ls").copyDone();
    expect(launches(stage)).toEqual(["launch be kernels 0-0 on 6-11", "launch ls kernels 0-0 on 0-8"]);
  });

  it("counts a TPC once, however many launches of the class are on it", () => {
    const stage = new Stage("mpsplus");
    stage.join("half", { class: "BE", smLimitPercent: 50 }).join("most", { class: "BE", smLimitPercent: 75 });
    stage.arrive("half").copyDone().arrive("most").copyDone();
    stage.at(1_000).launchDone("most").at(2_000).launchDone("half");
    const { smShare, tenants } = stage.snapshot();
    expect(smShare.BE).toBeCloseTo((0.75 + 0.5) / 2, 9);
    expect(tenants.map((tenant) => tenant.smShare)).toEqual([0.5, 0.375]);
  });

  it("copies LS ahead of BE, whole tensors at a time", () => {
    const stage = new Stage("mpsplus");
    for (const name of ["be0", "be1", "be2"]) stage.join(name, { class: "BE", inputBytes: 9e6 });
    stage.join("ls", { class: "LS", inputBytes: 7e6 }).said();
    stage.arrive("be0").arrive("be1").arrive("be2").arrive("ls");
    expect(stage.said()).toEqual(["copy h2d be0 0+9000000", "copy h2d be1 0+9000000"]);
    stage.copyDone();
    expect(stage.said()).toContain("copy h2d ls 0+7000000");
  });
});

describe("orion", () => {
  const ls = { class: "LS", needs: Array(10).fill(12), aloneNs: 100_000 } as const;

  function besideLs(be: Parameters<Stage["join"]>[1], lsPart: Parameters<Stage["join"]>[1] = ls): string[] {
    const stage = new Stage("orion").join("ls", lsPart).join("be", be);
    stage.arrive("ls").copyDone().said();
    stage.arrive("be").copyDone();
    return launches(stage);
  }

  it("starts a BE kernel beside LS where it is smaller, shorter and bound by the other resource", () => {
    const fits = { class: "BE", needs: [6], aloneNs: 20_000, computeShare: 0.3, memoryShare: 0.8 } as const;
    expect(besideLs(fits)).toEqual(["launch be kernels 0-0 on 0-11"]);
    expect(besideLs({ ...fits, needs: [12] })).toEqual([]);
    expect(besideLs({ ...fits, aloneNs: 150_000 })).toEqual([]);
    expect(besideLs({ ...fits, computeShare: 0.8 })).toEqual([]);
  });

  it("keeps BE away from an LS kernel bound by both, and lets any beside one bound by neither", () => {
    const both = { ...ls, computeShare: 0.7, memoryShare: 0.7 };
    const neither = { ...ls, computeShare: 0.2, memoryShare: 0.2 };
    const be = { class: "BE", needs: [6], aloneNs: 20_000 } as const;
    expect(besideLs({ ...be, computeShare: 0.1, memoryShare: 0.1 }, both)).toEqual([]);
    expect(besideLs({ ...be, computeShare: 0.9, memoryShare: 0.9 }, neither)).toHaveLength(1);
  });

  it("keeps outstanding BE work under 2.5 % of the LS request's expected time", () => {
    const be = { class: "BE", needs: [6], aloneNs: 20_000, computeShare: 0.3 } as const;
    const stage = new Stage("orion").join("ls", ls).join("a", be).join("b", be);
    stage.arrive("ls").copyDone().arrive("a").copyDone().arrive("b").copyDone();
    expect(launches(stage)).toEqual(["launch ls kernels 0-0 on 0-11 first", "launch a kernels 0-0 on 0-11"]);
    stage.launchDone("a");
    expect(launches(stage)).toEqual(["launch b kernels 0-0 on 0-11"]);
  });

  it("has one LS launcher: a second LS request waits for the first", () => {
    const stage = new Stage("orion")
      .join("first", { class: "LS", needs: [4, 4] })
      .join("second", { class: "LS" });
    stage.arrive("first").copyDone().arrive("second").copyDone();
    expect(launches(stage)).toEqual(["launch first kernels 0-0 on 0-11 first"]);
    stage.launchDone("first");
    expect(launches(stage)).toEqual(["launch first kernels 1-1 on 0-11 first"]);
    stage.launchDone("first");
    expect(launches(stage)).toEqual(["launch second kernels 0-0 on 0-11 first"]);
  });
});
