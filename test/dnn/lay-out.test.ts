import { expect, test } from "vitest";
import type { ProgramArgument } from "../../src/core/program.ts";
import { type Elements, runKernel } from "./one-kernel.ts";

const one = new Float32Array(1);
const run =
  (
    name: string,
    args: Record<string, ProgramArgument>,
    operands: Record<string, Elements>,
  ): (() => unknown) =>
  () =>
    runKernel(name, args, operands, one);

test.each<[string, () => unknown, string]>([
  ["a kernel that there is not", run("convolve", {}, {}), "there is no kernel convolve"],
  [
    "an argument that there is not",
    run("pool", { colour: 1 }, { input: one }),
    "kernel pool, argument colour: the kernel has no such argument",
  ],
  [
    "a member of a member that there is not",
    run("reduce", { "inputAt.stride": 1 }, { input: one }),
    "kernel reduce, argument inputAt.stride: the kernel has no such argument",
  ],
  [
    "an array that is too long",
    run("reduce", { extents: [1, 1, 1, 1, 1, 1, 1] }, { input: one }),
    "kernel reduce, argument extents: 7 numbers, which is more than 6",
  ],
  [
    "a fraction for a count",
    run("pool", { batch: 1.5 }, { input: one }),
    "kernel pool, argument batch: 1.5 is no number of its type",
  ],
  [
    "a count below 0",
    run("pool", { batch: -1 }, { input: one }),
    "kernel pool, argument batch: -1 is no number of its type",
  ],
  [
    "a number for a view",
    run("pool", { input: 1 }, { input: one }),
    "kernel pool, argument input: this is a view, not a number",
  ],
  ["a view that is missing", run("pool", {}, {}), "kernel pool, argument input: the view is missing"],
  [
    "a bias that the arguments speak of",
    run("conv_direct", { hasBias: 1 }, { input: one, weight: one }),
    "kernel conv_direct, argument bias: the view is missing",
  ],
  [
    "an operand that the arguments speak of",
    run("map", { operandCount: 2 }, { "operands[0]": one }),
    "kernel map, argument operands[1]: the view is missing",
  ],
  [
    "a view that there is not",
    run("pool", {}, { input: one, weight: one }),
    "kernel pool, argument weight: the kernel has no such view",
  ],
  [
    "threads that the kernel is not written for",
    () => runKernel("matmul_f32", {}, {}, one, { block: 256, sharedBytes: 0 }),
    "kernel matmul_f32: a thread block has 256 threads with 0 bytes of shared memory, and needs 128 threads with 65536 bytes",
  ],
])("%s", (_, act, message) => {
  expect(act).toThrow(message);
});
