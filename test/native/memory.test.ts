import { describe, expect, test } from "vitest";
import { type ChannelSet, channelRange } from "../../src/core/channel-set.ts";
import { asTenantId } from "../../src/core/ids.ts";
import type { Kernel } from "../../src/core/kernel.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { gpuNames, loadGpu } from "../../src/presets/gpu.ts";
import { Harness } from "./harness.ts";
import { computeKernel, streamKernel } from "./kernels.ts";

const LS = 0;
const BE = 1;

interface Neighbour {
  readonly lsTpcs: number;
  readonly beTpcs: number;
  readonly lsChannels?: ChannelSet;
  readonly beChannels?: ChannelSet;
  readonly beComputes?: boolean;
}

/** By how much BE slows an LS that streams on disjoint TPCs, and what BE moves meanwhile. */
function beside({ lsTpcs, beTpcs, lsChannels, beChannels, beComputes }: Neighbour) {
  const run = (withBe: boolean) => {
    const harness = new Harness();
    harness.load(LS, streamKernel(280));
    harness.load(BE, beComputes ? computeKernel(1e6, 1e7) : streamKernel(1e6));
    if (lsChannels) harness.gpu.commands.place(asTenantId(LS), lsChannels);
    if (beChannels) harness.gpu.commands.place(asTenantId(BE), beChannels);
    if (withBe) harness.launch(BE, tpcRange(lsTpcs, lsTpcs + beTpcs));
    harness.runUntil(1e5);
    const bytes = harness.vramBytes(BE);
    const { atNs } = harness.retired(harness.launch(LS, tpcRange(0, lsTpcs)));
    return { ns: atNs - 1e5, beGBs: (harness.vramBytes(BE) - bytes) / (atNs - 1e5) };
  };
  const shared = run(true);
  return { slowdown: shared.ns / run(false).ns, beGBs: shared.beGBs };
}

const six = channelRange(0, 12);
const eighteen = channelRange(12, 47);

describe("a memory-bound tenant squeezed onto a quarter of the channels", () => {
  test("with most of the SMs, hurts one that shares no channel with it, far more than without colours", () => {
    const coloured = beside({ lsTpcs: 8, beTpcs: 58, lsChannels: eighteen, beChannels: six });
    const uncoloured = beside({ lsTpcs: 8, beTpcs: 58 });
    expect(coloured.slowdown).toBeGreaterThan(4);
    expect(uncoloured.slowdown).toBeLessThan(2);
  });

  test("with SMs in proportion to its channels, does not hurt a neighbour on the rest", () => {
    const capped = beside({ lsTpcs: 49, beTpcs: 16, lsChannels: eighteen, beChannels: six });
    expect(capped.slowdown).toBeLessThan(1.1);
  });

  test("gains nothing from SMs beyond that proportion", () => {
    const capped = beside({ lsTpcs: 8, beTpcs: 17, lsChannels: eighteen, beChannels: six });
    const greedy = beside({ lsTpcs: 8, beTpcs: 58, lsChannels: eighteen, beChannels: six });
    expect(greedy.beGBs / capped.beGBs).toBeLessThan(1.06);
  });

  test("hurts most a neighbour that is not coloured itself", () => {
    const both = beside({ lsTpcs: 33, beTpcs: 33, lsChannels: eighteen, beChannels: six });
    const beOnly = beside({ lsTpcs: 33, beTpcs: 33, beChannels: six });
    expect(beOnly.slowdown).toBeGreaterThan(both.slowdown);
  });

  test("does no harm when it computes", () => {
    const computing = { lsTpcs: 8, beTpcs: 58, lsChannels: eighteen, beChannels: six, beComputes: true };
    expect(beside(computing).slowdown).toBeLessThan(1.01);
  });
});

describe("a tenant within L2", () => {
  const region = 8e6;

  /** Passes over the region, `writesPerRead` bytes written for each that is read. */
  const resident = (writesPerRead: number) =>
    streamKernel(0, {
      grid: 6000,
      readBytes: 24 * region,
      writtenBytes: 24 * region * writesPerRead,
      footprintBytes: region,
    });

  /** By how much a neighbour on other TPCs slows it. */
  const slowdown = (
    own: Kernel,
    ownTpcs: number,
    neighbour: Kernel,
    neighbourTpcs: number,
    channels?: ChannelSet[],
  ) => {
    const run = (shared: boolean) => {
      const harness = new Harness();
      harness.load(LS, own);
      harness.load(BE, neighbour);
      for (const [tenant, set] of (channels ?? []).entries())
        harness.gpu.commands.place(asTenantId(tenant), set);
      if (shared) harness.launch(BE, tpcRange(ownTpcs, ownTpcs + neighbourTpcs));
      harness.runUntil(1e5);
      return harness.retired(harness.launch(LS, tpcRange(0, ownTpcs))).atNs - 1e5;
    };
    return run(true) / run(false);
  };
  const stream = streamKernel(1e6);

  test("that only reads feels no stream that leaves the channels room; one that writes does, the more it writes", () => {
    const [reader, fifth, third, copy] = [0, 0.25, 0.5, 1].map((writes) =>
      slowdown(resident(writes), 44, stream, 22),
    );
    expect(reader).toBeLessThan(1.02);
    expect(fifth).toBeGreaterThan(reader! + 0.05);
    expect(third).toBeGreaterThan(fifth! + 0.05);
    expect(copy).toBeGreaterThan(third! + 0.05);
  });

  test("waits in the crossbar even if it only reads", () => {
    expect(slowdown(resident(0), 8, stream, 58, [eighteen, six])).toBeGreaterThan(4);
  });

  test("shares L2's bandwidth with another that reads there, on the same channels alone", () => {
    const other = { ...resident(0), grid: 1e6, readBytes: 1e12 };
    expect(slowdown(resident(0), 33, other, 33)).toBeGreaterThan(1.25);
    expect(slowdown(resident(0), 33, other, 33, [eighteen, six])).toBeLessThan(1.05);
  });
});

test.each(gpuNames())("more SMs never stream slower, and all of them reach most of what %s can", (name) => {
  const spec = loadGpu(name);
  const bytes = 4e8;
  const harness = new Harness(spec);
  harness.load(0, streamKernel(bytes / 1e6, { grid: spec.sms * 100 }));
  const gBs = harness.gpu.curveOf(asTenantId(0), 0).map(({ ns }) => bytes / ns);
  for (const [index, rate] of gBs.entries()) {
    expect(rate).toBeGreaterThan((gBs[index - 1] ?? 0) * 0.97);
    expect(rate).toBeLessThan(spec.memory.achievedGBs);
  }
  expect(gBs.at(-1)).toBeGreaterThan(0.85 * spec.memory.achievedGBs);
});

test.each([10, 15, 30])(
  "tenants that compute %i FLOP a byte share few channels up to what these carry",
  (flopsPerByte) => {
    const harness = new Harness();
    const { achievedGBs } = harness.gpu.spec.memory;
    const tenants = [0, 1, 2];
    for (const tenant of tenants) {
      const traffic = { readBytes: 9e10, writtenBytes: 1e10, footprintBytes: 6e10 };
      harness.load(
        tenant,
        streamKernel(1e5, { ...traffic, flops: 1e11 * flopsPerByte * (0.6 + 0.27 * tenant) }),
      );
      harness.gpu.commands.place(asTenantId(tenant), six);
      harness.launch(tenant, tpcRange(22 * tenant, 22 * (tenant + 1)));
    }
    const bytes = () => tenants.reduce((sum, tenant) => sum + harness.vramBytes(tenant), 0);
    harness.runUntil(1e6);
    const before = bytes();
    harness.runFor(1e6);
    const gBs = (bytes() - before) / 1e6;
    expect(gBs).toBeLessThan((achievedGBs * 12) / 47);
    expect(gBs).toBeGreaterThan((0.7 * achievedGBs * 12) / 47);
  },
);

describe("channel bytes", () => {
  test("are all that a stream reads and writes, spread evenly over its tenant's channels and no others", () => {
    const harness = new Harness();
    harness.load(LS, streamKernel(300));
    harness.gpu.commands.place(asTenantId(LS), six);
    harness.retired(harness.launch(LS, harness.everything));
    const bytes = [...harness.channelBytes(LS)];
    for (const channel of bytes.keys()) expect(bytes[channel]).toBeCloseTo(channel < 12 ? 300e6 / 12 : 0, 0);
    expect(harness.vramBytes(BE)).toBe(0);
  });

  test("follow the channels that a kernel had when it started", () => {
    const harness = new Harness();
    harness.load(LS, streamKernel(300), streamKernel(600));
    harness.gpu.commands.place(asTenantId(LS), six);
    const launch = harness.launch(LS, harness.everything, { kernelCount: 2 });
    harness.runUntil(20_000).gpu.commands.place(asTenantId(LS), eighteen);
    harness.retired(launch);
    const bytes = harness.channelBytes(LS);
    expect(bytes[0]! * 12).toBeCloseTo(300e6, 0);
    expect(bytes[46]! * 35).toBeCloseTo(600e6, 0);
  });

  test("grow while a kernel runs, count copies, and are forgotten when the tenant is released", () => {
    const harness = new Harness();
    harness.load(LS, streamKernel(3000));
    const launch = harness.launch(LS, harness.everything);
    const [early, late] = [1e5, 3e5].map((atNs) => harness.runUntil(atNs).vramBytes(LS));
    expect(early).toBeGreaterThan(0);
    expect(late).toBeGreaterThan(2 * early!);
    harness.retired(launch);
    harness.copy(1, "h2d", 5e6);
    harness.runFor(1e6);
    expect(harness.vramBytes(LS)).toBeCloseTo(3005e6, -1);
    harness.gpu.commands.release(asTenantId(LS));
    harness.runFor(1);
    expect(harness.vramBytes(LS)).toBe(0);
  });
});
