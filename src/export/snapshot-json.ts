/** A view as JSON for programs. docs/snapshot.schema.json is made from the schema here. */
import { z } from "zod";
import type { View } from "../engine/session.ts";
import { RUN_FIGURES } from "./run-figures.ts";
import { type Figure, TENANT_FIGURES, tenantRows } from "./tenant-figures.ts";

const fieldsOf = <Row>(figures: readonly Figure<Row>[]): Record<string, z.ZodType<number | null>> =>
  Object.fromEntries(figures.map(({ id, help }) => [id, z.number().nullable().describe(help)]));

const indices = z.array(z.int().nonnegative());

const tenantSchema = z.strictObject({
  id: z.int().nonnegative(),
  name: z.string(),
  class: z.enum(["LS", "BE"]),
  model: z.string(),
  batch: z.int().positive(),
  load: z.string().describe("for people, such as 'poisson 100/s'"),
  client: z.string().nullable().describe("address of the client that brought it; null: the operator did"),
  leaving: z.boolean().describe("removed, and finishing its requests"),
  tpcs: indices.describe("TPCs held now"),
  channels: indices.describe("VRAM channels that its memory lies in"),
  ...fieldsOf(TENANT_FIGURES),
});

const channelSchema = z.strictObject({
  owner: z.enum(["LS", "BE", "shared", "free"]),
  gBs: z.number().nonnegative(),
  lsGBs: z.number().nonnegative().describe("of it, LS traffic"),
  beGBs: z.number().nonnegative().describe("of it, BE traffic"),
  share: z.number().nonnegative().describe("of the bandwidth that one channel can do"),
  topTenant: z.string().nullable().describe("who moved most of it"),
});

const decisionSchema = z.strictObject({
  atS: z.number().nonnegative(),
  by: z.enum(["operator", "client", "scheduler", "device"]),
  who: z
    .string()
    .nullable()
    .describe("which operator or client; null: there is but one, or it is nobody's act"),
  tenant: z.string().nullable(),
  text: z.string(),
});

const markSchema = z.strictObject({ atS: z.number().nonnegative(), text: z.string() });

export const snapshotSchema = z
  .strictObject({
    gpu: z.string(),
    backend: z.enum(["sim", "cuda"]),
    policy: z.string(),
    sms: z.int().positive(),
    tpcs: z.int().positive(),
    failure: z.string().nullable().describe("why the GPU is out of order; null: it works"),
    ...fieldsOf(RUN_FIGURES),
    tenants: z.array(tenantSchema),
    channels: z.array(channelSchema),
    marks: z.array(markSchema).describe("moments that the operator marked"),
    log: z.array(decisionSchema).describe("the last decisions, oldest first"),
  })
  .meta({
    title: "missile-console --once --json",
    description: "One moment of a run. A figure that is not known, or that there is not, is null.",
  });

export type SnapshotDocument = z.infer<typeof snapshotSchema>;

/** The JSON Schema (draft 2020-12) of a snapshot. */
export const snapshotJsonSchema = (): object => z.toJSONSchema(snapshotSchema);

/** JSON has no NaN: what is not known is null. */
const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

const figuresOf = <Row>(figures: readonly Figure<Row>[], row: Row): Record<string, number | null> =>
  Object.fromEntries(figures.map(({ id, of }) => [id, known(of(row))]));

/** Members of a bit set given by its words, ascending. */
function membersOf(words: readonly number[]): number[] {
  return words.flatMap((word, at) =>
    Array.from({ length: 32 }, (_, bit) => bit)
      .filter((bit) => ((word >>> bit) & 1) === 1)
      .map((bit) => at * 32 + bit),
  );
}

export function snapshotDocument(view: View): SnapshotDocument {
  const { snapshot, backend } = view;
  const names = new Map(snapshot.tenants.map(({ id, name }) => [id, name]));
  const nameOf = (id: number): string | null => names.get(id) ?? null;
  return {
    gpu: snapshot.gpu,
    backend,
    policy: snapshot.policy,
    sms: snapshot.sms,
    tpcs: snapshot.tpcs,
    failure: snapshot.failure?.code ?? null,
    ...figuresOf(RUN_FIGURES, view),
    tenants: tenantRows(snapshot).map((row) => {
      const { id, name, model, batch, load, client = null, leaving, tpcs, channels } = row.tenant;
      const sets = { tpcs: membersOf(tpcs), channels: membersOf(channels) };
      const said = { id, name, class: row.tenant.class, model, batch, load, client, leaving };
      return { ...said, ...sets, ...figuresOf(TENANT_FIGURES, row) };
    }),
    channels: snapshot.channels.map(({ owner, gBs, gBsByClass, share, topTenant }) => ({
      owner,
      gBs,
      lsGBs: gBsByClass.LS,
      beGBs: gBsByClass.BE,
      share,
      topTenant: nameOf(topTenant),
    })),
    marks: snapshot.marks.map(({ atNs, text }) => ({ atS: atNs / 1e9, text })),
    log: snapshot.log.map(({ atNs, by, who = null, tenant, text }) => ({
      atS: atNs / 1e9,
      by,
      who,
      tenant: nameOf(tenant),
      text,
    })),
  };
}
