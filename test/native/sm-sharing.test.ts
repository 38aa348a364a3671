import { describe, expect, test } from "vitest";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { Harness } from "./harness.ts";
import { computeKernel, streamKernel } from "./kernels.ts";

/** FLOPs of a block of 1024 threads that has its SM to itself for 20 us. */
const LONG = 20e3 * 506.88 * 0.7;
const ROUND_NS = 20_300;
/** 1024 threads of 64 registers: one block fills an SM. */
const filling = (rounds: number) => computeKernel(132 * rounds, LONG, { threadsPerBlock: 1024 });
const START_NS = 3100 + 1800;

describe("kernels on the same SMs", () => {
  test("wait for blocks in flight: whatever its priority, a newcomer starts at a block boundary", () => {
    const harness = new Harness();
    harness.load(0, filling(100));
    const { aloneNs } = harness.load(1, filling(1)).kernels[0]!;
    harness.launch(0, harness.everything);
    harness.runUntil(START_NS + 1000);
    const urgent = harness.launch(1, harness.everything, { priority: 1 });
    expect(harness.retired(urgent).atNs).toBe(START_NS + ROUND_NS + aloneNs);
  });

  test("wait at most one block and on average half of one, as measured behind blocks of 20 us", () => {
    const harness = new Harness();
    harness.load(0, filling(2000));
    const { aloneNs } = harness.load(1, filling(1)).kernels[0]!;
    harness.launch(0, harness.everything);
    const waits = Array.from({ length: 40 }, (_, nth) => {
      harness.runFor(50_000 + nth * 1237);
      const orderedNs = harness.gpu.nowNs();
      const launch = harness.launch(1, harness.everything, { priority: 1 });
      return harness.retired(launch).atNs - orderedNs - 3100 - aloneNs;
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(ROUND_NS);
    expect(waits.reduce((sum, ns) => sum + ns, 0) / waits.length / ROUND_NS).toBeCloseTo(0.5, 0);
  });

  test("place blocks by priority, and at the same priority in the order in which they came", () => {
    const harness = new Harness();
    harness.load(0, filling(3));
    const retirementOrder = (priorities: readonly (0 | 1)[]) => {
      const launches = priorities.map((priority) => harness.launch(0, harness.everything, { priority }));
      const times = launches.map((launch) => harness.retired(launch).atNs);
      return [...times.keys()].sort((a, b) => times[a]! - times[b]!);
    };
    expect(retirementOrder([0, 0, 0])).toEqual([0, 1, 2]);
    expect(retirementOrder([0, 0, 1])).toEqual([2, 0, 1]);
  });

  test.each([0, 1] as const)(
    "let others in between the kernels of a launch, but for a plain one (priority %s)",
    (priority) => {
      const harness = new Harness();
      harness.load(0, filling(1), filling(1));
      harness.load(1, filling(1));
      const first = harness.launch(0, harness.everything, { kernelCount: 2, priority });
      const second = harness.launch(1, harness.everything);
      expect(harness.retired(second).atNs < harness.retired(first).atNs).toBe(priority === 0);
    },
  );

  test("share an SM while their blocks fit, each slower once both want the same", () => {
    const half = computeKernel(132, LONG / 2, { threadsPerBlock: 512 });
    const harness = new Harness();
    const { aloneNs } = harness.load(0, half).kernels[0]!;
    harness.load(1, half);
    const one = harness.launch(0, harness.everything);
    const other = harness.launch(1, harness.everything);
    const oneNs = harness.retired(one).atNs - 3100;
    expect(oneNs).toBeGreaterThan(1.6 * aloneNs);
    expect(harness.retired(other).atNs).toBeLessThan(3100 + 2 * aloneNs + 3100);
  });

  test("do not slow each other down when one computes and the other streams", () => {
    const harness = new Harness();
    const { aloneNs } = harness.load(0, computeKernel(132, LONG / 2)).kernels[0]!;
    harness.load(1, streamKernel(100));
    const computing = harness.launch(0, harness.everything);
    harness.launch(1, harness.everything);
    expect((harness.retired(computing).atNs - 3100) / aloneNs).toBeLessThan(1.05);
  });
});

test("kernels that compute on disjoint SMs leave each other alone", () => {
  const harness = new Harness();
  harness.load(0, filling(5));
  const times = [tpcRange(0, 33), tpcRange(33, 66)].map((tpcs) => harness.launch(0, tpcs));
  const [one, other] = times.map((launch) => harness.retired(launch).atNs);
  expect(one).toBe(START_NS + 10 * ROUND_NS);
  expect(other).toBe(one! + 3100);
});
