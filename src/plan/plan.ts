/** A plan: how a network is executed with what memory. A model folder holds it (plan.json) beside its weights (weights.safetensors). */
import { z } from "zod";
import { PRECISIONS } from "../core/program.ts";

export { PRECISIONS, type Precision } from "../core/program.ts";

const bytes = z.int().nonnegative();
const index = z.int().nonnegative();

const port = z.strictObject({
  name: z.string(),
  /** As outside: row-major, images NCHW. */
  shape: z.array(z.int().positive()),
  type: z.enum(["float32", "int32"]),
  /** Of the input or output storage. */
  firstByte: bytes,
});

const storage = z.strictObject({
  name: z.string(),
  use: z.enum(["parameters", "activations", "input", "output", "counters"]),
  sizeBytes: bytes,
  type: z.enum(["f32", "f16", "bf16", "i32", "mixed"]),
  coloured: z.boolean(),
});

const kernel = z.strictObject({
  name: z.string(),
  args: z.record(z.string(), z.union([z.number(), z.array(z.number())])),
  views: z.record(
    z.string(),
    z.strictObject({
      storage: index,
      firstByte: bytes,
      sizeBytes: bytes,
      access: z.enum(["read", "write", "update"]),
    }),
  ),
  grid: z.int().positive(),
  block: z.int().positive(),
  sharedBytes: bytes,
  /** What it demands, as core's Kernel says it. */
  work: z.strictObject({
    flops: z.number(),
    weightBytes: bytes,
    readBytes: bytes,
    writtenBytes: bytes,
    footprintBytes: bytes,
  }),
});

/** An op of the network and the kernels that do it: consecutive ones. */
const op = z.strictObject({
  name: z.string(),
  nodes: z.array(z.string()),
  firstKernel: index,
  kernelCount: index,
});

/**
 * A tensor of weights.safetensors, and where it lies in the parameter storage. In the order in which kernels first read them. `isTf32`: FP32 of
 * which tensor cores read no more than TF32 has, so a GPU is given it rounded to that.
 */
const parameter = z.strictObject({
  name: z.string(),
  firstByte: bytes,
  sizeBytes: bytes,
  isTf32: z.boolean(),
});

/**
 * A step of a request. `after`: indices of the steps that must have ended. create: memory of a storage. swapIn: parameters or input from
 * the host. launch: kernels. swapOut: the output. reclaim: nobody needs those bytes any more.
 */
const step = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("create"), storage: index, after: z.array(index) }),
  z.strictObject({
    do: z.literal("swapIn"),
    storage: index,
    firstByte: bytes,
    sizeBytes: bytes,
    from: z.string(),
    after: z.array(index),
  }),
  z.strictObject({
    do: z.literal("launch"),
    firstKernel: index,
    kernelCount: z.int().positive(),
    after: z.array(index),
  }),
  z.strictObject({
    do: z.literal("swapOut"),
    storage: index,
    firstByte: bytes,
    sizeBytes: bytes,
    after: z.array(index),
  }),
  z.strictObject({
    do: z.literal("reclaim"),
    storage: index,
    firstByte: bytes,
    sizeBytes: bytes,
    after: z.array(index),
  }),
]);

export const planSchema = z.strictObject({
  format: z.literal(2),
  name: z.string(),
  batch: z.int().positive(),
  precision: z.enum(PRECISIONS),
  /** VRAM for parameters that it was made for; as large as they are: all of them stay. */
  reservedBytes: bytes,
  inputs: z.array(port).min(1),
  outputs: z.array(port).min(1),
  storages: z.array(storage),
  parameters: z.array(parameter),
  ops: z.array(op),
  kernels: z.array(kernel).min(1),
  /** Of the first request, and of those after it. */
  cold: z.array(step),
  warm: z.array(step),
});

export type Plan = z.infer<typeof planSchema>;
export type PlanKernel = Plan["kernels"][number];
export type PlanStorage = Plan["storages"][number];
export type PlanPort = Plan["inputs"][number];
export type PlanStep = Plan["cold"][number];
