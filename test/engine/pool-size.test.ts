/** How large a real GPU's coloured pool is where nobody says it. */
import { describe, expect, it } from "vitest";
import { colouredKiB, MOST_POOL_MIB, poolMiBFor, type Resident } from "../../src/engine/pool-size.ts";
import { model } from "../../src/models/index.ts";
import { seeded } from "../../src/models/seeded.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { loweredOf } from "../../src/plan/program.ts";
import { loadGpu, loadMix } from "../../src/presets/index.ts";
import { inMemory } from "../plan/in-memory.ts";

const h200 = loadGpu("h200");
const MIB = 1024;
const resident = (tenantClass: Resident["class"], mib: number): Resident => ({
  class: tenantClass,
  colouredKiB: mib * MIB,
});
/** Of a pool's blocks, as an H200's were split 8 + 16: 142 of 512 MiB were BE's, and 12.8 % nobody's. */
const [BE_PART, LS_PART] = [142 / 512, 1 - 142 / 512 - 0.128];

describe("the pool of a mix", () => {
  it("has room for h200-dnn in each class's channels", () => {
    const { tenants, beChannelShare } = loadMix("h200-dnn");
    const residents = tenants.map(({ class: tenantClass, model: name, batch, precision }) => {
      const folder = inMemory(plan(seeded(model(name).build!(batch)), { precision }));
      return { class: tenantClass, colouredKiB: colouredKiB(loweredOf(folder)) };
    });
    const poolMiB = poolMiBFor(h200, beChannelShare, residents);
    const needed = (tenantClass: Resident["class"]): number =>
      residents.reduce((sum, one) => sum + (one.class === tenantClass ? one.colouredKiB : 0), 0) / MIB;
    expect(needed("BE")).toBeGreaterThan(142);
    expect(poolMiB * BE_PART).toBeGreaterThan(needed("BE"));
    expect(poolMiB * LS_PART).toBeGreaterThan(needed("LS"));
    expect(poolMiB * BE_PART).toBeLessThan(1.1 * needed("BE"));
    expect(poolMiB).toBeLessThanOrEqual(MOST_POOL_MIB);
  });

  it("is as large as the class needs that needs more, in whole pages", () => {
    const [be, ls] = [resident("BE", 100), resident("LS", 100)];
    expect(poolMiBFor(h200, 1 / 3, [ls])).toBeLessThan(poolMiBFor(h200, 1 / 3, [be]));
    expect(poolMiBFor(h200, 1 / 3, [be, ls])).toBe(poolMiBFor(h200, 1 / 3, [be]));
    expect(poolMiBFor(h200, 1 / 3, [be, be])).toBeGreaterThan(1.9 * poolMiBFor(h200, 1 / 3, [be]));
    expect(poolMiBFor(h200, 1 / 2, [be])).toBeLessThan(poolMiBFor(h200, 1 / 3, [be]));
    for (const mib of [50.3, 77, 201]) expect(poolMiBFor(h200, 1 / 3, [resident("BE", mib)]) % 2).toBe(0);
  });

  it("is left to the small ones where it would be too large for all", () => {
    const [small, large] = [resident("BE", 100), resident("BE", 1000)];
    expect(poolMiBFor(h200, 1 / 3, [large, small])).toBe(poolMiBFor(h200, 1 / 3, [small]));
    expect(poolMiBFor(h200, 1 / 3, [large])).toBe(poolMiBFor(h200, 1 / 3, [resident("BE", 0)]));
    // One partition of 24 holds no block of two.
    expect(poolMiBFor(h200, 1 / 24, [small])).toBe(poolMiBFor(h200, 1 / 3, [large]));
  });

  it("has some room where tenants are yet to come", () => {
    expect(poolMiBFor(h200, 1 / 3, [])).toBe(512);
  });

  it("holds what a workload without a plan reads and writes", () => {
    // Kernels that read 64 MiB and write as much.
    const streamMiB = colouredKiB(model("stream").lowered(1)) / MIB;
    expect(streamMiB).toBeGreaterThanOrEqual(128);
    expect(streamMiB).toBeLessThan(129);
  });
});
