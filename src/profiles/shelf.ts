/** The profiles that a run uses: looked up when a tenant is loaded, and added to where a load had to measure. */
import { existsSync } from "node:fs";
import { MissileError } from "../core/error.ts";
import type { TenantId } from "../core/ids.ts";
import type { LoweredNetwork, NetworkProfile } from "../core/kernel.ts";
import { type GpuSpec, tpcCount } from "../core/spec.ts";
import type { ProfilingDevice } from "../native/index.ts";
import { briefProfile } from "./measure.ts";
import { profilePath } from "./places.ts";
import { mismatch, networkOf, type Profile, readProfile, withCurves, writeProfile } from "./profile.ts";

/** A network as it was loaded, with what was known of it on this GPU, and what the load has told. */
export interface Loaded {
  readonly network: LoweredNetwork;
  readonly profile: NetworkProfile;
}

/** Loads a network. Throws MissileError. */
export type Load = (network: LoweredNetwork) => NetworkProfile;

export interface ProfileShelf {
  /** Throws what `load` throws. */
  load(model: string, tenant: TenantId, network: LoweredNetwork, load: Load): Loaded;
}

/** Nothing is known. */
export const NO_PROFILES: ProfileShelf = {
  load: (_model, _tenant, network, load) => ({ network, profile: load(network) }),
};

/** The file's profile, or in a few words why it is of no use; null: there is no file. */
export function look(path: string): Profile | string | null {
  if (!existsSync(path)) return null;
  try {
    return readProfile(path);
  } catch (cause) {
    if (cause instanceof MissileError) return cause.message;
    throw cause;
  }
}

/** Why the network has to be measured: "" if it never was; null: it need not. */
export function reasonAgainst(
  found: Profile | string | null,
  network: LoweredNetwork,
  spec: GpuSpec,
): string | null {
  if (found === null) return "";
  return typeof found === "string" ? found : mismatch(found, network, spec.name, tpcCount(spec));
}

/**
 * Of a real GPU: networks that were measured before are not measured again, and what a load measures is kept. `say` hears what is measured
 * and why, "" when that has ended, and of a file that cannot be written.
 */
export function measuredProfiles(
  device: ProfilingDevice,
  driver: string,
  say: (text: string) => void,
): ProfileShelf {
  const { spec } = device;
  const measured = (network: LoweredNetwork, load: Load): Loaded => {
    try {
      return { network, profile: load(network) };
    } finally {
      say("");
    }
  };
  return {
    load(model, tenant, network, load) {
      const path = profilePath(model, network.batch, spec.name);
      const found = look(path);
      const why = reasonAgainst(found, network, spec);
      if (why === null) {
        const known = withCurves(network, found as Profile);
        return { network: known, profile: load(known) };
      }
      say(`measuring ${model}, batch ${network.batch}${why === "" ? "" : ` anew: ${why}`}`);
      const loaded = measured(network, load);
      const occasion = { model, driver, measuredAt: new Date().toISOString() };
      try {
        writeProfile(path, briefProfile(device, tenant, network, loaded.profile, occasion));
      } catch (cause) {
        if (!(cause instanceof MissileError)) throw cause;
        say(cause.message);
      }
      return loaded;
    },
  };
}

/** With the times of its kernels as elastic ones, by which the simulation goes: plain ones, in a graph, were measured. */
function asElastic(network: LoweredNetwork, { executor }: GpuSpec): LoweredNetwork {
  const curves = (network.curves ?? []).map((curve) =>
    curve.map(({ tpcs, ns }) => ({ tpcs, ns: ns + executor.elasticKernelNs })),
  );
  return { ...network, curves };
}

/** Of a simulated GPU: a network that was measured on a real one of its name is simulated as it was then. */
export function simulatedProfiles(spec: GpuSpec): ProfileShelf {
  return {
    load(model, _tenant, network, load) {
      const found = look(profilePath(model, network.batch, spec.name));
      const isOfUse = found !== null && typeof found !== "string" && found.tpcs === tpcCount(spec);
      const known = isOfUse ? asElastic(networkOf(found), spec) : network;
      return { network: known, profile: load(known) };
    },
  };
}
