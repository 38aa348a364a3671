import { describe, expect, test } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { asTenantId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { gpuNames, loadGpu } from "../../src/presets/gpu.ts";
import { Harness } from "./harness.ts";
import { computeKernel, network, streamKernel } from "./kernels.ts";

const kernels = [
  computeKernel(1, 1e5),
  computeKernel(40, 3e6),
  computeKernel(700, 2e6),
  computeKernel(5000, 1e6, { readBytes: 2e7, writtenBytes: 1e7, weightBytes: 3e6, footprintBytes: 2e7 }),
  computeKernel(333, 1e6, { registersPerThread: 200 }),
  streamKernel(1),
  streamKernel(120),
  streamKernel(800),
];

describe.each(gpuNames())("on %s", (name) => {
  test("a kernel alone takes exactly its profile's time on all TPCs", () => {
    const harness = new Harness(loadGpu(name));
    const profile = harness.load(0, ...kernels);
    for (const [index, kernel] of profile.kernels.entries()) {
      const orderedNs = harness.gpu.nowNs();
      const launch = harness.launch(0, harness.everything, { firstKernel: index });
      const { atNs } = harness.retired(launch);
      expect(atNs - orderedNs - harness.gpu.spec.timing.launchNs).toBe(kernel.aloneNs);
    }
  });

  test("a kernel alone on some TPCs takes the time listed for as many", () => {
    const harness = new Harness(loadGpu(name));
    harness.load(0, ...kernels);
    for (const [index, tpcs] of [1, 2, 3, 5, 8, 11, 12, 13].entries()) {
      const kernel = index % kernels.length;
      const orderedNs = harness.gpu.nowNs();
      const { atNs } = harness.retired(harness.launch(0, tpcRange(0, tpcs), { firstKernel: kernel }));
      const curve = harness.gpu.curveOf(asTenantId(0), kernel);
      expect(atNs - orderedNs - harness.gpu.spec.timing.launchNs).toBe(curve[tpcs - 1]!.ns);
    }
  });

  test("tpcsNeeded are the fewest within 5 % of the fastest time", () => {
    const harness = new Harness(loadGpu(name));
    for (const [index, { tpcsNeeded }] of harness.load(0, ...kernels).kernels.entries()) {
      const times = harness.gpu.curveOf(asTenantId(0), index).map(({ ns }) => ns);
      expect(tpcsNeeded).toBe(times.findIndex((ns) => ns <= 1.05 * Math.min(...times)) + 1);
    }
  });
});

describe("kernels that were measured", () => {
  const spec = loadGpu("h200");
  const modelled = new Harness();
  modelled.load(0, ...kernels);
  /** Slower than the model by as much as the number of TPCs says, at every third of them. */
  const curves = kernels.map((_, index) =>
    modelled.gpu
      .curveOf(asTenantId(0), index)
      .map(({ tpcs, ns }) => ({ tpcs, ns: Math.round(ns * (1.5 + 10 / tpcs)) }))
      .filter(({ tpcs }) => tpcs % 3 === 0),
  );
  const measured = new Harness(spec);
  const { kernels: profiles } = measured.gpu.load(asTenantId(0), { ...network(...kernels), curves });

  test("take what was measured, and in between what lies in between", () => {
    for (const [index, curve] of curves.entries()) {
      const times = measured.gpu.curveOf(asTenantId(0), index);
      for (const { tpcs, ns } of curve) expect(times[tpcs - 1]!.ns / ns).toBeCloseTo(1, 2);
      const [before, between, after] = [times[11]!.ns, times[12]!.ns, times[14]!.ns];
      expect(between).toBeLessThanOrEqual(before * 1.01);
      expect(between).toBeGreaterThanOrEqual(after * 0.99);
    }
  });

  test("run as their profiles say", () => {
    for (const [index, { aloneNs }] of profiles.entries()) {
      const orderedNs = measured.gpu.nowNs();
      const { atNs } = measured.retired(measured.launch(0, measured.everything, { firstKernel: index }));
      expect(atNs - orderedNs - spec.timing.launchNs).toBe(aloneNs);
      expect(aloneNs / curves[index]!.at(-1)!.ns).toBeCloseTo(1, 2);
    }
  });

  test("ask so much less of memory at a time: who streams beside them is slowed less", () => {
    const [besideModelled, besideMeasured] = [modelled, measured].map((harness) => {
      harness.load(1, streamKernel(400));
      const start = harness.gpu.nowNs();
      harness.launch(0, tpcRange(0, 33), { firstKernel: 7 });
      return harness.retired(harness.launch(1, tpcRange(33, 66))).atNs - start;
    });
    expect(besideMeasured!).toBeLessThan(0.95 * besideModelled!);
  });
});

test("kernels of one launch follow each other with a gap and nothing else between them", () => {
  const harness = new Harness();
  const { kernels: profiles } = harness.load(0, ...kernels);
  const { atNs, kernelsDone } = harness.retired(
    harness.launch(0, harness.everything, { kernelCount: kernels.length }),
  );
  const { launchNs, kernelGapNs } = harness.gpu.spec.timing;
  const aloneNs = profiles.reduce((sum, { aloneNs }) => sum + aloneNs, 0);
  expect(atNs).toBe(launchNs + aloneNs + (kernels.length - 1) * kernelGapNs);
  expect(kernelsDone).toBe(kernels.length);
});

test("a profile tells which resource bounds a kernel, and how much of each it uses", () => {
  const [compute, stream] = new Harness().load(0, computeKernel(5280, 1e7), streamKernel(800)).kernels;
  expect(compute).toMatchObject({ bound: "compute", memoryShare: 0 });
  expect(compute!.computeShare).toBeGreaterThan(0.9);
  expect(stream).toMatchObject({ bound: "memory", computeShare: 0 });
  expect(stream!.memoryShare).toBeGreaterThan(0.9);
});

test("parameters come from VRAM at every inference, unless the whole network stays in L2", () => {
  const layer = (weightBytes: number) =>
    computeKernel(132, 1e4, { weightBytes, footprintBytes: weightBytes + 1e6, readBytes: 1e6 });
  const small = new Harness().load(0, ...Array(10).fill(layer(4e6)));
  const large = new Harness().load(0, ...Array(20).fill(layer(4e6)));
  expect(small.kernels[0]!.memoryShare).toBe(0);
  expect(large.kernels[0]!.memoryShare).toBeGreaterThan(0.1);
  expect(large.kernels[0]!.aloneNs).toBeGreaterThan(small.kernels[0]!.aloneNs);
});

test("a kernel whose block fits no SM is refused with what is wrong with it", () => {
  const load = () => new Harness().load(0, computeKernel(1, 1, { sharedBytesPerBlock: 1e6 }));
  expect(load).toThrow(MissileError);
  expect(load).toThrow(/made-up cannot run on NVIDIA H200: a block of kernel 0 needs more/);
});
