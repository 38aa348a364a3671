/** The one door to the addon. */
export type {
  ColourFacts,
  ColourPool,
  CudaHealth,
  CudaStatistics,
  GpuFacts,
  GpuSurvey,
  NativeContentionProbe,
  NativeTelemetry,
  TelemetryReading,
} from "./addon.ts";
export { type BlockMap, type BlockRow, readBlockMap } from "./block-map.ts";
export { openContentionProbe, openTelemetry, surveyGpus } from "./cuda.ts";
export { type CudaGpu, type CudaGpuOptions, openCudaGpu } from "./cuda-gpu.ts";
export type { ProfilingDevice } from "./native-gpu.ts";
export {
  anyInput,
  inputBytes,
  inputStorage,
  outputValues,
  type PortValues,
  packedOutputs,
  portBytes,
} from "./program-ports.ts";
export { type ReferenceOptions, runOnCpu } from "./reference.ts";
export { openSimulatedGpu } from "./simulated-gpu.ts";
