/** A real GPU opened for a run: surveyed, its pool coloured, and watched. */
import { colourPool, type Stage } from "../channels/index.ts";
import { MissileError } from "../core/error.ts";
import { asTenantId } from "../core/ids.ts";
import { type ColourPool, type CudaGpu, type CudaHealth, openCudaGpu, surveyGpus } from "../native/index.ts";
import type { BackendOptions, OpenedGpu, OpeningProgress } from "./backends.ts";
import type { Health } from "./health.ts";
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

/** Throws MissileError "noSuchGpu" or "gpuUnusable". */
export function openCuda(
  { ordinal, poolMiB }: BackendOptions,
  doorbell: Int32Array,
  progress: OpeningProgress,
): OpenedGpu {
  const { gpus, driverProblem } = surveyGpus();
  const facts = gpus[ordinal];
  if (facts === undefined) {
    const why =
      driverProblem === "" ? `there are ${gpus.length} (see missile-console doctor)` : driverProblem;
    throw new MissileError(`there is no GPU ${ordinal}: ${why}`, "noSuchGpu");
  }
  let why: string | null = null;
  const prepare = (pool: ColourPool): void => {
    why = colour(pool, poolMiB, progress);
  };
  const device = openCudaGpu({ spec: surveyedGpu(facts).spec, ordinal, poolMiB, doorbell, prepare });
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
  return { device, health, blocks: blocksOf(device), shortfall };
}
