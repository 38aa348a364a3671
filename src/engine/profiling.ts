/** A GPU opened to measure kernels on, and for nothing else. */
import { openCudaGpu, openSimulatedGpu, type ProfilingDevice, surveyGpus } from "../native/index.ts";
import { loadGpu } from "../presets/index.ts";
import type { BackendOptions } from "./backend-choice.ts";
import { surveyedGpu } from "./surveyed-gpu.ts";

export interface ProfilingGpu {
  readonly device: ProfilingDevice;
  /** Its version; "" of a simulated GPU. */
  readonly driver: string;
}

/** `gpu`: the preset to simulate, which a real GPU ignores. A real one must be there. Throws MissileError. */
export function openProfilingDevice({ backend, ordinal }: BackendOptions, gpu: string): ProfilingGpu {
  if (backend === "sim") return { device: openSimulatedGpu(loadGpu(gpu)), driver: "" };
  const { gpus, driverVersion } = surveyGpus();
  const { spec } = surveyedGpu(gpus[ordinal]!);
  const doorbell = new Int32Array(new SharedArrayBuffer(4));
  return { device: openCudaGpu({ spec, ordinal, poolMiB: 0, doorbell }), driver: driverVersion };
}
