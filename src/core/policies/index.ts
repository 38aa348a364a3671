/** The table of policies: one row composes one policy for each resource. A new policy is its file and a row. */
import { MissileError } from "../error.ts";
import type { PolicyContext, PolicyRow } from "../policy.ts";
import { instantiatePolicy, type Policy } from "../state.ts";
import { cfsCopies } from "./copy-cfs.ts";
import { firstComeCopies, lsFirstCopies } from "./copy-fifo.ts";
import { elasticSms } from "./sm-elastic.ts";
import { orionSms } from "./sm-orion.ts";
import { sharedSms } from "./sm-shared.ts";
import { staticSms } from "./sm-static.ts";
import { temporalSms } from "./sm-temporal.ts";
import { classChannels } from "./vram-class.ts";
import { sharedChannels } from "./vram-shared.ts";

export const policyTable: Readonly<Record<string, PolicyRow>> = {
  missiletemporal: {
    summary: "elastic SMs, VRAM channels by class, completely fair copies",
    sm: elasticSms,
    copy: cfsCopies,
    vram: classChannels,
  },
  orion: {
    summary: "kernel by kernel; BE beside LS only where their bounds differ; copies first come, first served",
    sm: orionSms,
    copy: firstComeCopies,
    vram: sharedChannels,
  },
  mpsplus: {
    summary: "side by side, each capped by its SM limit; LS copies first",
    sm: sharedSms({ lsFirst: false, capped: true }),
    copy: lsFirstCopies,
    vram: sharedChannels,
  },
  temporal: {
    summary: "one kernel on the GPU at a time, LS first",
    sm: temporalSms,
    copy: firstComeCopies,
    vram: sharedChannels,
  },
  streams: {
    summary: "priority streams and nothing else: LS blocks are placed first",
    sm: sharedSms({ lsFirst: true, capped: false }),
    copy: firstComeCopies,
    vram: sharedChannels,
  },
  "missile-noelastic": {
    summary: "missiletemporal with a fixed partition of the SMs: LS two thirds, BE one",
    sm: staticSms,
    copy: cfsCopies,
    vram: classChannels,
  },
  "missile-nochannels": {
    summary: "missiletemporal with all VRAM channels shared",
    sm: elasticSms,
    copy: cfsCopies,
    vram: sharedChannels,
  },
  "missile-nocfs": {
    summary: "missiletemporal with copies first come, first served",
    sm: elasticSms,
    copy: firstComeCopies,
    vram: classChannels,
  },
};

export const policyNames: readonly string[] = Object.keys(policyTable);

/** Throws MissileError for a name that has no row. */
export function instantiateNamed(name: string, context: PolicyContext): Policy {
  const row = policyTable[name];
  if (row === undefined) {
    throw new MissileError(
      `unknown policy "${name}": choose one of ${policyNames.join(", ")}`,
      "UNKNOWN_POLICY",
    );
  }
  return instantiatePolicy(name, row, context);
}
