/** missiletemporal's decisions, order by order. The promises are in docs/ARCHITECTURE.md. */
import { describe, expect, it } from "vitest";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { type Part, Stage } from "./stage.ts";

/** A BE tenant whose request executes on the whole GPU. */
function beRunning(policy = "missiletemporal", part: Partial<Parameters<Stage["join"]>[1]> = {}): Stage {
  const stage = new Stage(policy);
  stage.join("be", { class: "BE", ...part }).join("ls", { class: "LS", needs: [4, 5] });
  stage.at(1000).arrive("be").at(2000).copyDone();
  stage.said();
  return stage;
}

describe("elastic SMs", () => {
  it("gives BE every TPC while no LS runs", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE" });
    stage.at(1000).arrive("be").at(2000).copyDone();
    expect(stage.said()).toEqual(["place be in 0-11", "copy h2d be 0+4096", "launch be kernels 0-0 on 0-11"]);
  });

  it("makes room while the LS input is still being copied, and starts LS once BE has left", () => {
    const stage = beRunning();
    stage.at(3000).arrive("ls");
    expect(stage.said()).toEqual([
      "place be in 8-11",
      "place ls in 0-7",
      "copy h2d ls 0+4096",
      "evict be from 0-7",
    ]);
    stage.at(4000).copyDone();
    expect(stage.said()).toEqual([]);
    stage.at(5000).yielded("be", tpcRange(0, 8));
    expect(stage.said()).toEqual(["launch ls kernels 0-1 on 0-7 first"]);
  });

  it("holds half as many TPCs again as the kernels of LS need alone, and no more than there are", () => {
    for (const [needed, evicted] of [
      [1, "0-1"],
      [7, "0-10"],
      [9, "0-11"],
    ] as const) {
      const stage = new Stage("missiletemporal").join("be", { class: "BE" });
      stage
        .join("ls", { class: "LS", needs: [needed] })
        .arrive("be")
        .copyDone();
      expect(stage.arrive("ls").said()).toContain(`evict be from ${evicted}`);
    }
  });

  it("gives everything back when the last LS kernel has ended", () => {
    const stage = beRunning();
    stage.at(3000).arrive("ls").copyDone().yielded("be", tpcRange(0, 8)).said();
    stage.at(9000).launchDone("ls");
    expect(stage.said()).toEqual(["place be in 0-11", "copy d2h ls 0+1024", "extend be to 0-7"]);
  });

  it("lets the LS hold follow a sliding window of the next kernels", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE" });
    stage.join("ls", { class: "LS", needs: [...Array(128).fill(6), ...Array(16).fill(2)] });
    stage.at(1000).arrive("be").copyDone().arrive("ls").copyDone().yielded("be", tpcRange(0, 9)).said();
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["launch ls kernels 64-127 on 0-8 first"]);
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["launch ls kernels 128-143 on 0-2 first", "extend be to 3-8"]);
  });

  it("keeps free what the launch after the running one needs", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE" });
    stage.join("ls", { class: "LS", needs: [...Array(64).fill(2), ...Array(64).fill(6)] });
    stage.at(1000).arrive("be").copyDone().said();
    expect(stage.arrive("ls").said()).toContain("evict be from 0-8");
    stage.copyDone().yielded("be", tpcRange(0, 9));
    expect(stage.said()).toEqual(["launch ls kernels 0-63 on 0-2 first"]);
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["launch ls kernels 64-127 on 0-8 first"]);
  });

  it("says why it shrank a tenant", () => {
    const stage = beRunning();
    stage.at(3000).arrive("ls");
    expect(stage.snapshot().log.map((entry) => entry.text)).toContain("shrank be to 4 TPCs: ls needs 8");
  });

  it("resumes an evicted launch from the block where it stopped", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE", needs: [12, 12] });
    stage.join("ls", { class: "LS", needs: [12] });
    stage.at(1000).arrive("be").copyDone().arrive("ls").copyDone().said();
    stage.at(2000).launchDone("be", { kernelsDone: 1, blocksLeft: 40 });
    expect(stage.said()).toEqual(["place ls in 0-11", "launch ls kernels 0-0 on 0-11 first"]);
    stage.at(3000).launchDone("ls");
    expect(stage.said()[0]).toBe("place be in 0-11");
    expect(stage.launches[0]?.order).toMatchObject({ firstKernel: 1, kernelCount: 1, blocksLeft: 40 });
  });

  it("keeps smRequest as a floor and smLimit as a ceiling", () => {
    const stage = new Stage("missiletemporal");
    stage.join("floor", { class: "BE", smRequestPercent: 25 });
    stage.join("capped", { class: "BE", smLimitPercent: 25 });
    stage.join("ls", { class: "LS", needs: [12] });
    stage.at(1000).arrive("floor").copyDone().arrive("capped").copyDone();
    expect(stage.said().filter((line) => !line.startsWith("copy") && !line.startsWith("place"))).toEqual([
      "launch floor kernels 0-0 on 0-11",
      "evict floor from 9-11",
    ]);
    stage.at(2000).yielded("floor", tpcRange(9, 12));
    expect(stage.said()).toEqual(["launch capped kernels 0-0 on 9-11"]);
    stage.at(3000).arrive("ls");
    expect(stage.said().filter((line) => line.startsWith("evict"))).toEqual([
      "evict capped from 9-11",
      "evict floor from 0-8",
    ]);
  });
});

describe("ranges of BE", () => {
  const threeTenants = (): Stage => {
    const stage = new Stage("missiletemporal");
    for (const name of ["a", "b", "c"]) stage.join(name, { class: "BE" });
    return stage.arrive("c").copyDone().arrive("a").copyDone();
  };

  /** Two tenants that want everything beside one whose kernel needs three TPCs for a moment. */
  const besideShort = (): Stage => {
    const stage = new Stage("missiletemporal").join("large", { class: "BE" });
    stage.join("short", { class: "BE", needs: [3], aloneNs: 10_000 });
    return stage.arrive("large").copyDone();
  };

  it("are as large as what would be over sooner needs to last 50 us, and the rest is somebody else's", () => {
    const stage = besideShort();
    stage.said();
    stage.arrive("short");
    expect(stage.said()).toEqual(["evict large from 11", "copy h2d short 0+4096"]);
    stage.copyDone().yielded("large", tpcRange(11, 12));
    expect(stage.said()).toEqual(["launch short kernels 0-0 on 11"]);
  });

  it("stay where they are while a modest tenant has a request, launch or not", () => {
    const stage = besideShort().arrive("short").arrive("short").copyDone().yielded("large", tpcRange(11, 12));
    stage.copyDone().said();
    stage.launchDone("short");
    expect(stage.said().filter((line) => !line.startsWith("copy"))).toEqual([
      "launch short kernels 0-0 on 11",
    ]);
    stage.launchDone("short");
    expect(stage.said().filter((line) => !line.startsWith("copy"))).toEqual(["extend large to 11"]);
  });

  it("begin with those who need least, and only the last has more than it needs", () => {
    const stage = new Stage("missiletemporal").join("large", { class: "BE" });
    stage.join("less", { class: "BE", needs: [4] }).join("more", { class: "BE", needs: [5] });
    stage.arrive("more").copyDone().arrive("less").copyDone();
    stage.yielded("more", tpcRange(8, 12));
    expect(stage.said().filter((line) => /^(launch|evict)/.test(line))).toEqual([
      "launch more kernels 0-0 on 0-11",
      "evict more from 8-11",
      "launch less kernels 0-0 on 8-11",
    ]);
    stage.arrive("large").copyDone();
    expect(stage.said().filter((line) => /^(launch|evict)/.test(line))).toEqual(["evict more from 0-3"]);
  });

  it("lie in the order of the tenants, whoever came first, and close up when one goes", () => {
    const stage = threeTenants();
    expect(stage.said().filter((line) => /^(launch|evict)/.test(line))).toEqual([
      "launch c kernels 0-0 on 0-11",
      "evict c from 6-11",
    ]);
    stage.yielded("c", tpcRange(6, 12));
    expect(stage.said()).toEqual(["launch a kernels 0-0 on 6-11"]);
    stage.arrive("b").copyDone().yielded("a", tpcRange(6, 8)).yielded("c", tpcRange(4, 6));
    expect(stage.said().filter((line) => /^(launch|extend|evict)/.test(line))).toEqual([
      "evict a from 6-7",
      "evict c from 4-5",
      "launch b kernels 0-0 on 4-7",
    ]);
    stage.launchDone("b").copyDone();
    expect(stage.said().filter((line) => line.startsWith("extend"))).toEqual([
      "extend a to 6-7",
      "extend c to 4-5",
    ]);
  });
});

describe("VRAM channels", () => {
  it("keeps LS and BE apart while both run, and BE everywhere otherwise", () => {
    const stage = beRunning();
    stage.arrive("ls");
    expect(stage.said().slice(0, 2)).toEqual(["place be in 8-11", "place ls in 0-7"]);
    stage.copyDone().yielded("be", tpcRange(0, 8)).launchDone("ls");
    expect(stage.said()).toContain("place be in 0-11");
  });

  it("gives LS all channels while no BE launch is beside it, and keeps BE away until that LS launch ends", () => {
    const stage = new Stage("missiletemporal").join("be", { class: "BE" });
    stage.join("ls", { class: "LS", needs: Array(65).fill(4) });
    stage.arrive("ls").copyDone();
    expect(stage.said()).toContain("place ls in 0-11");
    stage.arrive("be").copyDone();
    expect(stage.said()).toEqual(["copy h2d be 0+4096", "place ls in 0-7"]);
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["launch ls kernels 64-64 on 0-5 first", "launch be kernels 0-0 on 6-11"]);
  });

  it("follows beChannelShare, cut between partitions", () => {
    const stage = beRunning();
    stage.arrive("ls").said();
    stage.set("beChannelShare", 0.5);
    expect(stage.said()).toEqual(["place be in 6-11", "place ls in 0-5"]);
  });

  // 12 TPCs, a third of the channels: BE's budget is 12 x 1/3 x 2/3 = 2.67 TPCs of streaming.
  const ls = { class: "LS", needs: [1] } as const;

  /** What one BE tenant, then running on all TPCs, is told to leave when LS comes. */
  function evictedFrom(part: Partial<Part>): string {
    const stage = new Stage("missiletemporal").join("ls", ls).join("be", { class: "BE", ...part });
    stage.arrive("be").copyDone().said();
    return (
      stage
        .arrive("ls")
        .said()
        .find((line) => line.startsWith("evict")) ?? "nothing"
    );
  }

  it("caps the SMs of a memory-bound BE launch in proportion to its channels", () => {
    expect(evictedFrom({ bounds: ["memory"] })).toBe("evict be from 0-9");
  });

  it("caps a launch by the share of the bandwidth that it uses", () => {
    expect(evictedFrom({ memoryShare: 0.5 })).toBe("evict be from 0-6");
    expect(evictedFrom({ memoryShare: 0.1 })).toBe("evict be from 0-1");
  });

  it("divides one budget among the BE launches, and gives the hungry what the modest leave", () => {
    const beside = (memoryShare: number): string[] => {
      const stage = new Stage("missiletemporal")
        .join("ls", ls)
        .join("hungry", { class: "BE", bounds: ["memory"] });
      stage
        .join("other", { class: "BE", memoryShare })
        .arrive("hungry")
        .copyDone()
        .arrive("other")
        .copyDone();
      stage.yielded("hungry", tpcRange(0, 6)).said();
      return stage
        .arrive("ls")
        .said()
        .filter((line) => line.startsWith("evict"));
    };
    expect(beside(1)).toEqual(["evict hungry from 6-10", "evict other from 0-5"]);
    expect(beside(0.01)).toEqual(["evict hungry from 6-9", "evict other from 0-1"]);
  });

  it("cuts BE launches where the cap begins, while LS is active", () => {
    const stage = new Stage("missiletemporal").join("ls", { class: "LS", needs: [2] });
    stage.join("be", { class: "BE", bounds: ["compute", "compute", "memory"], needs: [1, 1, 1] });
    stage.arrive("be").arrive("ls").copyDone().copyDone();
    expect(stage.said()).toContain("launch be kernels 0-1 on 3-11");
  });

  it("does not cap a compute-bound one, nor any where channels are shared", () => {
    const policies: [string, "compute" | "memory"][] = [
      ["missiletemporal", "compute"],
      ["missile-nochannels", "memory"],
    ];
    for (const [policy, bound] of policies) {
      const stage = new Stage(policy);
      stage.join("be", { class: "BE", bounds: [bound] }).join("ls", { class: "LS", needs: [2] });
      stage.at(1000).arrive("be").copyDone().said();
      stage.arrive("ls");
      expect(stage.said()).toContain("evict be from 0-2");
    }
  });
});

describe("admission", () => {
  it("rejects a request that can no longer meet its SLO", () => {
    const stage = new Stage("missiletemporal").join("ls", { class: "LS", aloneNs: 600_000, sloMs: 1 });
    stage.arrive("ls").arrive("ls").arrive("ls");
    stage.copyDone().copyDone().at(700_000).launchDone("ls");
    expect(stage.snapshot().tenants[0]?.requests).toMatchObject({
      arrived: 3,
      rejected: 2,
      completed: 0,
      inFlight: 1,
    });
    expect(stage.snapshot().log.at(-1)?.text).toBe(
      "rejected a request of ls: it can no longer meet its SLO of 1 ms (x2)",
    );
  });
});

describe("ablations", () => {
  it("missile-noelastic keeps a fixed partition, LS or not", () => {
    const stage = new Stage("missile-noelastic").join("be", { class: "BE" });
    stage.arrive("be").copyDone();
    expect(stage.said()).toContain("launch be kernels 0-0 on 8-11");
  });

  it("missile-nocfs copies whole tensors", () => {
    const stage = new Stage("missile-nocfs").join("be", { class: "BE", inputBytes: 10_000_000 });
    stage.arrive("be");
    expect(stage.said()).toContain("copy h2d be 0+10000000");
  });
});
