/** What may be said of a tenant: the same arguments in its form, its prompts and on the command line. */
import { MissileError } from "../core/error.ts";
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { TenantConfig } from "../presets/mix.ts";
import { MAX_RATE_PER_S } from "./load-words.ts";
import { NICE } from "./nice.ts";
import type { World } from "./world.ts";

/** Larger batches fit no GPU here. */
const MAX_BATCH = 1024;
/** A day: an SLO beyond it is a slip of the unit. */
const MAX_SLO_MS = 86_400_000;
/** 16 TiB: more VRAM than any GPU has; what is there is the engine's to say. */
const MAX_VRAM_KIB = 2 ** 34;

export const loadArgument = { name: "load", title: "load", kind: "load" } as const;

export const rateArgument = {
  name: "rate",
  title: "rate",
  kind: "number",
  least: 0.001,
  most: MAX_RATE_PER_S,
  isWhole: false,
  unit: "/s",
  factor: 2,
} as const;

export const tenantArguments = {
  name: { name: "name", title: "name", kind: "text", blank: "named after its model" },
  model: { name: "model", title: "model", kind: "choice", options: "models" },
  class: {
    name: "class",
    title: "class",
    kind: "choice",
    options: [
      { value: "LS", detail: "latency sensitive: served first" },
      { value: "BE", detail: "best effort: takes what is left" },
    ],
  },
  batch: {
    name: "batch",
    title: "batch",
    kind: "number",
    least: 1,
    most: MAX_BATCH,
    isWhole: true,
    unit: "",
  },
  precision: {
    name: "precision",
    title: "precision",
    kind: "choice",
    options: [
      { value: "tf32", detail: "FP32 in memory, TF32 in tensor cores" },
      { value: "fp16", detail: "FP16; on a real GPU, as bf16 is" },
      { value: "bf16", detail: "BF16: FP32's range, fewer digits" },
    ],
  },
  load: loadArgument,
  nice: { name: "nice", title: "nice", kind: "number", ...NICE, isWhole: true, unit: "", factor: 2 },
  slo: {
    name: "slo",
    title: "SLO",
    kind: "number",
    least: 0.001,
    most: MAX_SLO_MS,
    isWhole: false,
    unit: "ms",
    none: "none",
  },
  smRequest: {
    name: "smRequest",
    title: "smRequest",
    kind: "number",
    least: 0,
    most: 100,
    isWhole: false,
    unit: "%",
    step: 5,
  },
  smLimit: {
    name: "smLimit",
    title: "smLimit",
    kind: "number",
    least: 1,
    most: 100,
    isWhole: false,
    unit: "%",
    step: 5,
  },
  vram: {
    name: "vram",
    title: "VRAM",
    kind: "number",
    least: 0,
    most: MAX_VRAM_KIB,
    isWhole: true,
    unit: "KiB",
    units: { MiB: 1024, GiB: 1_048_576 },
    none: "all",
  },
} as const;

/** The tenant as it is configured now. Throws MissileError "noSuchTenant" when it has left or is leaving. */
export function configOf({ mix }: World, tenant: TenantSnapshot): TenantConfig {
  const config = mix?.tenants.find(({ name }) => name === tenant.name);
  if (config !== undefined) return config;
  throw new MissileError(`tenant "${tenant.name}" is leaving`, "noSuchTenant");
}
