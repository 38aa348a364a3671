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

export interface ProfileShelf {
  /** The network with all that is known of it on this GPU. */
  known(model: string, network: LoweredNetwork): LoweredNetwork;
  /** After it was loaded: `loaded` is what that has told. */
  keep(model: string, tenant: TenantId, network: LoweredNetwork, loaded: NetworkProfile): void;
}

/** Nothing is known. */
export const NO_PROFILES: ProfileShelf = { known: (_model, network) => network, keep: () => {} };

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
  return {
    known(model, network) {
      const found = look(profilePath(model, network.batch, spec.name));
      const why = reasonAgainst(found, network, spec);
      if (why === null) return withCurves(network, found as Profile);
      say(`measuring ${model}, batch ${network.batch}${why === "" ? "" : ` anew: ${why}`}`);
      return network;
    },
    keep(model, tenant, network, loaded) {
      if (network.curves !== undefined) return;
      say("");
      const occasion = { model, driver, measuredAt: new Date().toISOString() };
      try {
        const path = profilePath(model, network.batch, spec.name);
        writeProfile(path, briefProfile(device, tenant, network, loaded, occasion));
      } catch (cause) {
        if (!(cause instanceof MissileError)) throw cause;
        say(cause.message);
      }
    },
  };
}

/** Of a simulated GPU: a network that was measured on a real one of its name is simulated as it was then. */
export function simulatedProfiles(spec: GpuSpec): ProfileShelf {
  return {
    known(model, network) {
      const found = look(profilePath(model, network.batch, spec.name));
      const isOfUse = found !== null && typeof found !== "string" && found.tpcs === tpcCount(spec);
      return isOfUse ? networkOf(found) : network;
    },
    keep: () => {},
  };
}
