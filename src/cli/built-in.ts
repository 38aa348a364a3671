/** A built-in network with weights. */
import { MissileError } from "../core/error.ts";
import { model } from "../models/index.ts";
import { seeded } from "../models/seeded.ts";
import type { TrainedNetwork } from "../models/values.ts";

/** Throws MissileError: "noSuchModel", or "noGraph" for a workload that has no layers. */
export function builtIn(name: string, batch: number, seed: number): TrainedNetwork {
  const { build } = model(name);
  if (build === null)
    throw new MissileError(
      `"${name}" is kernels from the start and has no layers; choose a network`,
      "noGraph",
    );
  return seeded(build(batch), seed);
}
