/** What every section of `npm run bench:gpu` is given: the GPU, and how thorough to be. */
import { join } from "node:path";
import type { Device } from "../../src/core/device.ts";
import type { BackendOptions } from "../../src/engine/backend-choice.ts";
import { backends, type OpenedGpu } from "../../src/engine/backends.ts";
import type { Networks } from "../../src/engine/networks.ts";
import type { CudaGpu } from "../../src/native/index.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { NO_PROFILES, type ProfileShelf } from "../../src/profiles/index.ts";
import { Lease } from "./lease.ts";

/** full: figures to keep. quick: a first look. tiny: whether everything runs; its figures say nothing. */
export type Effort = "full" | "quick" | "tiny";

const MIX = "h200-micro";
/** Small enough for the fake driver of the tests. */
const TINY_MIX = join(packageRoot, "bench", "gpu", "tiny.yaml");

/** One pool for all mixes. */
export type BenchBackend = BackendOptions & { readonly poolMiB: number };

function open(backend: BackendOptions): OpenedGpu {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  return backends.cuda.open({ gpu: "", beChannelShare: 0, tenants: [] }, backend, bell, () => {});
}

/** The real GPU as it is, for whoever asks for what a Device does not tell. */
export const openCuda = (backend: BackendOptions): CudaGpu => open(backend).device as CudaGpu;

export class BenchGpu {
  readonly effort: Effort;
  readonly backend: BenchBackend;
  private opened: OpenedGpu | null = null;

  constructor(effort: Effort, backend: BenchBackend) {
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
    this.opened ??= open(this.backend);
    return new Lease(this.opened.device);
  };

  /** Of that GPU: networks are measured once. */
  readonly profiles: ProfileShelf = {
    load: (...asked) => (this.opened?.profiles ?? NO_PROFILES).load(...asked),
  };

  /** Built-in networks as they are planned for it. */
  readonly networks: Networks = (choice) => this.opened!.networks(choice);

  /** Before somebody opens a GPU of their own. */
  close(): void {
    this.opened?.device.close();
    this.opened = null;
  }
}
