/** A model folder as a GPU executes it, and as the scheduler sees it. */
import type { Kernel, LoweredNetwork } from "../core/kernel.ts";
import type { Program } from "../core/program.ts";
import { boundOf } from "../models/lower.ts";
import type { ModelFolder } from "./folder.ts";
import type { Plan, PlanKernel } from "./plan.ts";
import type { TensorPlace } from "./safetensors.ts";
import { TILE_THREADS } from "./tiles.ts";

export function programOf({ plan, tensors, weightsFile }: ModelFolder): Program {
  const { inputs, outputs, storages, kernels, parameters } = plan;
  return {
    inputs,
    outputs,
    storages,
    kernels,
    weightsFile: parameters.length === 0 ? "" : weightsFile,
    pieces: parameters.map(({ name, firstByte, sizeBytes, isTf32 }) => ({
      fileOffset: (tensors.get(name) as TensorPlace).fileOffset,
      firstByte,
      sizeBytes,
      isTf32,
    })),
  };
}

/** As LoadModel and mixes take it: its kernels' demands, and what a real GPU executes. */
export function loweredOf(folder: ModelFolder): LoweredNetwork {
  const { plan } = folder;
  const kernels = kernelsOf(plan);
  return {
    name: plan.name,
    batch: plan.batch,
    inputBytes: storageBytes(plan, "input"),
    outputBytes: storageBytes(plan, "output"),
    storedBytes: kernels.reduce((sum, { weightBytes }) => sum + weightBytes, 0),
    kernels,
    program: programOf(folder),
  };
}

/** What a request copies: ports lie at multiples of 1024, and all go at once. */
const storageBytes = ({ storages }: Plan, of: "input" | "output"): number =>
  storages.reduce((sum, { use, sizeBytes }) => sum + (use === of ? sizeBytes : 0), 0);

function kernelsOf({ ops, kernels }: Plan): Kernel[] {
  return ops.flatMap(({ name, firstKernel, kernelCount }) =>
    kernels
      .slice(firstKernel, firstKernel + kernelCount)
      .map((kernel) => kernelOf(kernelCount === 1 ? name : `${name}/${kernel.name}`, kernel)),
  );
}

/** Registers of a thread, about: what the accumulators of a tile take, and what a kernel that streams needs. */
const TILE_REGISTERS = 64;
const STREAM_REGISTERS = 40;

function registersOf({ name, block }: PlanKernel): number {
  const tile = /^conv_\w+_(\d+)x(\d+)$/.exec(name);
  if (tile === null) return STREAM_REGISTERS;
  return Math.min(255, TILE_REGISTERS + (Number(tile[1]) * Number(tile[2])) / (block || TILE_THREADS));
}

function kernelOf(name: string, kernel: PlanKernel): Kernel {
  const { work } = kernel;
  const requestedBytes = work.weightBytes + work.readBytes + work.writtenBytes;
  return {
    name,
    grid: kernel.grid,
    threadsPerBlock: kernel.block,
    registersPerThread: registersOf(kernel),
    sharedBytesPerBlock: kernel.sharedBytes,
    ...work,
    bound: boundOf(work.flops, work.footprintBytes, requestedBytes),
  };
}
