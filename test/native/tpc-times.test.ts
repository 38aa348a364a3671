/** Where work truly ran, as the simulated GPU tells it. */
import { describe, expect, it } from "vitest";
import { MAX_TPCS } from "../../src/core/device.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { Harness } from "./harness.ts";
import { computeKernel, streamKernel } from "./kernels.ts";

const gpu = loadGpu("h200");
const TPCS = gpu.sms / gpu.smsPerTpc;
/** More thread blocks than any SM holds, for every SM: the kernel keeps full what it runs on. */
const filling = computeKernel(40 * gpu.sms * 32, 1e5);

const timesOf = (harness: Harness, tenant: number): number[] => [
  ...harness.gpu.tpcNs().slice(tenant * MAX_TPCS, (tenant + 1) * MAX_TPCS),
];

describe("time on TPCs", () => {
  it("is that of the thread blocks, on the TPCs of their launch and no others", () => {
    const harness = new Harness();
    harness.load(3, filling);
    const { atNs } = harness.retired(harness.launch(3, tpcRange(5, 9)));
    const times = timesOf(harness, 3);
    for (let tpc = 5; tpc < 9; tpc++) {
      expect(times[tpc]).toBeGreaterThan(0.98 * atNs);
      expect(times[tpc]).toBeLessThanOrEqual(atNs);
    }
    expect([...times.slice(0, 5), ...times.slice(9)].every((ns) => ns === 0)).toBe(true);
    expect(timesOf(harness, 2).every((ns) => ns === 0)).toBe(true);
  });

  it.each([
    { blocks: gpu.sms, share: 1 },
    { blocks: gpu.sms / 2, share: 0.5 },
  ])("counts the SMs that have work: $share of them with $blocks thread blocks", ({ blocks, share }) => {
    const harness = new Harness();
    // An SM has room for two of them.
    harness.load(0, computeKernel(blocks, 1e8, { threadsPerBlock: 1024, registersPerThread: 32 }));
    const { atNs } = harness.retired(harness.launch(0, tpcRange(0, TPCS)));
    for (const ns of timesOf(harness, 0).slice(0, TPCS)) expect(ns / atNs).toBeCloseTo(share, 1);
  });

  it("includes what is still running, and is the same however often it is asked for", () => {
    const run = (asks: number): number[] => {
      const harness = new Harness();
      harness.load(0, filling);
      harness.load(1, streamKernel(500));
      harness.launch(0, tpcRange(0, 40));
      harness.launch(1, tpcRange(30, 66));
      for (let ask = 1; ask <= asks; ask++) {
        harness.runUntil((2e5 * ask) / asks);
        harness.gpu.tpcNs();
      }
      return [...timesOf(harness, 0), ...timesOf(harness, 1)];
    };
    const once = run(1);
    expect(once[0]).toBeGreaterThan(1.9e5);
    for (const [at, ns] of run(50).entries()) expect(ns).toBeCloseTo(once[at]!, 3);
  });

  it("of one tenant never exceeds the time there was, however tenants share and take back", () => {
    const harness = new Harness();
    for (const tenant of [0, 1, 2])
      harness.load(tenant, tenant === 1 ? streamKernel(50) : filling, computeKernel(100, 1e6));
    for (let turn = 0; turn < 30; turn++) {
      const first = (turn * 7) % 50;
      const id = harness.launch(turn % 3, tpcRange(first, first + 16), { kernelCount: 2 });
      harness.runFor(3e4);
      if (turn % 2 === 0) harness.gpu.commands.evict(id, tpcRange(first, first + 8));
      harness.runFor(1e4);
      const rows = [0, 1, 2].map((tenant) => timesOf(harness, tenant));
      for (let tpc = 0; tpc < TPCS; tpc++) {
        for (const row of rows) expect(row[tpc]).toBeLessThanOrEqual(harness.gpu.nowNs() * (1 + 1e-9));
      }
    }
  });
});
