/** A model folder that is nowhere on a disk: its weights in the order of the plan. */
import type { ModelFolder } from "../../src/plan/folder.ts";
import type { PlannedNetwork } from "../../src/plan/make-plan.ts";
import type { TensorPlace } from "../../src/plan/safetensors.ts";

export function inMemory({ plan, weights }: PlannedNetwork): ModelFolder {
  let fileOffset = 0;
  const tensors = new Map<string, TensorPlace>();
  for (const { name, sizeBytes } of weights) {
    tensors.set(name, { dtype: "F32", shape: [sizeBytes / 4], fileOffset, sizeBytes });
    fileOffset += sizeBytes;
  }
  return { path: "", weightsFile: "weights", plan, tensors };
}

/** The weights file's contents, from the first tensor on. */
export function weightBytes({ weights }: PlannedNetwork): Uint8Array {
  const whole = new Uint8Array(weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  let at = 0;
  for (const { contents, sizeBytes } of weights) {
    whole.set(contents(), at);
    at += sizeBytes;
  }
  return whole;
}
