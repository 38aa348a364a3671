/** The synthetic workloads: what each asks for, and that its blocks are short. */
import { describe, expect, it } from "vitest";
import { asTenantId } from "../../src/core/ids.ts";
import type { Kernel } from "../../src/core/kernel.ts";
import { model, modelNames } from "../../src/models/index.ts";
import { openSimulatedGpu } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/index.ts";

const names = modelNames().filter((name) => model(name).build === null);
const gpu = loadGpu("h200");

const profileOf = (name: string, batch: number) =>
  openSimulatedGpu(gpu).load(asTenantId(0), model(name).lowered(batch));

const sum = (kernels: readonly Kernel[], of: (kernel: Kernel) => number): number =>
  kernels.reduce((total, kernel) => total + of(kernel), 0);

/** Blocks that run at once on the whole GPU, by threads and registers. */
function blocksAtOnce({ threadsPerBlock, registersPerThread }: Kernel): number {
  const byThreads = Math.floor(gpu.threadsPerSm / threadsPerBlock);
  const byRegisters = Math.floor(gpu.registersPerSm / (threadsPerBlock * registersPerThread));
  return gpu.sms * Math.min(byThreads, byRegisters, gpu.blocksPerSm);
}

describe("the synthetic workloads", () => {
  it("are the promised ones", () => {
    expect(names).toEqual(["stream", "fma", "l2-resident", "pcie-bound", "micro-cnn"]);
  });

  it.each(names.flatMap((name) => [1, 7].map((batch) => [name, batch] as const)))(
    "%s at batch %i has blocks of less than 20 us on an H200",
    (name, batch) => {
      const { kernels } = model(name).lowered(batch);
      const profiles = profileOf(name, batch).kernels;
      kernels.forEach((kernel, index) => {
        expect(Number.isInteger(kernel.grid) && kernel.grid > 0).toBe(true);
        const rounds = Math.ceil(kernel.grid / blocksAtOnce(kernel));
        expect(profiles[index]!.aloneNs / rounds).toBeLessThan(20_000);
      });
    },
  );

  it.each(names)("%s moves and computes in proportion to its batch", (name) => {
    const [one, eight] = [model(name).lowered(1), model(name).lowered(8)];
    const work = ({ flops, readBytes, writtenBytes }: Kernel): number => flops + readBytes + writtenBytes;
    expect(sum(eight.kernels, work) / sum(one.kernels, work)).toBeCloseTo(8, 1);
    expect(eight.storedBytes).toBe(one.storedBytes);
    expect(sum(one.kernels, ({ weightBytes }) => weightBytes)).toBe(one.storedBytes);
    for (const batch of [0, 1.5]) {
      expect(() => model(name).lowered(batch)).toThrow(expect.objectContaining({ code: "badBatch" }));
    }
  });

  it.each([
    ["stream", "memory"],
    ["fma", "compute"],
  ])("%s is %s-bound, all of it", (name, bound) => {
    for (const kernel of profileOf(name, 1).kernels) expect(kernel.bound).toBe(bound);
  });

  it("stream finds nothing in L2, and l2-resident all", () => {
    const [{ readBytes, writtenBytes }] = model("stream").lowered(1).kernels as [Kernel];
    const { memoryShare, aloneNs } = profileOf("stream", 1).kernels[0]!;
    expect((memoryShare * aloneNs * gpu.memory.achievedGBs) / (readBytes + writtenBytes)).toBeCloseTo(1, 6);
    expect(memoryShare).toBeGreaterThan(0.8);
    expect(profileOf("l2-resident", 1).kernels[0]!.memoryShare).toBeLessThan(0.01);
  });

  it("micro-cnn is 60 kernels of 3 to 8 us", () => {
    const { kernels } = profileOf("micro-cnn", 1);
    expect(kernels).toHaveLength(60);
    for (const { aloneNs } of kernels) {
      expect(aloneNs).toBeGreaterThan(3000);
      expect(aloneNs).toBeLessThan(8000);
    }
  });

  it("pcie-bound spends fifty times as long on PCIe as on the SMs", () => {
    const { inputBytes, kernels } = profileOf("pcie-bound", 1);
    expect(inputBytes / gpu.pcie.h2dGBs / kernels[0]!.aloneNs).toBeGreaterThan(50);
  });
});
