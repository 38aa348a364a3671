/** The real GPU of cpp/cuda, as far as finding out goes: what is there, and which sectors of its memory share a slice. */
import { MissileError } from "../core/error.ts";
import { type GpuSurvey, loadAddon, type NativeContentionProbe, type NativeTelemetry } from "./addon.ts";

/** Never fails for what is missing: the survey says so. Throws MissileError when the addon is not built. */
export const surveyGpus = (): GpuSurvey => loadAddon().surveyGpus();

/** Takes `poolBytes` of the GPU's memory until closed. Throws MissileError "gpuUnusable" with the driver's reason. */
export function openContentionProbe(ordinal: number, poolBytes: number): NativeContentionProbe {
  const { ContentionProbe } = loadAddon();
  try {
    return new ContentionProbe(ordinal, poolBytes);
  } catch (cause) {
    throw new MissileError(
      `the GPU cannot be used: ${(cause as Error).message} (see missile-console doctor)`,
      "gpuUnusable",
    );
  }
}

/** The sensors of a GPU; null where NVML has none for us. Throws MissileError when the addon is not built. */
export function openTelemetry(ordinal: number): NativeTelemetry | null {
  const { Telemetry } = loadAddon();
  try {
    return new Telemetry(ordinal);
  } catch {
    return null;
  }
}
