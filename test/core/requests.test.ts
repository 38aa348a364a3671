/** A request's life: its phases, its blame, weights that stream, farewells, policy switches. */
import { describe, expect, it } from "vitest";
import type { Blame } from "../../src/core/snapshot.ts";
import { Stage } from "./stage.ts";

const sum = (blame: Blame): number => Object.values(blame).reduce((total, part) => total + part, 0);

describe("blame", () => {
  it("of a kernel that is executed in parts is that of the whole, to the nanosecond", () => {
    const stage = new Stage("streams").join("be", { class: "BE", aloneNs: 10_050 });
    stage.arrive("be").copyDone();
    stage.at(50_000).launchDone("be", { kernelsDone: 0, blocksLeft: 33 });
    stage.at(99_000).launchDone("be").copyDone("d2h");
    expect(stage.snapshot().tenants[0]!.blameMs.execution).toBeCloseTo(0.01005, 9);
  });

  it("names each part of a latency, and the parts sum to it", () => {
    const stage = new Stage("temporal")
      .join("be", { class: "BE" })
      .join("ls", { class: "LS", aloneNs: 10_000 });
    stage.arrive("be").copyDone();
    stage.at(1_000).arrive("ls");
    stage.at(4_000).copyDone();
    stage.at(9_000).launchDone("be");
    stage.at(21_000).launchDone("ls");
    stage.copyDone("d2h").at(22_000).copyDone("d2h");
    const ls = stage.snapshot().tenants[1]!;
    expect(ls.latencyMs.mean).toBeCloseTo(0.021, 9);
    expect(ls.blameMs.copy).toBeCloseTo(0.004, 9);
    expect(ls.blameMs.smWait).toBeCloseTo(0.005, 9);
    expect(ls.blameMs.execution).toBeCloseTo(0.01, 9);
    expect(ls.blameMs.sharing).toBeCloseTo(0.002, 9);
    expect(sum(ls.blameMs)).toBeCloseTo(ls.latencyMs.mean, 12);
  });

  it("tells waiting for the copy engine from being served by it", () => {
    const stage = new Stage("streams")
      .join("be", { class: "BE", inputBytes: 1e6 })
      .join("ls", { class: "LS" });
    stage.at(0).arrive("be").arrive("ls");
    stage.at(20_000).copyDone().at(22_000).copyDone();
    stage.launchDone("ls").copyDone("d2h");
    const { blameMs } = stage.snapshot().tenants[1]!;
    expect(blameMs.copyWait).toBeCloseTo(0.02, 9);
    expect(blameMs.copy).toBeCloseTo(0.002, 9);
  });

  it("books time behind requests of the same tenant as queue", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" });
    stage.arrive("ls").arrive("ls").arrive("ls").copyDone().copyDone();
    stage.at(50_000).launchDone("ls").copyDone("d2h").copyDone();
    stage.at(90_000).launchDone("ls").copyDone("d2h");
    const { blameMs, requests } = stage.snapshot().tenants[0]!;
    expect(requests).toMatchObject({ completed: 2, inFlight: 1 });
    expect(blameMs.queue).toBeCloseTo(0.025, 9);
  });
});

describe("parameters", () => {
  it("all come with the first request, and stay as far as vramKiB reaches", () => {
    const stage = new Stage("streams").join("ls", {
      class: "LS",
      needs: [12, 12],
      weightBytes: 2_048_000,
      vramKiB: 1000,
    });
    stage.said();
    stage.arrive("ls").copyDone();
    expect(stage.said()).toEqual([
      "copy h2d ls 0+4096",
      "copy h2d ls 0+1024000",
      "copy h2d ls 1024000+1024000",
    ]);
    stage.copyDone();
    expect(stage.said()).toEqual(["launch ls kernels 0-0 on 0-11 first"]);
    stage.copyDone().launchDone("ls");
    expect(stage.said()).toEqual(["launch ls kernels 1-1 on 0-11 first"]);
    stage.launchDone("ls").copyDone("d2h").said();
    stage.arrive("ls").copyDone();
    expect(stage.said()).toEqual([
      "copy h2d ls 0+4096",
      "launch ls kernels 0-0 on 0-11 first",
      "copy h2d ls 1024000+1024000",
    ]);
  });

  it("that share a place come once the kernel before has read it, and what stays comes once", () => {
    const stream = { residentBytes: 1_024_000, limits: [2_048_000, 2_048_000, 3_072_000, 3_072_000] };
    const stage = new Stage("streams").join("ls", {
      ...{ class: "LS", needs: [12, 12, 12], weightBytes: 3_072_000, stream },
    });
    stage.said();
    stage.arrive("ls").copyDone().said();
    stage.copyDone().copyDone().launchDone("ls").said();
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["copy h2d ls 2048000+1024000"]);
    stage.copyDone();
    expect(stage.said()).toEqual(["launch ls kernels 2-2 on 0-11 first"]);
    stage.launchDone("ls").copyDone("d2h").said();
    stage.arrive("ls").copyDone();
    expect(stage.said()).toEqual([
      "copy h2d ls 0+4096",
      "launch ls kernels 0-0 on 0-11 first",
      "copy h2d ls 1024000+1024000",
    ]);
  });
});

describe("outputs", () => {
  it("keep the request after the next from executing until they have left", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" });
    stage.arrive("ls").copyDone().arrive("ls").copyDone().arrive("ls").said();
    stage.launchDone("ls").copyDone();
    expect(stage.said()).toEqual([
      "launch ls kernels 0-0 on 0-11 first",
      "copy h2d ls 0+4096",
      "copy d2h ls 0+1024",
    ]);
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["copy d2h ls 0+1024"]);
    stage.copyDone("d2h");
    expect(stage.said()).toEqual(["launch ls kernels 0-0 on 0-11 first"]);
  });
});

describe("a reservation that changes", () => {
  const streaming = (): Stage => {
    const stage = new Stage("streams").join("ls", {
      class: "LS",
      needs: [12, 12],
      weightBytes: 2_048_000,
      vramKiB: 1000,
    });
    stage
      .arrive("ls")
      .copyDone()
      .copyDone()
      .copyDone()
      .launchDone("ls")
      .launchDone("ls")
      .copyDone("d2h")
      .said();
    return stage;
  };

  it("to more: the next request brings what is to stay, the one after it nothing", () => {
    const stage = streaming().change("ls", { vramKiB: 2000 });
    stage.arrive("ls").copyDone();
    expect(stage.said()).toContain("copy h2d ls 1024000+1024000");
    stage.copyDone().launchDone("ls").launchDone("ls").copyDone("d2h").said();
    stage.arrive("ls").copyDone();
    expect(stage.said()).toEqual(["copy h2d ls 0+4096", "launch ls kernels 0-1 on 0-11 first"]);
  });

  it("to less: the next request streams more in, and so do those that follow", () => {
    const stage = streaming().change("ls", { vramKiB: 0 });
    for (let request = 0; request < 2; request++) {
      stage.arrive("ls").copyDone();
      const copied = stage.said().filter((line) => line.startsWith("copy h2d"));
      expect(copied).toEqual(["copy h2d ls 0+4096", "copy h2d ls 0+1024000", "copy h2d ls 1024000+1024000"]);
      stage.copyDone().copyDone().launchDone("ls").launchDone("ls").copyDone("d2h").said();
    }
    expect(stage.snapshot().tenants[0]!.vramUsedKiB).toBe(5);
  });

  it("while a request streams: that one goes on as it began", () => {
    const stage = streaming();
    stage.arrive("ls").copyDone().said();
    stage.change("ls", { vramKiB: 0 }).copyDone();
    stage.launchDone("ls");
    expect(stage.said()).toEqual(["launch ls kernels 1-1 on 0-11 first"]);
  });
});

describe("marks", () => {
  it("are kept beside the log, the latest ones", () => {
    const stage = new Stage("streams");
    for (let mark = 0; mark < 70; mark++) stage.at(mark).mark(`number ${mark}`);
    const { marks, log } = stage.snapshot();
    expect(marks).toHaveLength(64);
    expect(marks.at(-1)).toEqual({ atNs: 69, text: "number 69" });
    expect(log.at(-1)).toMatchObject({ by: "operator", text: "mark: number 69" });
  });
});

describe("farewell", () => {
  it("drain finishes what has arrived, then releases the tenant", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" }).arrive("ls").arrive("ls");
    stage.leave("ls", "drain").copyDone().copyDone();
    stage.launchDone("ls").copyDone("d2h");
    expect(stage.snapshot().tenants[0]).toMatchObject({
      leaving: true,
      requests: { completed: 1, inFlight: 1 },
    });
    stage.launchDone("ls").copyDone("d2h");
    expect(stage.said().at(-1)).toBe("release ls");
    expect(stage.snapshot().tenants).toEqual([]);
  });

  it("abort stops launches, and releases the tenant when the device is done with it", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" }).arrive("ls").arrive("ls").arrive("ls");
    stage.copyDone().said();
    stage.leave("ls", "abort");
    expect(stage.said()).toEqual(["evict ls from 0-11"]);
    expect(stage.snapshot().tenants[0]?.requests).toMatchObject({ arrived: 3, aborted: 1, inFlight: 2 });
    expect(stage.snapshot().log.at(-1)?.text).toBe("ls leaves: 3 requests to abort");
    stage.copyDone();
    expect(stage.snapshot().tenants[0]?.requests).toMatchObject({ aborted: 2, inFlight: 1 });
    stage.launchDone("ls", { kernelsDone: 0, blocksLeft: 30 });
    expect(stage.said()).toEqual(["release ls"]);
  });

  it("may turn from drain to abort", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" }).arrive("ls").arrive("ls").copyDone();
    stage.leave("ls", "drain").said();
    expect(stage.leave("ls", "abort").said()).toEqual(["evict ls from 0-11"]);
    stage.copyDone().launchDone("ls", { kernelsDone: 0, blocksLeft: 30 });
    expect(stage.said()).toEqual(["release ls"]);
  });

  it("of an idle tenant is immediate", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" });
    expect(stage.leave("ls", "abort").said()).toContain("release ls");
  });
});

describe("switching the policy", () => {
  it("stops what runs at its next block, and the new policy goes on from there", () => {
    const stage = new Stage("streams")
      .join("be", { class: "BE" })
      .join("ls", { class: "LS", needs: [12, 4] });
    stage.arrive("be").copyDone().arrive("ls").copyDone().said();
    stage.choose("temporal");
    expect(stage.said()).toEqual(["evict be from 0-11", "evict ls from 0-11"]);
    stage.launchDone("be", { kernelsDone: 0, blocksLeft: 60 });
    expect(stage.said()).toEqual([]);
    stage.launchDone("ls", { kernelsDone: 1, blocksLeft: 50 });
    expect(stage.said()).toEqual(["launch ls kernels 1-1 from 50 blocks left on 0-11"]);
    expect(stage.snapshot().policy).toBe("temporal");
  });

  it("hands copies that wait to the new policy", () => {
    const stage = new Stage("streams")
      .join("a", { class: "BE", inputBytes: 1e9 })
      .join("b", { class: "BE", inputBytes: 1e9 });
    stage.join("c", { class: "BE", inputBytes: 2e6 }).arrive("a").arrive("b").arrive("c").said();
    stage.choose("missiletemporal").copyDone();
    expect(stage.said()).toEqual(["launch a kernels 0-0 on 0-11", `copy h2d c 0+${512 * 1024}`]);
  });
});

describe("statistics", () => {
  it("restart without losing what is in flight", () => {
    const stage = new Stage("streams")
      .join("ls", { class: "LS" })
      .arrive("ls")
      .copyDone()
      .launchDone("ls")
      .copyDone("d2h");
    stage.arrive("ls");
    stage.scheduler.step({ kind: "statisticsReset", atNs: stage.nowNs }, stage);
    expect(stage.snapshot().tenants[0]?.requests).toMatchObject({ arrived: 1, completed: 0, inFlight: 1 });
  });
});
