/** What the board reads of a snapshot. Fields that it does not know are passed over: the server may be newer. */
import { z } from "zod";
import { MissileError } from "../core/error.ts";

const figure = z.number().nullable();

/** What comes from elsewhere must not steer the terminal. */
const words = z.string().transform((text) => text.replace(/\p{C}/gu, ""));

const tenant = z.object({
  name: words,
  class: z.enum(["LS", "BE"]),
  sloMs: figure,
  p99Ms: figure,
  sloAttainment: figure,
  /** TPCs that its thread blocks filled over the last 10 s, as a share of the GPU. */
  smRan: figure,
  h2dBytes: figure,
  d2hBytes: figure,
});

/** `who`: which operator or client, where there are several. */
const decision = z.object({ atS: z.number(), by: words, who: words.nullable(), text: words });

const boardSnapshot = z.object({
  gpu: words,
  backend: words,
  policy: words,
  failure: words.nullable(),
  atS: figure,
  /** 1 while the run is paused. */
  paused: figure,
  tenants: z.array(tenant),
  log: z.array(decision),
});

export type BoardTenant = z.infer<typeof tenant>;
export type BoardSnapshot = z.infer<typeof boardSnapshot>;

/** Throws MissileError "strangeSnapshot". */
export function readSnapshot(json: string): BoardSnapshot {
  try {
    return boardSnapshot.parse(JSON.parse(json));
  } catch {
    throw new MissileError("the server's snapshots are not of this version", "strangeSnapshot");
  }
}
