/** The mixes of real networks on the GPU under every policy, beside what users of a GPU get today. */
import { policyNames } from "../../src/core/policies/index.ts";
import { ALONE_POLICY } from "../../src/engine/compare.ts";
import { type HeadlessOptions, runHeadless } from "../../src/engine/headless.ts";
import type { TenantReport } from "../../src/engine/report.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { loadMix } from "../../src/presets/index.ts";
import type { MixConfig, TenantConfig } from "../../src/presets/mix.ts";
import { type SharedGpu, sharingToday } from "../data/sharing-today.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const proofTitle =
  "h200-dnn under every policy: LS latency and BE throughput, each beside what it is alone";
export const traceTitle = "h200-apollo, six networks on the trace of a car, in the same way";

/** Of h200-apollo, which takes long. */
const FEW_POLICIES = ["missiletemporal", "missile-nochannels", "mpsplus", "temporal", "streams"];

interface Measured {
  readonly policy: string;
  readonly tenants: readonly TenantReport[];
}

type Alone = ReadonlyMap<string, TenantReport>;

const ratio = (value: number | null, base: number | null | undefined): number | null =>
  value === null || !base ? null : value / base;

const of = ({ tenants }: Measured, name: string): TenantReport => tenants.find((one) => one.name === name)!;

/** Of an LS tenant its latencies, of a BE tenant what it gets done. */
function columnsOf({ name, class: tenantClass, batch }: TenantConfig, alone: Alone): Column<Measured>[] {
  const own = alone.get(name);
  if (tenantClass === "BE") {
    const imagesPerS = (row: Measured): number => of(row, name).throughputPerS * batch;
    return [
      { title: `${name}: images/s`, of: imagesPerS },
      {
        title: "% of alone",
        of: (row) => 100 * (ratio(of(row, name).throughputPerS, own?.throughputPerS) ?? 0),
        digits: 1,
      },
    ];
  }
  return [
    { title: `${name}: p50 ms`, of: (row) => of(row, name).latencyMs.p50, digits: 3 },
    { title: "p99", of: (row) => of(row, name).latencyMs.p99, digits: 3 },
    { title: "x alone", of: (row) => ratio(of(row, name).latencyMs.p99, own?.latencyMs.p99), digits: 2 },
  ];
}

/** Each tenant alone, with the arrivals that it has in the mix. */
function measureAlone(mix: MixConfig, seconds: number, options: HeadlessOptions): Alone {
  return new Map(
    mix.tenants.map((tenant) => {
      const { tenants } = runHeadless({ ...mix, policy: ALONE_POLICY, tenants: [tenant] }, seconds, options);
      return [tenant.name, tenants[0]!];
    }),
  );
}

function prove(mix: MixConfig, policies: readonly string[], seconds: number, options: HeadlessOptions): void {
  const alone = measureAlone(mix, seconds, options);
  const rows: Measured[] = [
    { policy: "(each alone)", tenants: [...alone.values()] },
    ...policies.map((policy) => ({
      policy,
      tenants: runHeadless({ ...mix, policy }, seconds, options).tenants,
    })),
  ];
  console.log(`${mix.name}, ${seconds} s a run; alone: under ${ALONE_POLICY}, the same arrivals`);
  const columns = mix.tenants.flatMap((tenant) => columnsOf(tenant, alone));
  console.log(`${table([{ title: "policy", of: ({ policy }: Measured) => policy }, ...columns], rows)}\n`);
}

const todayColumns: readonly Column<SharedGpu>[] = [
  { title: "today", of: ({ how }) => how },
  { title: "LS p50 ms", of: ({ lsP50Ms }) => lsP50Ms, digits: 2 },
  { title: "p99", of: ({ lsP99Ms }) => lsP99Ms, digits: 2 },
  { title: "x alone", of: ({ lsP99Ms }) => lsP99Ms / sharingToday.alone.lsP99Ms, digits: 2 },
  { title: "BE % of alone", of: ({ beKeptShare }) => beKeptShare * 100 },
];

function proveMix(bench: BenchGpu, name: string, policies: readonly string[]): void {
  const seconds = bench.by({ full: 20, quick: 5, tiny: 0.3 });
  const warmupSeconds = bench.by({ full: 2, quick: 1, tiny: 0.02 });
  const tiny = bench.effort === "tiny" ? bench.mix : null;
  const { backend, lend: openDevice, profiles, networks } = bench;
  const options = { backend, openDevice, profiles, networks, warmupSeconds };
  prove(loadMix(tiny ?? name), tiny === null ? policies : [ALONE_POLICY], seconds, options);
}

export function proof(bench: BenchGpu): void {
  proveMix(bench, "h200-dnn", policyNames);
  console.log(sharingToday.what);
  console.log(`${table(todayColumns, [sharingToday.alone, ...sharingToday.rows])}\n`);
}

export const trace = (bench: BenchGpu): void => proveMix(bench, "h200-apollo", FEW_POLICIES);
