/**
 * What each policy does to the same mix: every policy with all tenants and with the LS tenants only, and each tenant
 * alone. All runs see the same arrivals, which depend on the seed and the tenants' names only.
 *
 * A tenant alone is run under `streams`, the plainest policy: it decides nothing that could slow a tenant that has the
 * GPU to itself, so "alone" is the hardware's figure and the same for every policy compared.
 */
import type { MixConfig, TenantConfig } from "../presets/mix.ts";
import { checkPolicy } from "./acts.ts";
import { type BackendName, SIMULATED } from "./backend-choice.ts";
import { type HeadlessOptions, runHeadless } from "./headless.ts";
import type { Report, TenantReport } from "./report.ts";

export const ALONE_POLICY = "streams";

export interface LsComparison {
  readonly tenant: string;
  readonly p99Ms: number | null;
  readonly p99OverAlone: number | null;
  /** What the BE tenants cost it. */
  readonly p99OverLsOnly: number | null;
  readonly sloAttainment: number | null;
}

export interface BeComparison {
  readonly tenant: string;
  readonly throughputPerS: number;
  readonly overAlone: number | null;
}

export interface PolicyComparison {
  readonly policy: string;
  readonly ls: readonly LsComparison[];
  /** The worst LS tenant by each figure; null without LS tenants. */
  readonly worst: Omit<LsComparison, "tenant">;
  readonly be: readonly BeComparison[];
  /** Sum of the BE tenants' throughputs over alone: 1 is one GPU's worth of BE work. */
  readonly beOverAloneSum: number;
  readonly pcie: Report["pcie"];
}

export interface Comparison {
  readonly mix: string;
  readonly gpu: string;
  readonly backend: BackendName;
  readonly seed: number;
  readonly seconds: number;
  readonly alonePolicy: string;
  readonly policies: readonly PolicyComparison[];
}

export interface CompareOptions extends HeadlessOptions {
  /** Told before each run: how many are done, of how many, and what comes. */
  readonly progress?: (done: number, total: number, next: string) => void;
}

const ratio = (value: number | null, base: number | null): number | null =>
  value === null || base === null || base === 0 ? null : value / base;

/** The extreme of the known values; null when none is known. */
function extreme(pick: (...values: number[]) => number, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : pick(...known);
}

const byName = (report: Report): Map<string, TenantReport> =>
  new Map(report.tenants.map((tenant) => [tenant.name, tenant]));

function comparePolicy(
  full: Report,
  lsOnly: Report,
  alone: ReadonlyMap<string, TenantReport>,
): PolicyComparison {
  const undisturbed = byName(lsOnly);
  const ls = full.tenants
    .filter((tenant) => tenant.class === "LS")
    .map((tenant): LsComparison => {
      const p99Ms = tenant.latencyMs.p99;
      return {
        tenant: tenant.name,
        p99Ms,
        p99OverAlone: ratio(p99Ms, alone.get(tenant.name)?.latencyMs.p99 ?? null),
        p99OverLsOnly: ratio(p99Ms, undisturbed.get(tenant.name)?.latencyMs.p99 ?? null),
        sloAttainment: tenant.sloAttainment,
      };
    });
  const be = full.tenants
    .filter((tenant) => tenant.class === "BE")
    .map(
      ({ name, throughputPerS }): BeComparison => ({
        tenant: name,
        throughputPerS,
        overAlone: ratio(throughputPerS, alone.get(name)?.throughputPerS ?? null),
      }),
    );
  return {
    policy: full.policy,
    ls,
    worst: {
      p99Ms: extreme(
        Math.max,
        ls.map((tenant) => tenant.p99Ms),
      ),
      p99OverAlone: extreme(
        Math.max,
        ls.map((tenant) => tenant.p99OverAlone),
      ),
      p99OverLsOnly: extreme(
        Math.max,
        ls.map((tenant) => tenant.p99OverLsOnly),
      ),
      sloAttainment: extreme(
        Math.min,
        ls.map((tenant) => tenant.sloAttainment),
      ),
    },
    be,
    beOverAloneSum: be.reduce((sum, tenant) => sum + (tenant.overAlone ?? 0), 0),
    pcie: full.pcie,
  };
}

/** Runs everything for `seconds` each, simulated or real. Throws MissileError. */
export function compare(
  mix: MixConfig,
  policies: readonly string[],
  seconds: number,
  { progress, ...options }: CompareOptions = {},
): Comparison {
  for (const policy of policies) checkPolicy(policy);
  const lsTenants = mix.tenants.filter((tenant) => tenant.class === "LS");
  const runsPerPolicy = lsTenants.length < mix.tenants.length && lsTenants.length > 0 ? 2 : 1;
  const total = mix.tenants.length + policies.length * runsPerPolicy;
  let done = 0;
  let gpu = mix.gpu;
  const measure = (policy: string, tenants: readonly TenantConfig[], label: string): Report => {
    progress?.(done++, total, label);
    const report = runHeadless({ ...mix, policy, tenants }, seconds, options);
    gpu = report.gpu;
    return report;
  };
  const alone = new Map<string, TenantReport>();
  for (const tenant of mix.tenants) {
    const [report] = measure(ALONE_POLICY, [tenant], `${tenant.name} alone`).tenants;
    if (report !== undefined) alone.set(tenant.name, report);
  }
  const compared = policies.map((policy) => {
    const full = measure(policy, mix.tenants, policy);
    const lsOnly = runsPerPolicy === 2 ? measure(policy, lsTenants, `${policy}, LS only`) : full;
    return comparePolicy(full, lsOnly, alone);
  });
  const { name, seed } = mix;
  const { backend } = options.backend ?? SIMULATED;
  return { mix: name, gpu, backend, seed, seconds, alonePolicy: ALONE_POLICY, policies: compared };
}
