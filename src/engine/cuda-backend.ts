/** A real GPU opened for a run: surveyed, its pool coloured, and watched. */
import { colourPool, type Stage } from "../channels/index.ts";
import { MissileError } from "../core/error.ts";
import { asTenantId } from "../core/ids.ts";
import type { GpuSpec } from "../core/spec.ts";
import { type ColourPool, type CudaGpu, type CudaHealth, openCudaGpu, surveyGpus } from "../native/index.ts";
import { measuredProfiles } from "../profiles/index.ts";
import type { BackendOptions } from "./backend-choice.ts";
import type { OpenedGpu, OpenedMix, OpeningProgress } from "./backends.ts";
import type { Health } from "./health.ts";
import { type Networks, plannedNetworks } from "./networks.ts";
import { colouredKiB, poolMiBFor } from "./pool-size.ts";
import { surveyedGpu } from "./surveyed-gpu.ts";

/** Wall ms between questions to the executor: each costs its thread some us. */
const HEALTH_MS = 1000;
/** Of those about a tenant's blocks: each costs it a ms in all, some us at a time. */
const BLOCKS_MS = 250;

/** Finds the channels of the pool. Returns why it stays uncoloured, or null. */
function colour(pool: ColourPool, poolMiB: number, progress: OpeningProgress): string | null {
  if (poolMiB === 0) return "there is no pool (--pool-mib 0)";
  let told = "";
  const hear = (stage: Stage, share: number): void => {
    // Nearly all of the time goes into the blocks.
    const percent = stage === "sample" ? 100 : stage === "blocks" ? Math.floor(share * 100) : 0;
    const text = `finding VRAM channels ${percent} %`;
    if (text !== told) progress(text);
    told = text;
  };
  try {
    const map = colourPool(pool, poolMiB, hear);
    return typeof map === "string" ? map : null;
  } finally {
    progress("");
  }
}

function healthOf({ statistics, colours, ...now }: CudaHealth, poolMiB: number, why: string | null): Health {
  const { decisions, launches, evictions, partitionsMade, fallbackLaunches } = statistics;
  const { partitions, bePartitions, migratedBytes } = colours;
  return {
    decisions,
    launches,
    evictions,
    smPartitions: partitionsMade,
    maskedLaunches: fallbackLaunches,
    memory: {
      poolMiB,
      uncolouredWhy: why,
      partitions,
      bePartitions,
      migratedBytes,
      shortage: now.uncolouredTenant < 0 ? null : { tenant: now.uncolouredTenant, why: now.uncolouredWhy },
    },
    telemetry: null,
  };
}

/** The latest map of the blocks of a tenant, for which nobody waits. */
function blocksOf(device: CudaGpu): OpenedGpu["blocks"] {
  let known: { readonly tenant: number; readonly numbers: Float64Array } | null = null;
  let askedMs = Number.NEGATIVE_INFINITY;
  return (tenant) => {
    const nowMs = performance.now();
    if (known?.tenant === tenant && nowMs - askedMs < BLOCKS_MS) return known.numbers;
    askedMs = nowMs;
    const numbers = device.blocks(asTenantId(tenant));
    if (numbers === null) return null;
    if (known?.tenant !== tenant || !isSame(known.numbers, numbers)) known = { tenant, numbers };
    return known.numbers;
  };
}

const isSame = (one: Float64Array, other: Float64Array): boolean =>
  one.length === other.length && one.every((value, at) => value === other[at]);

/** The GPU's figures, and the driver's version. Throws MissileError "noSuchGpu". */
function surveyed(ordinal: number): { readonly spec: GpuSpec; readonly driverVersion: string } {
  const { gpus, driverProblem, driverVersion } = surveyGpus();
  const facts = gpus[ordinal];
  if (facts === undefined) {
    const why =
      driverProblem === "" ? `there are ${gpus.length} (see missile-console doctor)` : driverProblem;
    throw new MissileError(`there is no GPU ${ordinal}: ${why}`, "noSuchGpu");
  }
  return { spec: surveyedGpu(facts).spec, driverVersion };
}

/** A GPU for who has it alone. Throws MissileError "noSuchGpu", "gpuUnusable", or where it has no channels to colour "uncoloured". */
export function openCudaGpuAlone(ordinal: number, poolMiB: number): CudaGpu {
  const prepare = (pool: ColourPool): void => {
    const why = poolMiB === 0 ? null : colour(pool, poolMiB, () => {});
    if (why !== null) throw new MissileError(`memory is not coloured: ${why}`, "uncoloured");
  };
  const doorbell = new Int32Array(new SharedArrayBuffer(4));
  return openCudaGpu({ spec: surveyed(ordinal).spec, ordinal, poolMiB, doorbell, prepare });
}

/** MiB of the pool that the mix needs. Throws MissileError for a tenant's choice that is none. */
function fittingPool(spec: GpuSpec, { beChannelShare, tenants }: OpenedMix, networks: Networks): number {
  const residents = tenants.map((tenant) => ({
    class: tenant.class,
    colouredKiB: colouredKiB(networks(tenant).network),
  }));
  return poolMiBFor(spec, beChannelShare, residents);
}

/** Throws MissileError "noSuchGpu" or "gpuUnusable", or what is wrong with the mix's models. */
export function openCuda(
  mix: OpenedMix,
  { ordinal, poolMiB: asked }: BackendOptions,
  doorbell: Int32Array,
  progress: OpeningProgress,
): OpenedGpu {
  let why: string | null = null;
  const prepare = (pool: ColourPool): void => {
    why = colour(pool, poolMiB, progress);
  };
  const { spec, driverVersion } = surveyed(ordinal);
  const networks = plannedNetworks(spec.name);
  const poolMiB = asked ?? fittingPool(spec, mix, networks);
  const device = openCudaGpu({ spec, ordinal, poolMiB, doorbell, prepare });
  let known: Health | null = null;
  let askedMs = Number.NEGATIVE_INFINITY;
  const health = (): Health | null => {
    const nowMs = performance.now();
    if (known === null || nowMs - askedMs >= HEALTH_MS) {
      askedMs = nowMs;
      const now = device.health();
      known = now === null ? null : healthOf(now, poolMiB, why);
    }
    return known;
  };
  const shortfall = why !== null && poolMiB > 0 ? `memory is not coloured: ${why}` : null;
  const profiles = measuredProfiles(device, driverVersion, progress);
  const curves: OpenedGpu["curves"] = (tenant) => device.knownCurves(tenant);
  return {
    device,
    networks,
    profiles,
    curves,
    health,
    blocks: blocksOf(device),
    contents: device,
    shortfall,
  };
}
