import { describe, expect, it } from "vitest";
import { compare } from "../../src/engine/compare.ts";
import { compareText } from "../../src/engine/compare-text.ts";
import { runHeadless } from "../../src/engine/headless.ts";
import { smallMix } from "./fixtures.ts";

const policies = ["missiletemporal", "temporal"];
const seconds = 0.3;

describe("a comparison", () => {
  const steps: string[] = [];
  const comparison = compare(smallMix, policies, seconds, {
    progress: (_done, _total, next) => steps.push(next),
  });

  it("runs each tenant alone, and each policy with and without BE", () => {
    expect(steps).toEqual([
      "camera alone",
      "batch alone",
      "missiletemporal",
      "missiletemporal, LS only",
      "temporal",
      "temporal, LS only",
    ]);
  });

  it("holds each policy's figures against the runs they come from", () => {
    const only = (policy: string, ...names: string[]) =>
      runHeadless(
        { ...smallMix, policy, tenants: smallMix.tenants.filter(({ name }) => names.includes(name)) },
        seconds,
      );
    const [full] = runHeadless(smallMix, seconds).tenants;
    const [alone] = only("streams", "camera").tenants;
    const [lsOnly] = only("missiletemporal", "camera").tenants;
    const [batchAlone] = only("streams", "batch").tenants;
    const [missile] = comparison.policies;
    const p99Ms = full?.latencyMs.p99 as number;
    expect(missile?.ls).toEqual([
      {
        tenant: "camera",
        p99Ms,
        p99OverAlone: p99Ms / (alone?.latencyMs.p99 as number),
        p99OverLsOnly: p99Ms / (lsOnly?.latencyMs.p99 as number),
        sloAttainment: full?.sloAttainment,
      },
    ]);
    const [be] = missile?.be ?? [];
    expect(be?.overAlone).toBe((be?.throughputPerS as number) / (batchAlone?.throughputPerS as number));
    expect(missile?.beOverAloneSum).toBe(be?.overAlone);
  });

  it("prints the policies side by side within 100 columns", () => {
    const text = compareText(comparison);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    for (const word of ["missiletemporal", "temporal", "camera", "batch", "over LS-only", "over alone"])
      expect(text).toContain(word);
  });

  it("has no LS figures for a mix without LS tenants", () => {
    const beOnly = compare({ ...smallMix, tenants: smallMix.tenants.slice(1) }, ["temporal"], 0.05);
    expect(beOnly.policies[0]).toMatchObject({ ls: [], worst: { p99Ms: null, p99OverAlone: null } });
    expect(compareText(beOnly)).toContain("batch");
  });

  it("has no BE figure for a mix without BE tenants", () => {
    const lsOnly = compare({ ...smallMix, tenants: smallMix.tenants.slice(0, 1) }, ["temporal"], 0.05);
    expect(compareText(lsOnly)).toMatch(/^temporal( +[\d.]+){3} +- /m);
  });

  it("refuses an unknown policy before it runs anything", () => {
    expect(() => compare(smallMix, ["temporal", "nonesuch"], 1000)).toThrow(/no policy "nonesuch"/);
  });
});
