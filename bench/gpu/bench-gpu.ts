/** What every section of `npm run bench:gpu` is given: the GPU, and how thorough to be. */
import { join } from "node:path";
import type { Device } from "../../src/core/device.ts";
import { type BackendOptions, backends } from "../../src/engine/backends.ts";
import type { CudaGpu } from "../../src/native/index.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { Lease } from "./lease.ts";

/** full: figures to keep. quick: a first look. tiny: whether everything runs; its figures say nothing. */
export type Effort = "full" | "quick" | "tiny";

const MIX = "h200-micro";
/** Small enough for the fake driver of the tests. */
const TINY_MIX = join(packageRoot, "bench", "gpu", "tiny.yaml");

/** The real GPU as it is, for whoever asks for what a Device does not tell. */
export function openCuda(backend: BackendOptions): CudaGpu {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  return backends.cuda.open("", backend, bell, () => {}).device as CudaGpu;
}

export class BenchGpu {
  readonly effort: Effort;
  readonly backend: BackendOptions;
  private opened: Device | null = null;

  constructor(effort: Effort, backend: BackendOptions) {
    this.effort = effort;
    this.backend = backend;
  }

  /** Name or path of the mix that everything is about. */
  get mix(): string {
    return this.by({ full: MIX, quick: MIX, tiny: TINY_MIX });
  }

  /** The figure of this effort. */
  by<T>(figures: Readonly<Record<Effort, T>>): T {
    return figures[this.effort];
  }

  /** The GPU for one user at a time, empty: it is opened once, since finding the channels of its pool takes seconds. */
  readonly lend = (): Device => {
    this.opened ??= openCuda(this.backend);
    return new Lease(this.opened);
  };

  /** Before somebody opens a GPU of their own. */
  close(): void {
    this.opened?.close();
    this.opened = null;
  }
}
