/** The figures of a finished run, as `run --json` prints them. docs/run.schema.json is made from the schema here. */
import { z } from "zod";
import type { Direction } from "../core/command.ts";
import type { CopyQueueSnapshot, LatencySummary, Snapshot, TenantSnapshot } from "../core/snapshot.ts";
import type { MixConfig } from "../presets/mix.ts";
import { BACKEND_NAMES, type BackendName } from "./backend-choice.ts";

const count = z.int().nonnegative();
const share = z.number().nonnegative();
/** null: nothing completed. */
const milliseconds = z.number().nonnegative().nullable();

const tenantReport = z.strictObject({
  name: z.string(),
  class: z.enum(["LS", "BE"]),
  model: z.string(),
  nice: z.int().positive(),
  requests: z
    .strictObject({
      arrived: count,
      completed: count,
      rejected: count,
      aborted: count,
      failed: count.describe("lost in a failure of the GPU that the tenant is blamed for"),
      inFlight: count,
    })
    .describe("arrived = completed + rejected + aborted + failed + inFlight"),
  latencyMs: z.strictObject({
    p50: milliseconds,
    p90: milliseconds,
    p99: milliseconds,
    max: milliseconds,
    mean: milliseconds,
  }),
  sloMs: z.number().positive().nullable(),
  sloAttainment: share
    .nullable()
    .describe("requests within the SLO / all that ended, 0..1; null without an SLO"),
  goodputPerS: z.number().nonnegative().describe("requests within the SLO a second"),
  throughputPerS: z.number().nonnegative().describe("requests a second"),
  smShare: share.describe("TPCs held, averaged over time, as a share of the GPU"),
  smRan: share
    .max(1)
    .describe(
      "TPCs that its thread blocks truly filled, measured, averaged over time, as a share of the GPU",
    ),
  h2dBytes: count,
  d2hBytes: count,
  preemptions: count,
  blameMs: z
    .strictObject({
      queue: milliseconds,
      smWait: milliseconds,
      copyWait: milliseconds,
      copy: milliseconds,
      execution: milliseconds,
      sharing: milliseconds,
    })
    .describe("where the latency went: means over completed requests, which sum to latencyMs.mean"),
});

const pcieShare = z.strictObject({
  tenant: z.string(),
  direction: z.enum(["h2d", "d2h"]),
  asked: share
    .nullable()
    .describe("share of the direction that nice asks for while the tenant is backlogged"),
  got: share.nullable().describe("share of the bytes that moved meanwhile which were its own"),
});

export const reportSchema = z
  .strictObject({
    mix: z.string(),
    gpu: z.string(),
    backend: z.enum(BACKEND_NAMES).describe("sim: simulated; cuda: measured on a real GPU"),
    policy: z.string(),
    cfsPeriod: z.int().positive().describe("packets of 1 KiB"),
    seed: z.int(),
    warmupSeconds: z.number().nonnegative().describe("seconds of the GPU's clock before the figures begin"),
    simSeconds: z.number().nonnegative().describe("seconds of the GPU's clock that the figures are of"),
    wallSeconds: z.number().nonnegative().describe("of the whole run, warm-up included"),
    decisions: count.describe("commands of the scheduler, warm-up included"),
    events: count.describe("events that it was told, warm-up included"),
    tenants: z.array(tenantReport),
    pcie: z.strictObject({
      h2dGBs: z.number().nonnegative().describe("GB/s (1e9 bytes) over the whole run"),
      d2hGBs: z.number().nonnegative(),
      share: z.array(pcieShare),
    }),
    channels: z
      .array(
        z.strictObject({
          gBs: z.number().nonnegative(),
          share: share.describe("of the bandwidth that one channel can do"),
        }),
      )
      .describe("one entry a VRAM channel, over the whole run"),
  })
  .meta({ title: "missile-console run --json", description: "The figures of one headless run." });

export type Report = z.infer<typeof reportSchema>;
export type TenantReport = z.infer<typeof tenantReport>;

/** The JSON Schema (draft 2020-12) of a report. */
export const reportJsonSchema = (): object => z.toJSONSchema(reportSchema);

/** JSON has no NaN: what was never measured is null. */
const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

type Known<T> = { [Key in keyof T]: number | null };

function knownFields<T extends Record<keyof T, number>>(record: T): Known<T> {
  return Object.fromEntries(
    Object.entries<number>(record).map(([key, value]) => [key, known(value)]),
  ) as Known<T>;
}

function latencyOf({ p50, p90, p99, max, mean }: LatencySummary): TenantReport["latencyMs"] {
  return knownFields({ p50, p90, p99, max, mean });
}

function tenantOf(tenant: TenantSnapshot): TenantReport {
  const { name, model, nice, requests, sloMs, sloAttainment } = tenant;
  return {
    name,
    class: tenant.class,
    model,
    nice,
    requests: { ...requests },
    latencyMs: latencyOf(tenant.latencyMs),
    sloMs,
    sloAttainment,
    goodputPerS: tenant.goodputPerS,
    throughputPerS: tenant.throughputPerS,
    smShare: tenant.smShare,
    smRan: tenant.smRan,
    h2dBytes: tenant.h2dBytes,
    d2hBytes: tenant.d2hBytes,
    preemptions: tenant.preemptions,
    blameMs: knownFields(tenant.blameMs),
  };
}

function pcieOf(snapshot: Snapshot, simSeconds: number): Report["pcie"] {
  const names = new Map(snapshot.tenants.map((tenant) => [tenant.id, tenant.name]));
  const shareOf =
    (direction: Direction) =>
    (queue: CopyQueueSnapshot): z.infer<typeof pcieShare> => ({
      tenant: names.get(queue.tenant) ?? `${queue.tenant}`,
      direction,
      asked: known(queue.shareAsked),
      got: known(queue.shareGot),
    });
  const gBs = (bytesOf: (tenant: TenantSnapshot) => number): number =>
    snapshot.tenants.reduce((sum, tenant) => sum + bytesOf(tenant), 0) / (simSeconds * 1e9);
  return {
    h2dGBs: gBs((tenant) => tenant.h2dBytes),
    d2hGBs: gBs((tenant) => tenant.d2hBytes),
    share: [...snapshot.copies.h2d.map(shareOf("h2d")), ...snapshot.copies.d2h.map(shareOf("d2h"))],
  };
}

/** How a run was made. */
export interface RunFacts {
  readonly backend: BackendName;
  readonly warmupSeconds: number;
  readonly simSeconds: number;
  readonly wallSeconds: number;
}

/** `snapshot`: the one taken at the run's end, and the first since its figures began: channel figures are over all of it then. */
export function reportOf(mix: MixConfig, snapshot: Snapshot, facts: RunFacts): Report {
  return {
    mix: mix.name,
    gpu: snapshot.gpu,
    policy: snapshot.policy,
    cfsPeriod: snapshot.cfsPeriodPackets,
    seed: mix.seed,
    ...facts,
    decisions: snapshot.decisions,
    events: snapshot.events,
    tenants: snapshot.tenants.map(tenantOf),
    pcie: pcieOf(snapshot, facts.simSeconds),
    channels: snapshot.channels.map(({ gBs, share }) => ({ gBs, share })),
  };
}
