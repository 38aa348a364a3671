/** The one door to the addon. */
export type { GpuFacts, GpuSurvey, NativeContentionProbe } from "./addon.ts";
export { openContentionProbe, surveyGpus } from "./cuda.ts";
export { openSimulatedGpu, type SimulatedGpu } from "./simulated-gpu.ts";
