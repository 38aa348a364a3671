/** Profiles as files, and what a run makes of them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { asTenantId } from "../../src/core/ids.ts";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import { tpcCount } from "../../src/core/spec.ts";
import { Engine } from "../../src/engine/engine.ts";
import { model } from "../../src/models/index.ts";
import { openSimulatedGpu, type ProfilingDevice } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/index.ts";
import {
  measuredProfiles,
  mismatch,
  networkOf,
  type ProfileShelf,
  profilePath,
  readProfile,
  simulatedProfiles,
  wholeProfile,
  withCurves,
  writeProfile,
} from "../../src/profiles/index.ts";
import { scratch, smallMix } from "../engine/fixtures.ts";

const spec = loadGpu("h200");
const tenant = asTenantId(0);
const network = model("squeezenet1.1").lowered(1);
const occasion = { model: "squeezenet1.1", driver: "580.1", measuredAt: "2026-11-22T20:00:00Z" };
const profile = wholeProfile(openSimulatedGpu(spec), tenant, network, occasion, () => {});
/** The same GPU, three times as slow. */
const slow = {
  ...profile,
  kernels: profile.kernels.map((kernel) => ({
    ...kernel,
    curve: kernel.curve.map(({ tpcs, ns }) => ({ tpcs, ns: 3 * ns })),
  })),
};

const usualCache = process.env.XDG_CACHE_HOME;
afterEach(() => {
  process.env.XDG_CACHE_HOME = usualCache;
});

/** A user's cache with this file in it. */
function cacheWith(text: string): string {
  process.env.XDG_CACHE_HOME = scratch();
  const path = profilePath("squeezenet1.1", 1, spec.name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe("a profile", () => {
  it("has of every kernel a curve to all TPCs, and rates that go with it", () => {
    expect(profile.kernels).toHaveLength(network.kernels.length);
    for (const [index, kernel] of profile.kernels.entries()) {
      const { flops, footprintBytes, name } = network.kernels[index]!;
      const { tpcs, ns } = kernel.curve.at(-1)!;
      expect([kernel.name, tpcs]).toEqual([name, tpcCount(spec)]);
      expect(kernel.gBs * ns).toBeCloseTo(footprintBytes, 3);
      expect(kernel.tFlops * ns * 1e3).toBeCloseTo(flops, 3);
    }
  });

  it("comes back from its file, a kernel a line", () => {
    const path = join(scratch(), "a", "b.json");
    writeProfile(path, profile);
    expect(readProfile(path)).toEqual(profile);
    expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(profile.kernels.length + 2);
  });

  it.each([
    ["{", /cannot be read/],
    ["{}", /is no profile: \w+: .*write one with/],
  ])("is refused where the file is none: %s", (text, why) => {
    const path = join(scratch(), "p.json");
    writeFileSync(path, text);
    expect(() => readProfile(path)).toThrow(why);
  });

  it("lies in a model's folder, or in the user's cache", () => {
    const folder = scratch();
    writeFileSync(join(folder, "plan.json"), "{}");
    expect(profilePath(folder, 1, "NVIDIA H200")).toBe(join(folder, "profiles", "nvidia-h200.json"));
    expect(profilePath("resnet34", 4, "RTX A2000", { XDG_CACHE_HOME: "/caches" })).toBe(
      "/caches/missile-console/profiles/rtx-a2000/resnet34-b4.json",
    );
  });

  it("is of the same kernels on the same GPU, or says why not", () => {
    const all = tpcCount(spec);
    const without = { ...network, kernels: network.kernels.slice(1) };
    const [first, ...rest] = network.kernels;
    const wider = { ...network, kernels: [{ ...first!, grid: 7 }, ...rest] };
    expect(mismatch(profile, network, spec.name, all)).toBeNull();
    expect(mismatch(profile, network, "NVIDIA H100", all)).toBe("it is of NVIDIA H200");
    expect(mismatch(profile, network, spec.name, all - 1)).toMatch(/it is of 66 TPCs, and there are 65/);
    expect(mismatch(profile, without, spec.name, all)).toMatch(/it has \d+ kernels, the network \d+/);
    expect(mismatch(profile, wider, spec.name, all)).toBe(`kernel 0 is another: ${first!.name}`);
  });
});

/** What a load with that shelf loads. */
function loadedBy(shelf: ProfileShelf): LoweredNetwork {
  return shelf.load("squeezenet1.1", tenant, network, (known) => openSimulatedGpu(spec).load(tenant, known))
    .network;
}

describe("a simulated GPU", () => {
  const executionMs = (): number => {
    const mix = { ...smallMix, tenants: smallMix.tenants.slice(1) };
    const engine = new Engine(mix);
    engine.advance(2e8);
    return engine.snapshot().tenants[0]!.blameMs.execution;
  };

  it("goes by what was measured on a real one of its name", () => {
    const modelled = executionMs();
    cacheWith(JSON.stringify(slow));
    expect(executionMs() / modelled).toBeGreaterThan(2);
  });

  it("goes by its model where the file is broken, or of another GPU", () => {
    const known = simulatedProfiles(spec);
    cacheWith("broken");
    expect(loadedBy(known)).toBe(network);
    cacheWith(JSON.stringify({ ...slow, tpcs: 5 }));
    expect(loadedBy(known)).toBe(network);
    cacheWith(JSON.stringify(slow));
    // Plain kernels were measured.
    const elastic = slow.kernels.map(({ curve }) =>
      curve.map(({ tpcs, ns }) => ({ tpcs, ns: ns + spec.executor.elasticKernelNs })),
    );
    expect(loadedBy(known)).toEqual({ ...networkOf(slow), curves: elastic });
  });
});

describe("a real GPU", () => {
  /** Says that it measured what the slow profile says. */
  const device = {
    spec,
    knownCurves: () => slow.kernels.map(({ curve }) => curve),
  } as unknown as ProfilingDevice;

  it("keeps what a load has measured, and measures no more", () => {
    process.env.XDG_CACHE_HOME = scratch();
    const said: string[] = [];
    const shelf = measuredProfiles(device, "580.1", (text) => said.push(text));
    expect(loadedBy(shelf)).toBe(network);
    expect(said).toEqual(["measuring squeezenet1.1, batch 1", ""]);
    const kept = readProfile(profilePath("squeezenet1.1", 1, spec.name));
    expect(kept).toMatchObject({ whole: false, driver: "580.1", gpu: spec.name });
    expect(loadedBy(shelf)).toEqual(withCurves(network, slow));
    expect(said).toHaveLength(2);
  });

  it("leaves a profile alone that it used", () => {
    const path = cacheWith(JSON.stringify(slow));
    const shelf = measuredProfiles(device, "580.1", () => {});
    loadedBy(shelf);
    expect(readFileSync(path, "utf8")).toBe(JSON.stringify(slow));
  });

  it("says why it measures anew", () => {
    const said: string[] = [];
    cacheWith(JSON.stringify({ ...slow, gpu: "NVIDIA H100" }));
    loadedBy(measuredProfiles(device, "580.1", (text) => said.push(text)));
    expect(said).toEqual(["measuring squeezenet1.1, batch 1 anew: it is of NVIDIA H100", ""]);
  });

  it("says no more that it measures once that has failed", () => {
    process.env.XDG_CACHE_HOME = scratch();
    const said: string[] = [];
    const shelf = measuredProfiles(device, "580.1", (text) => said.push(text));
    const fail = (): never => {
      throw new MissileError("no room", "outOfMemory");
    };
    expect(() => shelf.load("squeezenet1.1", tenant, network, fail)).toThrow("no room");
    expect(said).toEqual(["measuring squeezenet1.1, batch 1", ""]);
    expect(existsSync(profilePath("squeezenet1.1", 1, spec.name))).toBe(false);
  });
});
