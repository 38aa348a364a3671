import { expect, test } from "vitest";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { Harness } from "./harness.ts";
import { computeKernel } from "./kernels.ts";

const h200 = loadGpu("h200");
const { launchNs, kernelGapNs } = h200.timing;
const kernel = computeKernel(132, 1e6);
const COPY_BYTES = 64 * 1024;
const copyNs = h200.pcie.chunkNs + COPY_BYTES / h200.pcie.h2dGBs;

const retiredNs = (harness: Harness, options = {}) =>
  harness.retired(harness.launch(0, harness.everything, options)).atNs;

const arrivedNs = (harness: Harness, copy: number) =>
  harness.events.find((event) => event.kind === "copyRetired" && event.copy === copy)!.atNs;

test("what ends is told as much later as an answer takes, in order", () => {
  const ends = [0, 6000].map((answerNs) => {
    const harness = new Harness(h200, { answerNs });
    harness.load(0, kernel);
    harness.copy(1, "h2d", COPY_BYTES);
    const atNs = retiredNs(harness);
    return [atNs, arrivedNs(harness.runFor(1e6), 1)];
  });
  expect(ends[1]).toEqual(ends[0]!.map((ns) => ns + 6000));
});

test("a launch that ends while an eviction of it is on its way is told once", () => {
  const harness = new Harness(h200, { answerNs: 1e6 });
  harness.load(0, kernel);
  const launch = harness.launch(0, harness.everything);
  harness.runFor(100_000);
  harness.gpu.commands.evict(launch, tpcRange(0, 10));
  harness.runFor(3e6);
  expect(harness.events.map(({ kind }) => kind)).toEqual(["launchRetired"]);
});

test("an elastic kernel takes longer to begin, in its profile too; a plain one does not, and follows without a gap", () => {
  const [asMeasured, elastic] = [0, 3000].map((elasticKernelNs) => {
    const harness = new Harness(h200, { elasticKernelNs });
    const profile = harness.load(0, kernel, kernel, kernel);
    const launch = { kernelCount: 3 };
    const aloneNs = profile.kernels[0]!.aloneNs;
    return {
      aloneNs,
      elasticNs: retiredNs(harness, launch),
      plainNs: retiredNs(harness, { ...launch, priority: 1 }),
    };
  });
  expect(elastic!.aloneNs).toBe(asMeasured!.aloneNs + 3000);
  expect(elastic!.elasticNs).toBe(launchNs + 3 * elastic!.aloneNs + 2 * kernelGapNs);
  expect(elastic!.plainNs - elastic!.elasticNs).toBe(launchNs + 3 * asMeasured!.aloneNs);
});

test("chunks of both directions and launches take turns at the driver", () => {
  const harness = new Harness(h200, { submitNs: 50_000 });
  harness.load(0, kernel);
  harness.copy(1, "h2d", COPY_BYTES);
  harness.copy(2, "d2h", COPY_BYTES);
  const { aloneNs } = harness.load(1, kernel).kernels[0]!;
  expect(retiredNs(harness)).toBe(2 * 50_000 + launchNs + aloneNs);
  harness.runFor(1e6);
  const idleNs = h200.pcie.idleStartNs;
  expect([1, 2].map((copy) => arrivedNs(harness, copy))).toEqual(
    [50_000 + idleNs, 100_000 + idleNs].map((ns) => ns + Math.round(copyNs)),
  );
});

test("kernels of an elastic launch take turns there as well, those of a plain one do not", () => {
  const slowNs = 200_000;
  const run = (priority: 0 | 1) => {
    const harness = new Harness(
      { ...h200, timing: { ...h200.timing, launchNs: slowNs } },
      { submitNs: 1000 },
    );
    const { aloneNs } = harness.load(0, ...Array<typeof kernel>(8).fill(kernel)).kernels[0]!;
    harness.launch(0, harness.everything, { kernelCount: 8, priority });
    harness.runUntil(300_000);
    harness.copy(1, "h2d", COPY_BYTES);
    return { aloneNs, endNs: arrivedNs(harness.runFor(1e7), 1) };
  };
  const { aloneNs, endNs } = run(0);
  // Seven more calls, the first when the first kernel has ended; the chunk, ordered at 300 us, comes after them.
  expect(endNs).toBe(run(1).endNs - 300_000 + slowNs + aloneNs + 7 * slowNs);
});

test("a chunk occupies its engine for its arrival too", () => {
  const lastNs = [0, 700].map((arrivalNs) => {
    const harness = new Harness(h200, { arrivalNs });
    for (const copy of [1, 2, 3]) harness.copy(copy, "h2d", COPY_BYTES);
    return arrivedNs(harness.runFor(1e6), 3);
  });
  expect(lastNs[1]! - lastNs[0]!).toBe(3 * 700);
});
