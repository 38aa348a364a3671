/** A mix as its YAML file says it, after defaults: tenants by model name, with times and rates in people's units. */
import type { TenantClass } from "../core/spec.ts";

export type LoadConfig =
  /** `file`: path beside the mix, absolute, or in presets/traces. `stream`: a task's id, where the file has several. */
  | { readonly kind: "trace"; readonly file: string; readonly stream?: string | undefined }
  | { readonly kind: "closed"; readonly inFlight: number; readonly thinkMs: number }
  | { readonly kind: "poisson"; readonly ratePerS: number }
  | { readonly kind: "uniform"; readonly ratePerS: number };

export interface TenantConfig {
  readonly name: string;
  readonly class: TenantClass;
  readonly model: string;
  readonly batch: number;
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
