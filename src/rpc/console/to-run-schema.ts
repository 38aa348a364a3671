/** What may come from a console: anything else never reaches the engine, which takes a wrong value for a bug. */

import { z } from "zod";
import { MissileError } from "../../core/error.ts";
import { PRECISIONS } from "../../core/program.ts";
import type { Act } from "../../engine/session.ts";
import { type LoadConfig, MAX_SECONDS, type MixConfig, type TenantConfig } from "../../presets/mix.ts";
import type { Question, ToRun } from "./attach-messages.ts";
import { fromWire } from "./wire.ts";

/** Of a message once it is inflated: a mix with all its tenants has some KB. */
const MOST_BYTES = 4 << 20;
/** Of words: names, files, marks. */
const MOST_CHARACTERS = 4096;

const id = z.number().int().nonnegative();
const words = z.string().max(MOST_CHARACTERS);
const whole = z.number().int();
const seconds = z.number().min(0).max(MAX_SECONDS);

const load = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("trace"), file: words, stream: words.optional() }),
  z.strictObject({ kind: z.literal("closed"), inFlight: whole, thinkMs: z.number() }),
  z.strictObject({ kind: z.literal("poisson"), ratePerS: z.number() }),
  z.strictObject({ kind: z.literal("uniform"), ratePerS: z.number() }),
  z.strictObject({ kind: z.literal("clients") }),
]) satisfies z.ZodType<LoadConfig>;

const tenantConfig = z.strictObject({
  name: words,
  class: z.enum(["LS", "BE"]),
  model: words,
  batch: whole.min(1).max(1024),
  precision: z.enum(PRECISIONS),
  nice: whole,
  vramKiB: whole.nullable(),
  smRequestPercent: z.number(),
  smLimitPercent: z.number(),
  sloMs: z.number().nullable(),
  load,
  startS: seconds,
  stopS: seconds.nullable(),
}) satisfies z.ZodType<TenantConfig>;

const mix = z.strictObject({
  name: words,
  gpu: words,
  policy: words,
  cfsPeriodPackets: z.number(),
  beChannelShare: z.number(),
  seed: whole.nonnegative(),
  tenants: z.array(tenantConfig).max(1024),
}) satisfies z.ZodType<MixConfig>;

const change = z.strictObject({
  nice: whole.exactOptional(),
  vramKiB: whole.exactOptional(),
  smRequestPercent: z.number().exactOptional(),
  smLimitPercent: z.number().exactOptional(),
  sloMs: z.number().nullable().exactOptional(),
  loadOn: z.boolean().exactOptional(),
});

const act = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("addTenant"), config: tenantConfig }),
  z.strictObject({ kind: z.literal("changeTenant"), tenant: id, change }),
  z.strictObject({ kind: z.literal("changeLoad"), tenant: id, load }),
  z.strictObject({ kind: z.literal("removeTenant"), tenant: id, how: z.enum(["drain", "abort"]) }),
  z.strictObject({ kind: z.literal("choosePolicy"), policy: words }),
  z.strictObject({
    kind: z.literal("setTunable"),
    tunable: z.enum(["cfsPeriodPackets", "beChannelShare"]),
    value: z.number(),
  }),
  z.strictObject({ kind: z.literal("resetStatistics") }),
  z.strictObject({ kind: z.literal("mark"), text: words }),
  z.strictObject({ kind: z.literal("restoreDevice") }),
  z.strictObject({ kind: z.literal("setPaused"), paused: z.boolean() }),
  z.strictObject({ kind: z.literal("step") }),
  z.strictObject({ kind: z.literal("setSpeed"), factor: z.number() }),
]) satisfies z.ZodType<Act>;

const options = z.strictObject({
  policy: words,
  cfsPeriodPackets: z.number(),
  beChannelShare: z.number(),
  sinceNs: z.number().nonnegative(),
});

const question = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("act"), act }),
  z.strictObject({ kind: z.literal("mix") }),
  z.strictObject({ kind: z.literal("tenantConfig"), tenant: id }),
  z.strictObject({ kind: z.literal("kernels"), tenant: id }),
  z.strictObject({ kind: z.literal("requests"), sinceNs: z.number() }),
  z.strictObject({ kind: z.literal("shadow"), options }),
  z.strictObject({ kind: z.literal("reopen"), mix }),
]) satisfies z.ZodType<Question>;

const hello = z.object({ kind: z.literal("hello"), version: z.number(), product: words });

const toRun = z.discriminatedUnion("kind", [
  hello,
  z.strictObject({ kind: z.literal("ask"), id, question }),
  z.strictObject({ kind: z.literal("leave"), id }),
  z.strictObject({ kind: z.literal("watch"), tenant: id.nullable() }),
  z.strictObject({ kind: z.literal("taken"), sequence: id }),
]) satisfies z.ZodType<ToRun>;

/** Throws MissileError "badMessage". */
export function readToRun(bytes: Uint8Array): ToRun {
  let message: unknown;
  try {
    message = fromWire(bytes, MOST_BYTES);
  } catch (cause) {
    throw new MissileError(`a message that is none: ${(cause as Error).message}`, "badMessage");
  }
  const read = toRun.safeParse(message);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new MissileError(`a message that is none: ${where} ${issue?.message ?? ""}`, "badMessage");
}
