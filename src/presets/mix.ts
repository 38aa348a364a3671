/** A mix as its YAML file says it, after defaults: tenants by model name, with times and rates in people's units. */
import type { Precision } from "../core/program.ts";
import type { TenantClass } from "../core/spec.ts";

/** Simulated time that a run can count in exact nanoseconds: some 104 days. */
export const MAX_SECONDS = 9_000_000;

/** Longest name of a tenant: longer ones fit no table. */
const MAX_NAME_CHARACTERS = 64;

/** Why nobody can be called that, or null. A control character in a name could steer the terminal that shows it. */
export function nameComplaint(name: string): string | null {
  if (name === "") return "a tenant needs a name";
  if (name.length > MAX_NAME_CHARACTERS)
    return `a name has at most ${MAX_NAME_CHARACTERS} characters; shorten it`;
  return /\p{C}|\p{Zl}|\p{Zp}/u.test(name) ? "a name has no control characters; remove them" : null;
}

export type LoadConfig =
  /** `file`: path beside the mix, absolute, or in presets/traces. `stream`: a task's id, where the file has several. */
  | { readonly kind: "trace"; readonly file: string; readonly stream?: string | undefined }
  | { readonly kind: "closed"; readonly inFlight: number; readonly thinkMs: number }
  | { readonly kind: "poisson"; readonly ratePerS: number }
  | { readonly kind: "uniform"; readonly ratePerS: number }
  /** None of its own: clients outside send its requests. */
  | { readonly kind: "clients" };

export interface TenantConfig {
  readonly name: string;
  readonly class: TenantClass;
  /** Name of a model, or absolute path of a model folder, which has a batch and a precision of its own. */
  readonly model: string;
  readonly batch: number;
  /** What a real GPU computes a built-in network in. */
  readonly precision: Precision;
  readonly nice: number;
  /** null: as much as the parameters need. */
  readonly vramKiB: number | null;
  readonly smRequestPercent: number;
  readonly smLimitPercent: number;
  readonly sloMs: number | null;
  readonly load: LoadConfig;
  readonly startS: number;
  readonly stopS: number | null;
}

export interface MixConfig {
  readonly name: string;
  readonly gpu: string;
  readonly policy: string;
  readonly cfsPeriodPackets: number;
  readonly beChannelShare: number;
  readonly seed: number;
  readonly tenants: readonly TenantConfig[];
}
