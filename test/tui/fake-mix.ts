/** What the fake session runs: its tenants, what it says it decided, and what the add dialog offers. */
import type { TenantClass } from "../../src/core/spec.ts";
import type { TenantConfig } from "../../src/presets/mix.ts";

export const MODELS = [
  "mobilenetv3-large",
  "squeezenet1.1",
  "shufflenetv2",
  "resnet34",
  "resnet152",
  "bert-base",
];
export const POLICIES = ["missiletemporal", "orion", "mpsplus", "temporal", "streams"];

export function makeTenant(
  model: string,
  tenantClass: TenantClass,
  existing: readonly string[],
): TenantConfig {
  const stem = tenantClass === "LS" ? model : `${model}-be`;
  let name = stem;
  for (let n = 2; existing.includes(name); n++) name = `${stem}-${n}`;
  return {
    name,
    class: tenantClass,
    model,
    batch: 1,
    nice: 100_000,
    vramKiB: null,
    smRequestPercent: 0,
    smLimitPercent: 100,
    sloMs: tenantClass === "LS" ? 10 : null,
    load:
      tenantClass === "LS" ? { kind: "poisson", ratePerS: 20 } : { kind: "closed", inFlight: 2, thinkMs: 0 },
    startS: 0,
    stopS: null,
  };
}

export interface FakeTenant {
  readonly id: number;
  readonly name: string;
  readonly class: TenantClass;
  readonly model: string;
  readonly load: string;
  readonly baseMs: number;
  readonly sloMs: number | null;
  readonly weightKiB: number;
  readonly vramKiB: number;
  nice: number;
}

export const FIRST_TENANTS: readonly Omit<FakeTenant, "id" | "nice">[] = [
  {
    name: "camera",
    class: "LS",
    model: "resnet34",
    load: "trace apollo-like",
    baseMs: 1.9,
    sloMs: 10,
    weightKiB: 85_147,
    vramKiB: 128_000,
  },
  {
    name: "lidar",
    class: "LS",
    model: "mobilenetv3-large",
    load: "trace apollo-like",
    baseMs: 0.82,
    sloMs: 5,
    weightKiB: 21_418,
    vramKiB: 21_418,
  },
  {
    name: "lane-keeping",
    class: "LS",
    model: "squeezenet1.1",
    load: "poisson 60/s",
    baseMs: 0.55,
    sloMs: 0.8,
    weightKiB: 4_826,
    vramKiB: 4_826,
  },
  {
    name: "speech",
    class: "LS",
    model: "mobilebert",
    load: "poisson 20/s",
    baseMs: 6.4,
    sloMs: 30,
    weightKiB: 96_093,
    vramKiB: 64_000,
  },
  {
    name: "bert-be",
    class: "BE",
    model: "bert-base",
    load: "closed 4",
    baseMs: 41,
    sloMs: null,
    weightKiB: 427_657,
    vramKiB: 128_000,
  },
  {
    name: "resnet-be",
    class: "BE",
    model: "resnet152",
    load: "closed 2",
    baseMs: 133,
    sloMs: null,
    weightKiB: 235_128,
    vramKiB: 235_128,
  },
];

export const EARLY_DECISIONS: readonly (readonly [number, string])[] = [
  [4, "shrank bert-be to 22 TPCs: camera needs 44"],
  [5, "moved resnet-be into channels 31-45: LS is active"],
  [0, "camera holds 44 TPCs for its next 8 kernels"],
  [4, "gave bert-be 66 TPCs: no LS request runs"],
  [2, "rejected a request of lane-keeping: 0.9 ms left, 1.1 ms needed"],
  [3, "speech streams 31 MiB of weights: its reservation is 62.5 MiB of 93.8 MiB"],
  [5, "evicted resnet-be at kernel 112, 340 blocks left: lidar arrived"],
  [1, "lidar joined the H2D queue at vruntime 41,233"],
  [-1, "the operator set cfsPeriod to 512 packets"],
];
