/** `npm run bench -- simulated`: the mix h200-micro on the simulated H200, beside what the real one did with it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { compare } from "../src/engine/compare.ts";
import { Engine } from "../src/engine/engine.ts";
import { runHeadless } from "../src/engine/headless.ts";
import { type Column, table } from "../src/engine/table.ts";
import { loadMix } from "../src/presets/index.ts";
import type { MixConfig } from "../src/presets/mix.ts";
import { packageRoot } from "../src/presets/paths.ts";

const NS_PER_S = 1e9;
const US_PER_MS = 1e3;
/** Turns of the run loop at a time. */
const TURNS = 1024;
const POLICY = "missiletemporal";

/** What was asked for: nearer than this, or explained (docs/calibration.md). */
const GOAL_PERCENT = 15;

const byName = z.record(z.string(), z.number().nullable());
const measuredSchema = z.strictObject({
  mix: z.string(),
  warmupSeconds: z.number(),
  policies: z.strictObject({
    source: z.string(),
    seconds: z.number(),
    rows: z.array(z.strictObject({ policy: z.string(), lsP99Ms: byName, beOverAlone: byName })),
  }),
  missiletemporal: z.strictObject({
    source: z.string(),
    seconds: z.number(),
    tenants: z.array(
      z.strictObject({ name: z.string(), p50Ms: z.number(), p99Ms: z.number(), requestsPerS: z.number() }),
    ),
    parts: z.array(
      z.strictObject({
        beside: z.enum(["LS", "all"]),
        tenant: z.string(),
        p50Us: z.number(),
        p99Us: z.number(),
        queueUs: z.number(),
        smWaitUs: z.number(),
        copyUs: z.number(),
        executionUs: z.number(),
      }),
    ),
  }),
});
type Measured = z.infer<typeof measuredSchema>;
type Parts = Measured[typeof POLICY]["parts"][number];

interface Row {
  readonly what: string;
  readonly measured: number | null;
  readonly simulated: number | null;
}

const overPercent = ({ measured, simulated }: Row): number | null =>
  measured === null || simulated === null || measured === 0 ? null : 100 * (simulated / measured - 1);

const columns = (title: string, digits: number): readonly Column<Row>[] => [
  { title, of: (row) => row.what },
  { title: "measured", of: (row) => row.measured, digits },
  { title: "simulated", of: (row) => row.simulated, digits },
  { title: "difference %", of: overPercent, digits: 0 },
];

function tenantRows(mix: MixConfig, measured: Measured): readonly [string, Row[]][] {
  const { warmupSeconds } = measured;
  const { seconds } = measured[POLICY];
  const { tenants } = runHeadless({ ...mix, policy: POLICY }, seconds, { warmupSeconds });
  const rows = measured[POLICY].tenants.map((real) => ({
    real,
    sim: tenants.find(({ name }) => name === real.name)!,
  }));
  return [
    ["p50 ms", rows.map(({ real, sim }) => row(real.name, real.p50Ms, sim.latencyMs.p50))],
    ["p99 ms", rows.map(({ real, sim }) => row(real.name, real.p99Ms, sim.latencyMs.p99))],
    ["requests/s", rows.map(({ real, sim }) => row(real.name, real.requestsPerS, sim.throughputPerS))],
  ];
}

const row = (what: string, measured: number | null, simulated: number | null): Row => ({
  what,
  measured,
  simulated,
});

function policyRows(mix: MixConfig, { policies, warmupSeconds }: Measured): readonly [string, Row[]][] {
  const { rows, seconds } = policies;
  const names = rows.map(({ policy }) => policy);
  const simulated = compare(mix, names, seconds, { warmupSeconds }).policies;
  const both = rows.map((real, index) => ({ real, sim: simulated[index]! }));
  const ls = both.flatMap(({ real, sim }) =>
    sim.ls.map(({ tenant: name, p99Ms }) => row(`${real.policy} ${name}`, real.lsP99Ms[name] ?? null, p99Ms)),
  );
  const be = both.flatMap(({ real, sim }) =>
    sim.be.map(({ tenant: name, overAlone }) =>
      row(`${real.policy} ${name}`, real.beOverAlone[name] ?? null, overAlone),
    ),
  );
  return [
    ["LS p99 ms", ls],
    ["BE throughput over alone", be],
  ];
}

/** Where the requests' time went, in one run. */
function partsOf(mix: MixConfig, measured: Measured, beside: Parts["beside"]): Parts[] {
  const warmNs = measured.warmupSeconds * NS_PER_S;
  const tenants = mix.tenants.filter((tenant) => beside === "all" || tenant.class === "LS");
  const engine = new Engine({ ...mix, policy: POLICY, tenants }, {});
  while (!engine.advance(warmNs, TURNS));
  engine.act({ kind: "resetStatistics" });
  while (!engine.advance(warmNs + measured[POLICY].seconds * NS_PER_S, TURNS));
  const { tenants: seen } = engine.snapshot();
  engine.close();
  const ls = seen.filter((tenant) => tenant.class === "LS");
  return ls.map(({ name, latencyMs, blameMs }) => ({
    beside,
    tenant: name,
    p50Us: latencyMs.p50 * US_PER_MS,
    p99Us: latencyMs.p99 * US_PER_MS,
    queueUs: blameMs.queue * US_PER_MS,
    smWaitUs: blameMs.smWait * US_PER_MS,
    copyUs: (blameMs.copyWait + blameMs.copy) * US_PER_MS,
    executionUs: (blameMs.execution + blameMs.sharing) * US_PER_MS,
  }));
}

function partRows(mix: MixConfig, measured: Measured): readonly [string, Row[]][] {
  const simulated = [...partsOf(mix, measured, "LS"), ...partsOf(mix, measured, "all")];
  const both = measured[POLICY].parts.map((real) => ({
    real,
    sim: simulated.find((part) => part.beside === real.beside && part.tenant === real.tenant)!,
  }));
  const of = (figure: Exclude<keyof Parts, "beside" | "tenant">): Row[] =>
    both.map(({ real, sim }) => row(`beside ${real.beside}: ${real.tenant}`, real[figure], sim[figure]));
  return [
    ["us, copies and waits for them", of("copyUs")],
    ["us, execution and sharing", of("executionUs")],
  ];
}

export async function simulated(): Promise<void> {
  const file = join(packageRoot, "bench", "data", "h200-micro.json");
  const measured = measuredSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const mix = loadMix(measured.mix);
  console.log(
    `${measured.mix}; measured: ${measured[POLICY].source}; policies: ${measured.policies.source}\n`,
  );
  const tenants = tenantRows(mix, measured);
  for (const [title, rows] of tenants) console.log(`${table(columns(`${POLICY}: ${title}`, 3), rows)}\n`);
  for (const [title, rows] of partRows(mix, measured)) console.log(`${table(columns(title, 0), rows)}\n`);
  for (const [title, rows] of policyRows(mix, measured)) console.log(`${table(columns(title, 3), rows)}\n`);
  const far = tenants.flatMap(([title, rows]) =>
    rows
      .filter((one) => Math.abs(overPercent(one) ?? 0) > GOAL_PERCENT)
      .map(({ what }) => `${what} ${title}`),
  );
  const all = tenants.reduce((sum, [, rows]) => sum + rows.length, 0);
  console.log(
    `under ${POLICY} ${all - far.length} of ${all} figures are within ${GOAL_PERCENT} %; not: ${far.join(", ")}`,
  );
}
