/** One inference of a planned network on a real GPU. */

import { assert } from "../core/assert.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import { type GpuSpec, tpcCount } from "../core/spec.ts";
import { type CudaGpu, inputBytes, outputValues, type PortValues } from "../native/index.ts";
import { openCudaGpuAlone } from "./cuda-backend.ts";
import { LoneTenant, type RequestOptions } from "./lone-tenant.ts";

export interface GpuRunOptions extends Partial<RequestOptions> {
  /** Whether its memory lies in half of the VRAM channels. Default false. */
  readonly isColoured?: boolean;
  readonly ordinal?: number;
}

/** Of one kernel: so short that any network is launched as one graph. */
const ANY_NS = 1000;

/** The network with made-up times of its kernels, where nobody goes by how long they take: it is loaded at once. */
export function anyTimes(network: LoweredNetwork, gpu: GpuSpec): LoweredNetwork {
  return { curves: network.kernels.map(() => [{ tpcs: tpcCount(gpu), ns: ANY_NS }]), ...network };
}

/** On a GPU that is open. Throws MissileError. */
export function runOn(
  gpu: CudaGpu,
  network: LoweredNetwork,
  inputs: PortValues,
  options: GpuRunOptions = {},
): PortValues {
  const { program } = network;
  assert(program !== undefined, "a network without a program computes nothing");
  const tenant = new LoneTenant(gpu, anyTimes(network, gpu.spec));
  try {
    if (options.isColoured === true) tenant.colour();
    tenant.setInput(inputBytes(program, inputs));
    tenant.request({ isPlain: true, ...options });
    return outputValues(program, tenant.output());
  } finally {
    tenant.release();
  }
}

/** The same on a GPU of its own. Throws MissileError, also where there is no GPU. */
export function runOnGpu(
  network: LoweredNetwork,
  inputs: PortValues,
  options: GpuRunOptions = {},
): PortValues {
  const poolBytes = options.isColoured === true ? 2 * storedBytes(network) : 0;
  const gpu = openCudaGpuAlone(options.ordinal ?? 0, Math.ceil(poolBytes / 2 ** 20));
  try {
    return runOn(gpu, network, inputs, options);
  } finally {
    gpu.close();
  }
}

const storedBytes = ({ program }: LoweredNetwork): number =>
  program?.storages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? 0;
