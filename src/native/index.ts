/** The one door to the addon. */
export { openSimulatedGpu, type SimulatedGpu } from "./simulated-gpu.ts";
