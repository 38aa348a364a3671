/** What the fake session runs: its tenants, what it says it decided, and what the add dialog offers. */
import type { Offers } from "../../src/actions/world.ts";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import type { TenantClass } from "../../src/core/spec.ts";
import type { TenantConfig } from "../../src/presets/mix.ts";

const MODELS = ["mobilenetv3-large", "squeezenet1.1", "shufflenetv2", "resnet34", "resnet152", "bert-base"];
const POLICIES = ["missiletemporal", "orion", "mpsplus", "temporal", "streams"];

/** What the lists of a console over the fake session offer. */
export const OFFERS: Offers = {
  policies: POLICIES.map((value) => ({ value, detail: value === "temporal" ? "one kernel at a time" : "" })),
  models: MODELS.map((value) => ({ value, detail: "" })),
  gpus: ["a2000", "h200", "v100"].map((value) => ({ value, detail: "" })),
  mixes: ["apollo", "two-tenants"].map((value) => ({ value, detail: "" })),
};

/** Every model: three kernels, an image in, a thousand classes out. */
export const networkOf = (name: string, batch: number): LoweredNetwork => ({
  name,
  batch,
  inputBytes: 602_112 * batch,
  outputBytes: 4000 * batch,
  storedBytes: 80 * 2 ** 20,
  kernels: [1, 2, 3].map((nth) => ({
    name: `kernel-${nth}`,
    grid: 256,
    threadsPerBlock: 256,
    registersPerThread: 32,
    sharedBytesPerBlock: 0,
    flops: 2e9 * batch * nth,
    weightBytes: 20 * 2 ** 20,
    readBytes: 10 * 2 ** 20,
    writtenBytes: 4 * 2 ** 20,
    footprintBytes: 30 * 2 ** 20,
    bound: "compute",
  })),
});

function configOf(model: string, tenantClass: TenantClass, name: string): TenantConfig {
  return {
    name,
    class: tenantClass,
    model,
    batch: 1,
    precision: "tf32",
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

/** What never changes of a fake tenant, and how it begins. */
interface FirstTenant {
  readonly name: string;
  readonly class: TenantClass;
  readonly model: string;
  readonly load: string;
  readonly baseMs: number;
  readonly sloMs: number | null;
  readonly weightKiB: number;
  readonly vramKiB: number;
}

export interface FakeTenant extends FirstTenant {
  readonly id: number;
  readonly config: TenantConfig;
  readonly loadOn: boolean;
}

/** A tenant as it joins. */
export function fakeTenant(first: FirstTenant, id: number, changes: Partial<TenantConfig> = {}): FakeTenant {
  const { name, class: tenantClass, model, vramKiB, sloMs } = first;
  const config = { ...configOf(model, tenantClass, name), vramKiB, sloMs, ...changes };
  return { ...first, id, config, loadOn: true };
}

export const FIRST_TENANTS: readonly FirstTenant[] = [
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
