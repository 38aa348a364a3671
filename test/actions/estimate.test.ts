import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aloneMs, expected } from "../../src/actions/estimate.ts";
import type { World } from "../../src/actions/world.ts";
import { asTenantId } from "../../src/core/ids.ts";
import { model, modelNames } from "../../src/models/index.ts";
import { openSimulatedGpu } from "../../src/native/index.ts";
import { loadGpu, tenantWithDefaults } from "../../src/presets/index.ts";
import type { TenantConfig } from "../../src/presets/mix.ts";
import { networkOf, OFFERS } from "../tui/fake-mix.ts";
import { FakeSession } from "../tui/fake-session.ts";

async function worldOf(tenants: readonly TenantConfig[]): Promise<World> {
  const session = new FakeSession();
  session.populate(0);
  return {
    view: session.view(),
    offers: OFFERS,
    networkOf,
    replaces: () => false,
    mix: { ...(await session.mix()), tenants },
  };
}

const tenant = (name: string, changes: Partial<TenantConfig> = {}): TenantConfig => ({
  ...tenantWithDefaults({ name, class: "LS", model: "resnet34" }),
  ...changes,
});

const row = (effects: ReturnType<typeof expected>, what: string) =>
  effects.rows.find((one) => one.what.startsWith(what))!;

const figure = (text: string): number => Number.parseFloat(text);

describe("a request alone", () => {
  it.each(["h200", "v100"])("on %s takes about what the simulated GPU says", (name) => {
    const spec = loadGpu(name);
    const gpu = openSimulatedGpu(spec);
    const factors = modelNames().map((network) => {
      const lowered = model(network).lowered(1);
      const { kernels } = gpu.load(asTenantId(0), lowered);
      const kernelsNs = kernels.reduce((sum, { aloneNs }) => sum + aloneNs + spec.timing.kernelGapNs, 0);
      const copiesNs = lowered.inputBytes / spec.pcie.h2dGBs + lowered.outputBytes / spec.pcie.d2hGBs;
      return (aloneMs(lowered, spec) * 1e6) / (kernelsNs + copiesNs);
    });
    gpu.close();
    expect(factors.filter((factor) => factor < 0.75 || factor > 1.25).length).toBeLessThanOrEqual(1);
    for (const factor of factors) {
      expect(factor).toBeGreaterThan(0.5);
      expect(factor).toBeLessThan(1.5);
    }
  });
});

describe("what is expected of a run", () => {
  it("gives LS what it asks for and BE the rest, within their limits", async () => {
    const ls = tenant("eye", { load: { kind: "poisson", ratePerS: 100 } });
    const be = tenant("batch", { class: "BE", load: { kind: "closed", inFlight: 1, thinkMs: 0 } });
    const world = await worldOf([ls]);
    const effects = expected(world, (tenants) => [...tenants, be]);
    const [eye, batch] = [row(effects, "eye"), row(effects, "batch")];
    expect(eye.before).toBe(eye.after);
    expect(batch.before).toBe("–");
    expect(figure(eye.after) + figure(batch.after)).toBeCloseTo(100, 0);
    const capped = expected(world, (tenants) => [...tenants, { ...be, smLimitPercent: 30 }]);
    expect(row(capped, "batch").after).toBe("30.0 %");
  });

  it("counts VRAM exactly, and streams what is not reserved over PCIe at every request", async () => {
    const world = await worldOf([]);
    const whole = expected(world, () => [tenant("eye")]);
    expect(row(whole, "VRAM")).toMatchObject({ before: "0 B", after: "80.0 MiB" });
    const streamed = expected(world, () => [
      tenant("eye", { vramKiB: 0, load: { kind: "poisson", ratePerS: 100 } }),
    ]);
    expect(row(streamed, "VRAM").after).toBe("0 B");
    expect(figure(row(streamed, "PCIe").after)).toBeGreaterThan(10 * figure(row(whole, "PCIe").after));
  });

  it("never hands out more of the GPU than there is", async () => {
    const world = await worldOf([]);
    const tenants = fc.array(
      fc.record({
        isLs: fc.boolean(),
        ratePerS: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
        closed: fc.boolean(),
        smLimitPercent: fc.integer({ min: 1, max: 100 }),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(tenants, (list) => {
        const effects = expected(world, () =>
          list.map(({ isLs, ratePerS, closed, smLimitPercent }, index) =>
            tenant(`t${index}`, {
              class: isLs ? "LS" : "BE",
              smLimitPercent,
              load: closed ? { kind: "closed", inFlight: 1, thinkMs: 0 } : { kind: "poisson", ratePerS },
            }),
          ),
        );
        const shares = effects.rows.slice(2).map(({ after }) => figure(after));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(100.5);
        for (const [index, share] of shares.entries())
          expect(share).toBeLessThanOrEqual(list[index]!.smLimitPercent + 0.1);
        expect(figure(row(effects, "PCIe").after)).toBeLessThanOrEqual(100);
      }),
    );
  });
});
