/** The profile command on the fake driver: measured once, and used by who comes after. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { asTenantId } from "../../src/core/ids.ts";
import { openCudaGpu } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/index.ts";
import { type Profile, profileSchema, readProfile } from "../../src/profiles/index.ts";
import { scratch } from "../engine/fixtures.ts";
import { computeKernel, network, streamKernel } from "../native/kernels.ts";
import { loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { cliOnFake } from "./fake-driver/run.ts";

describeWithKernels("profile on a real GPU", () => {
  const cache = scratch();
  const profiles = join(cache, "missile-console", "profiles");
  const profile = (...args: readonly string[]): Profile => {
    process.env.XDG_CACHE_HOME = cache;
    const { stdout, stderr, status } = cliOnFake(
      ["profile", "l2-resident", "--backend", "cuda", "--json", ...args],
      { SMS: 8 },
    );
    expect(status, stderr).toBe(0);
    return profileSchema.parse(JSON.parse(stdout));
  };

  it("is measured, kept, and measured again only when it is asked for", () => {
    const first = profile();
    expect(first.whole).toBe(true);
    for (const { curve, tpcsNeeded } of first.kernels) {
      expect(curve.map(({ tpcs }) => tpcs)).toEqual([1, 2, 3, 4]);
      expect(tpcsNeeded).toBeLessThanOrEqual(4);
    }
    // Its kernels are all alike.
    expect(new Set(first.kernels.map(({ curve }) => JSON.stringify(curve))).size).toBe(1);
    const [gpu] = readdirSync(profiles);
    expect(readProfile(join(profiles, gpu!, "l2-resident-b1.json"))).toEqual(first);
    expect(profile()).toEqual(first);
    expect(profile("--again").measuredAt).not.toBe(first.measuredAt);
  });

  it("is of every number of TPCs that is worth trying, and what was measured is taken for known", () => {
    loadFakeGpu({ SMS: 16 });
    const spec = { ...loadGpu("h200"), sms: 16 };
    const doorbell = new Int32Array(new SharedArrayBuffer(4));
    const gpu = openCudaGpu({ spec, ordinal: 0, poolMiB: 0, doorbell });
    const tenant = asTenantId(0);
    const made = network(computeKernel(64, 1e6), streamKernel(4, { threadsPerBlock: 256 }));
    gpu.load(tenant, made);
    const curve = gpu.curveOf(tenant, 0);
    expect(curve.map(({ tpcs }) => tpcs)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { ns } of curve) expect(ns).toBeGreaterThan(0);
    expect(gpu.knownCurves(tenant)[0]!.at(-1)!.tpcs).toBe(8);
    // Nothing takes so long: that these times come back says that nothing was measured.
    const known = [1, 2, 3, 4, 5, 6, 7, 8].map((tpcs) => ({ tpcs, ns: tpcs < 5 ? 9e12 : 8e12 + tpcs }));
    const { kernels } = gpu.load(tenant, { ...made, curves: [known, known] });
    for (const kernel of kernels) expect(kernel).toMatchObject({ aloneNs: 8e12 + 8, tpcsNeeded: 5 });
    expect(gpu.knownCurves(tenant)).toEqual([known, known]);
    gpu.close();
  });

  it("is of equal kernels measured once as they are loaded, and of others for themselves", () => {
    loadFakeGpu({ SMS: 16 });
    const doorbell = new Int32Array(new SharedArrayBuffer(4));
    const gpu = openCudaGpu({ spec: { ...loadGpu("h200"), sms: 16 }, ordinal: 0, poolMiB: 0, doorbell });
    const compute = computeKernel(64, 1e6);
    gpu.load(
      asTenantId(0),
      network(compute, { ...compute, name: "again" }, { ...compute, flops: 2 * compute.flops }),
    );
    const [first, again, other] = gpu.knownCurves(asTenantId(0));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    gpu.close();
  });

  it("says that as many TPCs are enough as once were, though more took longer by chance", () => {
    loadFakeGpu({ SMS: 16 });
    const doorbell = new Int32Array(new SharedArrayBuffer(4));
    const gpu = openCudaGpu({ spec: { ...loadGpu("h200"), sms: 16 }, ordinal: 0, poolMiB: 0, doorbell });
    const curve = [90, 60, 52, 48.9, 63, 49, 48, 50].map((us, index) => ({ tpcs: index + 1, ns: us * 1e3 }));
    const { kernels } = gpu.load(asTenantId(0), { ...network(computeKernel(64, 1e6)), curves: [curve] });
    expect(kernels).toMatchObject([{ aloneNs: 50e3, tpcsNeeded: 4 }]);
    gpu.close();
  });
});
