/** A network's profile, from a GPU that has loaded it. */
import type { TenantId } from "../core/ids.ts";
import type { KernelProfile, LoweredNetwork, NetworkProfile, TpcCurve } from "../core/kernel.ts";
import { type GpuSpec, tpcCount } from "../core/spec.ts";
import type { ProfilingDevice } from "../native/index.ts";
import type { Profile, ProfiledKernel } from "./profile.ts";

/** What of a profile is not the GPU's to tell. */
export interface Occasion {
  readonly model: string;
  readonly driver: string;
  /** ISO 8601. */
  readonly measuredAt: string;
}

const PRECISION_OF_TYPE: Readonly<Record<string, Profile["precision"]>> = {
  f32: "tf32",
  f16: "fp16",
  bf16: "bf16",
};

/** By the type in the names of the kernels that have one, such as conv_f16_64x64. */
function precisionOf({ program }: LoweredNetwork): Profile["precision"] {
  for (const { name } of program?.kernels ?? []) {
    const precision = PRECISION_OF_TYPE[name.split("_")[1] ?? ""];
    if (precision !== undefined) return precision;
  }
  return program === undefined ? null : "tf32";
}

function kernelOf(network: LoweredNetwork, index: number, profile: KernelProfile, curve: TpcCurve) {
  const kernel = network.kernels[index]!;
  const { name, grid, threadsPerBlock, registersPerThread, sharedBytesPerBlock } = kernel;
  const { flops, weightBytes, readBytes, writtenBytes, footprintBytes } = kernel;
  const { aloneNs, bound, tpcsNeeded, computeShare, memoryShare } = profile;
  return {
    name,
    runs: network.program?.kernels[index]?.name ?? null,
    ...{ grid, threadsPerBlock, registersPerThread, sharedBytesPerBlock },
    ...{ flops, weightBytes, readBytes, writtenBytes, footprintBytes },
    curve: [...curve],
    gBs: footprintBytes / aloneNs,
    tFlops: flops / aloneNs / 1e3,
    ...{ bound, tpcsNeeded, computeShare, memoryShare },
  } satisfies ProfiledKernel;
}

function profileOf(
  { network, gpu, occasion }: { network: LoweredNetwork; gpu: GpuSpec; occasion: Occasion },
  { kernels }: NetworkProfile,
  curves: readonly TpcCurve[],
  whole: boolean,
): Profile {
  const { batch, inputBytes, outputBytes, storedBytes } = network;
  return {
    format: 1,
    gpu: gpu.name,
    tpcs: tpcCount(gpu),
    ...occasion,
    batch,
    precision: precisionOf(network),
    whole,
    ...{ inputBytes, outputBytes, storedBytes },
    kernels: network.kernels.map((_, index) => kernelOf(network, index, kernels[index]!, curves[index]!)),
  };
}

/** What a load has measured. */
export const briefProfile = (
  device: ProfilingDevice,
  tenant: TenantId,
  network: LoweredNetwork,
  loaded: NetworkProfile,
  occasion: Occasion,
): Profile => profileOf({ network, gpu: device.spec, occasion }, loaded, device.knownCurves(tenant), false);

/** Equal kernels do the same work in the same shape, whatever they are called and wherever their memory lies. */
function keyOf(network: LoweredNetwork, kernel: number): string {
  const { name: _, ...work } = network.kernels[kernel]!;
  const planned = network.program?.kernels[kernel];
  const views = planned === undefined ? [] : Object.values(planned.views).map(({ sizeBytes }) => sizeBytes);
  const args = Object.entries(planned?.args ?? {}).filter(([name]) => !name.endsWith("Offset"));
  return JSON.stringify([work, planned?.name, args, views]);
}

/**
 * Loads the network, measures each of its kernels at every number of TPCs that is worth trying, and releases it. `progress` hears how many of
 * its kernels are done. Of equal kernels one is measured: noise would make them need different numbers of TPCs. Throws MissileError.
 */
export function wholeProfile(
  device: ProfilingDevice,
  tenant: TenantId,
  network: LoweredNetwork,
  occasion: Occasion,
  progress: (done: number, kernels: number) => void,
): Profile {
  progress(0, network.kernels.length);
  device.load(tenant, network);
  const measured = new Map<string, TpcCurve>();
  const curves = network.kernels.map((_, kernel) => {
    progress(kernel, network.kernels.length);
    const key = keyOf(network, kernel);
    const curve = measured.get(key) ?? device.curveOf(tenant, kernel);
    measured.set(key, curve);
    return curve;
  });
  // As whoever reads the file will see it.
  const loaded = device.load(tenant, { ...network, curves });
  device.commands.release(tenant);
  return profileOf({ network, gpu: device.spec, occasion }, loaded, curves, true);
}
