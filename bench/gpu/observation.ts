/** What the watched worker answers to any message on its channel. */
import type { CudaStatistics } from "../../src/native/index.ts";

/** Name of the channel between the threads. */
export const OBSERVATIONS = "missile-bench-observations";

export interface Observation {
  /** Since the GPU was opened. */
  readonly statistics: CudaStatistics;
  /** Duration of each garbage collection of the engine's thread so far. */
  readonly collectionsMs: readonly number[];
}
