/** What a tenant is when its mix, or an operator who adds it, does not say. */
import type { LoadConfig, TenantConfig } from "./mix.ts";

/** What must be said of a tenant; all else has a default. */
export type PartialTenant = Pick<TenantConfig, "name" | "class" | "model"> & {
  readonly [Field in keyof TenantConfig]?: TenantConfig[Field] | undefined;
};

/** LS: a camera's worth of requests. BE: as many as the GPU finishes. */
const DEFAULT_LOADS: Readonly<Record<TenantConfig["class"], LoadConfig>> = {
  LS: { kind: "poisson", ratePerS: 10 },
  BE: { kind: "closed", inFlight: 1, thinkMs: 0 },
};

/** The tenant with every default filled in: batch 1, TF32, nice 100000, VRAM for all its parameters, no SM bounds, no SLO. */
export function tenantWithDefaults(tenant: PartialTenant): TenantConfig {
  return {
    name: tenant.name,
    class: tenant.class,
    model: tenant.model,
    batch: tenant.batch ?? 1,
    precision: tenant.precision ?? "tf32",
    nice: tenant.nice ?? 100_000,
    vramKiB: tenant.vramKiB ?? null,
    smRequestPercent: tenant.smRequestPercent ?? 0,
    smLimitPercent: tenant.smLimitPercent ?? 100,
    sloMs: tenant.sloMs ?? null,
    load: tenant.load ?? DEFAULT_LOADS[tenant.class],
    startS: tenant.startS ?? 0,
    stopS: tenant.stopS ?? null,
  };
}
