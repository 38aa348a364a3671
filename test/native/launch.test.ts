import { describe, expect, test } from "vitest";
import { asLaunchId, asTenantId } from "../../src/core/ids.ts";
import { NO_TPCS, tpcRange } from "../../src/core/tpc-set.ts";
import { Harness } from "./harness.ts";
import { computeKernel } from "./kernels.ts";

/** 20 us blocks, one on an SM (1024 threads of 64 registers fill its register file): 10 rounds on the whole GPU. */
const longBlocks = (rounds = 10) =>
  computeKernel(132 * rounds, 20e3 * 506.88 * 0.7, { threadsPerBlock: 1024 });
const ROUND_NS = 20_300;
const START_NS = 3100 + 1800;

test("launches of the host follow one another", () => {
  const harness = new Harness();
  const aloneNs = harness.load(0, computeKernel(1, 1)).kernels[0]!.aloneNs;
  const launches = [0, 1, 2].map((at) => harness.launch(0, tpcRange(at, at + 1)));
  expect(launches.map((launch) => harness.retired(launch).atNs)).toEqual(
    [1, 2, 3].map((nth) => nth * 3100 + aloneNs),
  );
});

describe("an eviction", () => {
  test("takes effect at the next block boundary after its delay, and the launch goes on elsewhere", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const launch = harness.launch(0, harness.everything);
    harness.runUntil(START_NS + 1000).gpu.commands.evict(launch, tpcRange(0, 33));
    const { atNs, blocksLeft } = harness.retired(launch);
    expect(blocksLeft).toBe(0);
    expect(harness.yieldsOf(launch)).toEqual([
      { kind: "tpcsYielded", atNs: START_NS + ROUND_NS, launch, tpcs: tpcRange(0, 33) },
    ]);
    expect(atNs).toBe(START_NS + ROUND_NS + 18 * ROUND_NS);
  });

  test("of all TPCs stops the launch with the blocks that are left, and another launch does only these", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const launch = harness.launch(0, harness.everything);
    harness.runUntil(START_NS + 2.5 * ROUND_NS).gpu.commands.evict(launch, harness.everything);
    const stopped = harness.retired(launch);
    expect(stopped).toMatchObject({ atNs: START_NS + 3 * ROUND_NS, kernelsDone: 0, blocksLeft: 132 * 7 });
    expect(harness.yieldsOf(launch)).toEqual([]);
    const rest = harness.launch(0, harness.everything, { blocksLeft: stopped.blocksLeft });
    expect(harness.retired(rest)).toMatchObject({
      atNs: stopped.atNs + START_NS + 7 * ROUND_NS,
      blocksLeft: 0,
    });
  });

  test("reaches a launch that the host has not launched yet", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const [first, ...others] = Array.from({ length: 5 }, (_, at) =>
      harness.launch(0, tpcRange(at * 8, at * 8 + 8)),
    );
    const last = others.at(-1)!;
    harness.gpu.commands.evict(last, tpcRange(32, 40));
    expect(harness.retired(last)).toMatchObject({ atNs: 7500, kernelsDone: 0, blocksLeft: 1320 });
    expect(harness.retired(first!).blocksLeft).toBe(0);
  });

  test("between two kernels leaves the second to be resumed whole", () => {
    const harness = new Harness();
    harness.load(0, longBlocks(1), longBlocks(2));
    const launch = harness.launch(0, harness.everything, { kernelCount: 2 });
    harness.runUntil(START_NS + ROUND_NS - 7600).gpu.commands.evict(launch, harness.everything);
    expect(harness.retired(launch)).toMatchObject({
      atNs: START_NS + ROUND_NS,
      kernelsDone: 1,
      blocksLeft: 264,
    });
  });

  test("that comes too late, or names a launch that is gone, is ignored", () => {
    const harness = new Harness();
    harness.load(0, longBlocks(1));
    const launch = harness.launch(0, harness.everything);
    harness.runUntil(START_NS + ROUND_NS - 100).gpu.commands.evict(launch, harness.everything);
    expect(harness.retired(launch)).toMatchObject({ kernelsDone: 1, blocksLeft: 0 });
    harness.gpu.commands.evict(launch, harness.everything);
    harness.gpu.commands.extend(asLaunchId(99), harness.everything);
    harness.runFor(1e6);
    expect(harness.events).toHaveLength(1);
  });

  test("takes back an extension that is still on its way", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const launch = harness.launch(0, tpcRange(0, 33));
    harness.runUntil(START_NS + 1000);
    for (let i = 0; i < 4; i++) harness.gpu.commands.extend(launch, tpcRange(33 + i, 34 + i));
    harness.gpu.commands.evict(launch, tpcRange(33, 37));
    harness.retired(launch);
    const yielded = harness.yieldsOf(launch).reduce((all, { tpcs }) => all.union(tpcs), NO_TPCS);
    expect(yielded.toString()).toBe("33-36");
  });

  test("is not overtaken by a later extension of the same TPCs", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const launch = harness.launch(0, harness.everything);
    harness.runUntil(START_NS + 1000);
    harness.gpu.commands.evict(launch, tpcRange(0, 33));
    harness.gpu.commands.extend(launch, tpcRange(0, 33));
    expect(harness.retired(launch).atNs).toBe(START_NS + 10 * ROUND_NS);
    expect(harness.yieldsOf(launch).map(({ tpcs }) => tpcs.toString())).toEqual(["0-32"]);
  });
});

describe("an extension", () => {
  test("lets further TPCs take blocks from the same counter", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const launch = harness.launch(0, tpcRange(0, 33));
    harness.runUntil(START_NS + 5 * ROUND_NS - 3100).gpu.commands.extend(launch, tpcRange(33, 66));
    // Five rounds on half of the GPU leave 7.5 for all of it.
    expect(harness.retired(launch)).toMatchObject({ atNs: START_NS + 13 * ROUND_NS, blocksLeft: 0 });
  });

  test("keeps a launch that loses all its other TPCs meanwhile", () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    const launch = harness.launch(0, tpcRange(0, 33));
    harness.runUntil(START_NS + 1000);
    harness.gpu.commands.evict(launch, tpcRange(0, 33));
    harness.runFor(ROUND_NS - 1000 - 500);
    harness.gpu.commands.extend(launch, tpcRange(33, 66));
    expect(harness.retired(launch)).toMatchObject({ kernelsDone: 1, blocksLeft: 0 });
    expect(harness.yieldsOf(launch)).toHaveLength(1);
  });
});

test("orders that only a bug can give are refused", () => {
  const refused = (give: (harness: Harness) => void) => () => {
    const harness = new Harness();
    harness.load(0, longBlocks());
    give(harness);
    harness.poll(1);
  };
  expect(refused((harness) => harness.launch(1, tpcRange(0, 1)))).toThrow(/bug: tenant 1 has no network/);
  expect(refused((harness) => harness.launch(0, NO_TPCS))).toThrow(/bug: .*no TPCs/);
  expect(refused((harness) => harness.launch(0, tpcRange(60, 70)))).toThrow(/bug: .*does not have/);
  expect(refused((harness) => harness.launch(0, tpcRange(0, 1), { kernelCount: 2 }))).toThrow(
    /bug: .*kernels/,
  );
  expect(refused((harness) => harness.launch(0, tpcRange(0, 1), { blocksLeft: 1e9 }))).toThrow(
    /bug: .*blocks/,
  );
  const release = (harness: Harness) => {
    harness.launch(0, tpcRange(0, 1));
    harness.gpu.commands.release(asTenantId(0));
  };
  expect(refused(release)).toThrow(/bug: .*released/);
});
