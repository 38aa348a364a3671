/** What is done to the run, in a form that can be kept: tenants by name, since one that comes back has another id. */
import { MissileError } from "../core/error.ts";
import type { Act, View } from "../engine/session.ts";
import type { MixConfig } from "../presets/mix.ts";

type ByName<A> = A extends { readonly tenant: number } ? Omit<A, "tenant"> & { readonly tenant: string } : A;

/** An act of the session, with its tenant by name. */
export type TenantDeed = ByName<Act>;

export type Deed =
  | TenantDeed
  /** Ends the run and begins another: of a preset, a file, or a mix as it was. */
  | { readonly kind: "openMix"; readonly mix: string | MixConfig }
  /** Ends the run and begins it anew on this GPU, with its tenants as they are. */
  | { readonly kind: "changeGpu"; readonly gpu: string }
  | { readonly kind: "saveMix"; readonly file: string };

export const isAct = (deed: Deed): deed is TenantDeed =>
  deed.kind !== "openMix" && deed.kind !== "changeGpu" && deed.kind !== "saveMix";

/** The act that does the deed in the run as it is now. Throws MissileError "noSuchTenant". */
export function actOf(deed: TenantDeed, { snapshot }: View): Act {
  if (!("tenant" in deed)) return deed;
  const found = snapshot.tenants.find(({ name }) => name === deed.tenant);
  if (found !== undefined) return { ...deed, tenant: found.id };
  throw new MissileError(`there is no tenant "${deed.tenant}"; it has left`, "noSuchTenant");
}
