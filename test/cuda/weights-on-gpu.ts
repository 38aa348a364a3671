/** What a GPU computes with of a network's weights. */
import { readFileSync } from "node:fs";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import type { Program } from "../../src/core/program.ts";
import { type PortValues, runOnCpu } from "../../src/native/index.ts";

/** FP32 that tensor cores multiply is rounded to TF32 on its way to the GPU: halves of the last place that is left go away from zero. */
function weightsOnGpu({ weightsFile, pieces }: Program): Uint8Array {
  const bytes = new Uint8Array(readFileSync(weightsFile));
  for (const { fileOffset, sizeBytes, isTf32 } of pieces) {
    if (!isTf32) continue;
    const words = new DataView(bytes.buffer, fileOffset, sizeBytes);
    for (let at = 0; at < sizeBytes; at += 4)
      words.setUint32(at, (words.getUint32(at, true) + 0x1000) & 0xffffe000, true);
  }
  return bytes;
}

/** What the CPU references make of the inputs with those weights. */
export const runWithGpuWeights = (network: LoweredNetwork, inputs: PortValues): PortValues =>
  runOnCpu(network, inputs, { weights: weightsOnGpu(network.program as Program) });
