/** A GPU opened to try chains of kernels on, and for nothing else. */
import type { GpuSpec } from "../core/spec.ts";
import { surveyGpus } from "../native/index.ts";
import type { ChainTimer } from "../profiles/index.ts";
import { openCudaGpuAlone } from "./cuda-backend.ts";
import { LoneTenant } from "./lone-tenant.ts";
import { anyTimes } from "./run-on-gpu.ts";

/** The first run is slower than the others, and what else the host does makes some longer: the shortest counts. */
const RUNS = 4;

export interface ChainTiming {
  readonly spec: GpuSpec;
  readonly driver: string;
  readonly time: ChainTimer;
  readonly close: () => void;
}

/** `ordinal`: which GPU; it must be there. Throws MissileError. */
export function openChainTiming(ordinal: number): ChainTiming {
  const gpu = openCudaGpuAlone(ordinal, 0);
  const time: ChainTimer = (chain) => {
    const tenant = new LoneTenant(gpu, anyTimes(chain, gpu.spec));
    try {
      return Math.min(...Array.from({ length: RUNS }, () => tenant.request({ isPlain: true })));
    } finally {
      tenant.release();
    }
  };
  return { spec: gpu.spec, driver: surveyGpus().driverVersion, time, close: () => gpu.close() };
}
