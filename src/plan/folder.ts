/** A model folder: plan.json beside weights.safetensors. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MissileError } from "../core/error.ts";
import type { StoredType } from "./buffer.ts";
import { bytesOf } from "./buffer.ts";
import type { PlannedNetwork } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import { planSchema } from "./plan.ts";
import type { Dtype, TensorPlace } from "./safetensors.ts";
import { tensorPlaces, writeSafetensors } from "./safetensors.ts";

export const PLAN_FILE = "plan.json";
export const WEIGHTS_FILE = "weights.safetensors";

export interface ModelFolder {
  /** Absolute. */
  readonly path: string;
  readonly weightsFile: string;
  readonly plan: Plan;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

const TYPES: Readonly<Record<StoredType, Dtype>> = { f32: "F32", f16: "F16", bf16: "BF16", i32: "I32" };

/** Makes the folder where it is not there. The plan is written last. Throws MissileError("cannotWrite"). */
export function writeModelFolder(folder: string, { plan, weights }: PlannedNetwork): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new MissileError(`cannot make ${folder}: ${(error as Error).message}`, "cannotWrite");
  }
  const tensors = weights.map(({ name, type, sizeBytes, contents }) => {
    const shape = [sizeBytes / bytesOf(type)];
    return [name, { dtype: TYPES[type], shape, bytes: contents }] as const;
  });
  writeSafetensors(join(folder, WEIGHTS_FILE), tensors);
  const path = join(folder, PLAN_FILE);
  try {
    writeFileSync(path, `${JSON.stringify(plan)}\n`);
  } catch (error) {
    throw new MissileError(`cannot write ${path}: ${(error as Error).message}`, "cannotWrite");
  }
}

/** Throws MissileError("badModelFolder", "badSafetensors", "fileNotReadable" or "badWeights") with the first thing that is wrong. */
export function readModelFolder(folder: string): ModelFolder {
  const path = resolve(folder);
  const plan = readPlan(join(path, PLAN_FILE));
  const weightsFile = join(path, WEIGHTS_FILE);
  const tensors = tensorPlaces(weightsFile);
  for (const { name, sizeBytes } of plan.parameters) {
    const found = tensors.get(name)?.sizeBytes;
    if (found === sizeBytes) continue;
    const reason = found === undefined ? "is missing" : `has ${found} bytes, the plan reads ${sizeBytes}`;
    throw new MissileError(`${weightsFile}: tensor "${name}" ${reason}; plan the model again`, "badWeights");
  }
  return { path, weightsFile, plan, tensors };
}

function readPlan(file: string): Plan {
  const bad = (reason: string): MissileError =>
    new MissileError(
      `${file}: ${reason}; \`missile-console models plan\` writes model folders`,
      "badModelFolder",
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw bad((error as Error).message);
  }
  const parsed = planSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw bad(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "it is no plan"}`);
}
