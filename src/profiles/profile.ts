/**
 * What a network's kernels take on one GPU, alone, by number of TPCs: measured once, and kept as a file beside the model.
 *
 * The file says enough of each kernel that the network can be simulated from it alone.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { MissileError } from "../core/error.ts";
import type { LoweredNetwork } from "../core/kernel.ts";

const count = z.int().nonnegative();
const amount = z.number().nonnegative();

const kernelSchema = z.strictObject({
  name: z.string(),
  /** What a planned network launches, such as conv_f32_64x64; null: a stand-in. */
  runs: z.string().nullable(),
  grid: z.int().positive(),
  threadsPerBlock: count,
  registersPerThread: count,
  sharedBytesPerBlock: count,
  flops: amount,
  weightBytes: amount,
  readBytes: amount,
  writtenBytes: amount,
  footprintBytes: amount,
  /** Rising; the last one is on all TPCs. */
  curve: z.array(z.strictObject({ tpcs: z.int().positive(), ns: z.number().positive() })).min(1),
  /** On all TPCs: distinct bytes over time, and floating-point operations over time. */
  gBs: amount,
  tFlops: amount,
  bound: z.enum(["compute", "memory"]),
  tpcsNeeded: z.int().positive(),
  computeShare: amount,
  memoryShare: amount,
});

export const profileSchema = z.strictObject({
  format: z.literal(1),
  gpu: z.string(),
  /** TPCs of that GPU. */
  tpcs: z.int().positive(),
  /** "": nobody's, since it was modelled. */
  driver: z.string(),
  /** ISO 8601. */
  measuredAt: z.string(),
  model: z.string(),
  batch: z.int().positive(),
  /** What matrices are stored as; null: the kernels are stand-ins, which know no types. */
  precision: z.enum(["tf32", "fp16", "bf16"]).nullable(),
  /** Whether every kernel was measured at all numbers of TPCs that are worth trying, and not only as far as a load needs it. */
  whole: z.boolean(),
  inputBytes: count,
  outputBytes: count,
  storedBytes: count,
  kernels: z.array(kernelSchema).min(1),
});

export type Profile = z.infer<typeof profileSchema>;
export type ProfiledKernel = Profile["kernels"][number];

/** Throws MissileError "profileNotReadable". */
export function readProfile(path: string): Profile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new MissileError(`${path}: cannot be read (${(cause as Error).message})`, "profileNotReadable");
  }
  const parsed = profileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined ? "" : `: ${issue.path.join(".")}: ${issue.message}`;
  throw new MissileError(
    `${path} is no profile${where}; write one with: missile-console profile MODEL`,
    "profileNotReadable",
  );
}

/** A kernel a line. Whoever reads meanwhile reads the old file or the new one. Throws MissileError "profileNotWritten". */
export function writeProfile(path: string, { kernels, ...rest }: Profile): void {
  const head = JSON.stringify(rest).slice(0, -1);
  const lines = kernels.map((kernel) => JSON.stringify(kernel)).join(",\n");
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = `${path}.${process.pid}.new`;
    writeFileSync(fresh, `${head},"kernels":[\n${lines}\n]}\n`);
    renameSync(fresh, path);
  } catch (cause) {
    throw new MissileError(
      `${path}: the profile was not written (${(cause as Error).message})`,
      "profileNotWritten",
    );
  }
}

/** Why the profile is not one of these kernels on this GPU, in a few words; null: it is. */
export function mismatch(
  profile: Profile,
  network: LoweredNetwork,
  gpu: string,
  tpcs: number,
): string | null {
  if (profile.gpu !== gpu) return `it is of ${profile.gpu}`;
  if (profile.tpcs !== tpcs) return `it is of ${profile.tpcs} TPCs, and there are ${tpcs}`;
  if (profile.kernels.length !== network.kernels.length) {
    return `it has ${profile.kernels.length} kernels, the network ${network.kernels.length}`;
  }
  const other = profile.kernels.findIndex((kernel, index) => {
    const { name, grid } = network.kernels[index]!;
    const runs = network.program?.kernels[index]?.name ?? null;
    return kernel.name !== name || kernel.grid !== grid || kernel.runs !== runs;
  });
  return other < 0 ? null : `kernel ${other} is another: ${network.kernels[other]!.name}`;
}

/** The network with what was measured of its kernels. */
export const withCurves = (network: LoweredNetwork, profile: Profile): LoweredNetwork => ({
  ...network,
  curves: profile.kernels.map(({ curve }) => curve),
});

/** The network as it was when it was measured, to be simulated. */
export const networkOf = ({ model, batch, inputBytes, outputBytes, storedBytes, kernels }: Profile) => ({
  name: model,
  batch,
  inputBytes,
  outputBytes,
  storedBytes,
  kernels,
  curves: kernels.map(({ curve }) => curve),
});
