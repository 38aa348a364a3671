/** Programs on the CPU, by the plain references of their kernels (cpp/dnn): what a GPU's results are compared with. */
import { readFileSync } from "node:fs";
import { assert } from "../core/assert.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import { loadAddon } from "./addon.ts";
import { programBytes } from "./program-bytes.ts";
import { inputBytes, outputValues, type PortValues } from "./program-ports.ts";

export interface ReferenceOptions {
  /** The contents of the program's file of weights. Default: what is in the file. */
  readonly weights?: Uint8Array;
  /**
   * For tests: memory that no kernel has written since new contents began there is NaN, and so is what lies around a kernel's views, so that
   * a result which depends on it is NaN too; a kernel that writes outside of its views is an Error.
   * Default false: zeros.
   */
  readonly isPoisoned?: boolean;
}

/** Of a network that has a program. Throws what inputBytes throws, and an Error that names the kernel where the program is wrong. */
export function runOnCpu(
  { program, kernels }: Pick<LoweredNetwork, "program" | "kernels">,
  inputs: PortValues,
  options: ReferenceOptions = {},
): PortValues {
  assert(program !== undefined, "a network without a program computes nothing");
  const weights =
    options.weights ?? (program.pieces.length > 0 ? readFileSync(program.weightsFile) : new Uint8Array());
  const weightBytes = Float64Array.from(kernels, (kernel) => kernel.weightBytes);
  const input = inputBytes(program, inputs);
  const isPoisoned = options.isPoisoned ?? false;
  const output = loadAddon().runProgram(programBytes(program), weightBytes, weights, input, isPoisoned);
  return outputValues(program, output);
}
