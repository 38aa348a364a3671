/** GPUs by name: presets/gpus/NAME.yaml, whose keys are the fields of GpuSpec and whose comments give their sources. */
import { readdirSync } from "node:fs";
import { z } from "zod";
import { BIT_SET_CAPACITY } from "../core/bit-set.ts";
import { MissileError } from "../core/error.ts";
import type { GpuSpec } from "../core/spec.ts";
import { suggestion } from "./nearest.ts";
import { presetPath } from "./paths.ts";
import { strictMap } from "./strict-map.ts";
import { readYamlFile } from "./yaml-file.ts";

const positive = z.number().positive();
const count = z.int().positive();
const notNegative = z.number().nonnegative();
const share = z.number().positive().max(1);

export const gpuSchema: z.ZodType<GpuSpec> = strictMap({
  name: z.string().min(1),
  capability: z.string().regex(/^\d+\.\d+$/, 'must be a compute capability, such as "9.0"'),
  sms: count,
  smsPerTpc: count.max(2, "must be 1 or 2 SMs: no GPU has more in a TPC"),
  flopsPerSmNs: positive,
  tensorFlopsPerSmNs: positive.optional(),
  threadsPerSm: count,
  registersPerSm: count,
  sharedBytesPerSm: count,
  blocksPerSm: count.max(32, "must be at most 32, the most that any GPU holds"),
  l2Bytes: count,
  vramBytes: count,
  channels: count.max(BIT_SET_CAPACITY, `must be at most ${BIT_SET_CAPACITY}`),
  channelsPerPartition: count,
  granuleBytes: count,
  compute: strictMap({
    achievedShare: share,
    fullRateThreads: positive,
    kernelFloorNs: positive,
  }),
  memory: strictMap({
    achievedGBs: positive,
    l2GBs: positive,
    vramLatencyNs: positive,
    l2LatencyNs: positive,
    inFlightBytesPerSm: positive,
    inFlightBytesPerThread: positive,
    channelWaitNs: notNegative,
    fewChannelsExponent: notNegative,
    crossbarQueueBytes: positive,
  }),
  pcie: strictMap({
    h2dGBs: positive,
    d2hGBs: positive,
    chunkNs: notNegative,
    idleStartNs: notNegative,
  }),
  timing: strictMap({
    launchNs: notNegative,
    evictNs: notNegative,
    kernelGapNs: notNegative,
    blockClaimNs: notNegative,
  }),
  executor: strictMap({
    answerNs: notNegative,
    submitNs: notNegative,
    arrivalNs: notNegative,
    elasticKernelNs: notNegative,
  }),
})
  .refine((gpu) => gpu.sms % gpu.smsPerTpc === 0, { path: ["sms"], error: "must be a multiple of smsPerTpc" })
  .refine((gpu) => gpu.sms / gpu.smsPerTpc <= BIT_SET_CAPACITY, {
    path: ["sms"],
    error: `must make at most ${BIT_SET_CAPACITY} TPCs`,
  });

/** Names that loadGpu knows, in alphabetical order. */
export function gpuNames(): readonly string[] {
  return readdirSync(presetPath("gpus"))
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

/** The preset GPU of that name. Throws MissileError: "unknownGpu", or what its file has wrong. */
export function loadGpu(name: string): GpuSpec {
  const names = gpuNames();
  if (!names.includes(name))
    throw new MissileError(`unknown GPU "${name}"${suggestion(name, names)}`, "unknownGpu");
  return readYamlFile(presetPath("gpus", `${name}.yaml`), gpuSchema);
}
