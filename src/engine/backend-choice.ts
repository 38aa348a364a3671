/** Which backend a run is to have. */

export const BACKEND_NAMES = ["sim", "cuda"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Which backend, and what it needs to know beside the mix: plain data, so that it crosses threads. */
export interface BackendOptions {
  readonly backend: BackendName;
  /** Which real GPU, as CUDA numbers them. */
  readonly ordinal: number;
  /** MiB of a real GPU's coloured pool; 0: its memory is not coloured; null: as its mix needs (pool-size.ts). */
  readonly poolMiB: number | null;
}

export const SIMULATED: BackendOptions = { backend: "sim", ordinal: 0, poolMiB: 0 };
