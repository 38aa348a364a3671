/** The mix under every policy on the GPU, and on the simulated one beside it. */
import { policyNames } from "../../src/core/policies/index.ts";
import {
  type CompareOptions,
  type Comparison,
  compare,
  type PolicyComparison,
} from "../../src/engine/compare.ts";
import { compareText } from "../../src/engine/compare-text.ts";
import { runHeadless } from "../../src/engine/headless.ts";
import type { Report, TenantReport } from "../../src/engine/report.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { loadMix } from "../../src/presets/index.ts";
import type { BenchGpu } from "./bench-gpu.ts";
import { startProgram } from "./program.ts";

export const mixesTitle = `h200-micro under every policy, measured and simulated: LS p99 over LS without BE and over alone, BE over alone`;

const POLICY = "missiletemporal";
/** For a look: what missiletemporal is compared with first. */
const FEW_POLICIES = [POLICY, "missile-nochannels", "streams"];

interface Pair<T> {
  readonly measured: T;
  readonly simulated: T;
}

function ratio({ measured, simulated }: Pair<number | null>): number | null {
  return measured === null || simulated === null || simulated === 0 ? null : measured / simulated;
}

/** Columns of one figure: measured, simulated, and the one over the other. */
function beside<Row>(title: string, digits: number, of: (row: Row) => Pair<number | null>): Column<Row>[] {
  return [
    { title, of: (row) => of(row).measured, digits },
    { title: "sim", of: (row) => of(row).simulated, digits },
    { title: "x", of: (row) => ratio(of(row)), digits: 2 },
  ];
}

type Both<T> = Pair<T> & { readonly name: string };

function bothOf<Row, T>(
  what: Pair<Row>,
  rows: (of: Row) => readonly T[],
  name: (row: T) => string,
): Both<T>[] {
  return rows(what.measured).flatMap((measured) => {
    const simulated = rows(what.simulated).find((row) => name(row) === name(measured));
    return simulated === undefined ? [] : [{ name: name(measured), measured, simulated }];
  });
}

const figure =
  <T>(of: (row: T) => number | null) =>
  ({ measured, simulated }: Pair<T>): Pair<number | null> => ({
    measured: of(measured),
    simulated: of(simulated),
  });

const policyColumns: readonly Column<Both<PolicyComparison>>[] = [
  { title: "policy", of: ({ name }) => name },
  ...beside(
    "p99/LS-only",
    3,
    figure(({ worst }: PolicyComparison) => worst.p99OverLsOnly),
  ),
  ...beside(
    "p99/alone",
    3,
    figure(({ worst }: PolicyComparison) => worst.p99OverAlone),
  ),
  ...beside(
    "BE/alone",
    3,
    figure(({ beOverAloneSum }: PolicyComparison) => beOverAloneSum),
  ),
];

const tenantColumns: readonly Column<Both<TenantReport>>[] = [
  { title: "tenant", of: ({ name }) => name },
  ...beside(
    "p50 ms",
    3,
    figure(({ latencyMs }: TenantReport) => latencyMs.p50),
  ),
  ...beside(
    "p99 ms",
    3,
    figure(({ latencyMs }: TenantReport) => latencyMs.p99),
  ),
  ...beside(
    "requests/s",
    0,
    figure(({ throughputPerS }: TenantReport) => throughputPerS),
  ),
];

/** The simulation takes as long as the GPU; other cores do it meanwhile. */
function startSimulation(mix: string, seconds: number, warmupSeconds: number, policies: readonly string[]) {
  const times = ["--seconds", `${seconds}`, "--warmup", `${warmupSeconds}`, "--json"];
  const comparison = startProgram(["compare", mix, "--policies", policies.join(","), ...times]);
  const report = startProgram(["run", mix, "--policy", POLICY, ...times]);
  return async (): Promise<{ comparison: Comparison; report: Report }> => ({
    comparison: JSON.parse(await comparison.output()) as Comparison,
    report: JSON.parse(await report.output()) as Report,
  });
}

export async function mixes(bench: BenchGpu): Promise<void> {
  const seconds = bench.by({ full: 4, quick: 2, tiny: 0.3 });
  // A tenant that joins brings its parameters, and new sets of TPCs are asked for: partitions take milliseconds to make.
  const warmupSeconds = bench.by({ full: 1, quick: 1, tiny: 0.02 });
  const policies = bench.effort === "full" ? policyNames : FEW_POLICIES;
  const simulation = startSimulation(bench.mix, seconds, warmupSeconds, policies);
  const mix = loadMix(bench.mix);
  const options: CompareOptions = { backend: bench.backend, openDevice: bench.lend, warmupSeconds };
  const comparison = compare(mix, policies, seconds, options);
  const report = runHeadless({ ...mix, policy: POLICY }, seconds, options);
  console.log(compareText(comparison));
  const simulated = await simulation();
  console.log("\nThe worst LS tenant and the sum over BE tenants, measured and simulated:");
  const both = { measured: comparison, simulated: simulated.comparison };
  console.log(
    table(
      policyColumns,
      bothOf(
        both,
        (of: Comparison) => of.policies,
        ({ policy }) => policy,
      ),
    ),
  );
  console.log(`\nTenants under ${POLICY}, measured and simulated:`);
  const reports = { measured: report, simulated: simulated.report };
  console.log(
    table(
      tenantColumns,
      bothOf(
        reports,
        (of: Report) => of.tenants,
        ({ name }) => name,
      ),
    ),
  );
}
