/** What a run can run on, by name. A backend = a row here. */
import type { Device } from "../core/device.ts";
import type { TenantId } from "../core/ids.ts";
import type { TpcCurve } from "../core/kernel.ts";
import { openSimulatedGpu } from "../native/index.ts";
import { loadGpu } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import { NO_PROFILES, type ProfileShelf, simulatedProfiles } from "../profiles/index.ts";
import type { BackendName, BackendOptions } from "./backend-choice.ts";
import { openCuda } from "./cuda-backend.ts";
import type { Health } from "./health.ts";
import { type Networks, simulatedNetworks } from "./networks.ts";
import type { ContentsPort } from "./request-contents.ts";

/** What a GPU is opened for. */
export type OpenedMix = Pick<MixConfig, "gpu" | "beChannelShare" | "tenants">;

/** Hears in a few words how far the opening of a GPU is, and "" when that has ended. */
export type OpeningProgress = (text: string) => void;

export interface OpenedGpu {
  readonly device: Device;
  /** How a real GPU fares; null for a simulated one, and until it is known. */
  readonly health: () => Health | null;
  /**
   * Where the blocks of a tenant's memory lie, as the numbers that `readBlockMap` reads; the same array until they change. null for a
   * simulated GPU, and until it is known.
   */
  readonly blocks: (tenant: number) => Float64Array | null;
  /** What tenants' choices are on it. */
  readonly networks: Networks;
  /** What is known of networks on it before they are loaded. */
  readonly profiles: ProfileShelf;
  /** Of each of so many kernels of a tenant: how long it takes alone, as far as that is known. */
  readonly curves: (tenant: TenantId, kernels: number) => readonly TpcCurve[];
  /** Where contents of requests go to and come from; null: nothing is computed. */
  readonly contents: ContentsPort | null;
  /** What is not as it was asked for, in one line; null where all is. */
  readonly shortfall: string | null;
}

/** A device that has no more to tell than any. */
export const unwatched = (
  device: Device,
  profiles: ProfileShelf = NO_PROFILES,
  networks: Networks = simulatedNetworks,
): OpenedGpu => ({
  device,
  profiles,
  networks,
  curves: () => [],
  health: () => null,
  blocks: () => null,
  contents: null,
  shortfall: null,
});

interface Backend {
  /** Its clock is the wall's: it cannot be paused nor go at another speed, and must be polled all the time. */
  readonly isReal: boolean;
  /** The preset that the mix asks for is nothing to a real GPU. Throws MissileError. */
  readonly open: (
    mix: OpenedMix,
    options: BackendOptions,
    doorbell: Int32Array,
    progress: OpeningProgress,
  ) => OpenedGpu;
}

export const backends: { readonly [Name in BackendName]: Backend } = {
  sim: {
    isReal: false,
    open: ({ gpu }) => {
      const spec = loadGpu(gpu);
      const device = openSimulatedGpu(spec);
      const curves: OpenedGpu["curves"] = (tenant, kernels) =>
        Array.from({ length: kernels }, (_, kernel) => device.curveOf(tenant, kernel));
      return { ...unwatched(device, simulatedProfiles(spec)), curves };
    },
  },
  cuda: { isReal: true, open: openCuda },
};
