/** Where an LS request's time goes: of LS without BE, beside each BE tenant, beside all of them, and of each LS tenant alone. */
import type { Blame, TenantSnapshot } from "../../src/core/snapshot.ts";
import { Engine } from "../../src/engine/engine.ts";
import { type Column, table } from "../../src/engine/table.ts";
import { loadMix } from "../../src/presets/index.ts";
import type { MixConfig } from "../../src/presets/mix.ts";
import type { BenchGpu } from "./bench-gpu.ts";

export const tailsTitle =
  "where an LS request's time goes under missiletemporal, by who runs beside it: us, means and the slowest hundredth";

const NS_PER_S = 1e9;
const US_PER_MS = 1e3;
/** Turns of the run loop at a time. */
const TURNS = 1024;

interface Row {
  readonly beside: string;
  readonly tenant: TenantSnapshot;
}

const PARTS: readonly (keyof Blame)[] = ["queue", "smWait", "copyWait", "copy", "execution", "sharing"];

const us = (title: string, of: (tenant: TenantSnapshot) => number): Column<Row> => ({
  title,
  of: ({ tenant }) => of(tenant) * US_PER_MS,
  digits: 0,
});

const columns: readonly Column<Row>[] = [
  { title: "beside", of: ({ beside }) => beside },
  { title: "tenant", of: ({ tenant }) => tenant.name },
  us("p50", ({ latencyMs }) => latencyMs.p50),
  us("p99", ({ latencyMs }) => latencyMs.p99),
  us("max", ({ latencyMs }) => latencyMs.max),
  ...PARTS.map((part) => us(part, ({ blameMs }) => blameMs[part])),
  ...PARTS.map((part) => us(`tail: ${part}`, ({ recentTailMs }) => recentTailMs[part])),
];

function measure(
  bench: BenchGpu,
  mix: MixConfig,
  seconds: number,
  warmupSeconds: number,
): readonly TenantSnapshot[] {
  const engine = new Engine(mix, { backend: bench.backend, openDevice: bench.lend });
  try {
    const warmNs = engine.nowNs() + warmupSeconds * NS_PER_S;
    while (!engine.advance(warmNs, TURNS));
    engine.act({ kind: "resetStatistics" });
    while (!engine.advance(warmNs + seconds * NS_PER_S, TURNS));
    return engine.snapshot().tenants;
  } finally {
    engine.close();
  }
}

export function tails(bench: BenchGpu): void {
  const seconds = bench.by({ full: 20, quick: 5, tiny: 0.3 });
  const warmupSeconds = bench.by({ full: 1, quick: 1, tiny: 0.02 });
  const mix: MixConfig = { ...loadMix(bench.mix), policy: "missiletemporal" };
  const ls = mix.tenants.filter((tenant) => tenant.class === "LS");
  const be = mix.tenants.filter((tenant) => tenant.class === "BE");
  const companies = [
    { name: "LS", tenants: ls },
    ...be.map((tenant) => ({ name: `LS, ${tenant.name}`, tenants: [...ls, tenant] })),
    { name: "all", tenants: mix.tenants },
    ...ls.map((tenant) => ({ name: "nobody", tenants: [tenant] })),
  ];
  const rows = companies.flatMap(({ name, tenants }): Row[] =>
    measure(bench, { ...mix, tenants }, seconds, warmupSeconds)
      .filter((tenant) => tenant.class === "LS")
      .map((tenant) => ({ beside: name, tenant })),
  );
  console.log(`${seconds} s each:`);
  console.log(table(columns, rows));
}
