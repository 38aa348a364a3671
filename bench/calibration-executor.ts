/** What our executor was seen to take on the GPU: bench/results, from where h200.yaml has the figures of its section `executor`. */
import { asTenantId } from "../src/core/ids.ts";
import type { Kernel } from "../src/core/kernel.ts";
import { type GpuSpec, tpcCount } from "../src/core/spec.ts";
import { model } from "../src/models/index.ts";
import { openSimulatedGpu } from "../src/native/index.ts";
import type { Comparison } from "./calibration.ts";
import { chunkedGBs, elasticChainUs, evictedUs, kernelUs, launchToldUs } from "./data/h200-measured.ts";
import { GpuRig, plainKernel, smRange } from "./gpu-rig.ts";

const TENANT = 0;
/** Measured blocks are out of step with each other, so that the last of so many has nearly a whole one left; those of the model keep step. */
const OUT_OF_STEP_US = 50;
const OUT_OF_STEP = "measured blocks are out of step, and the last one counts; the model's keep step";
/** Instants within a block at which evictions are tried. */
const PHASES = 16;

/** One block an SM, whose registers it fills; `rounds` of them. */
function blocksOf(gpu: GpuSpec, blockUs: number, rounds: number): Kernel {
  const flops = blockUs * 1e3 * gpu.flopsPerSmNs * gpu.compute.achievedShare;
  const grid = gpu.sms * rounds;
  return { ...plainKernel, threadsPerBlock: 256, registersPerThread: 256, grid, flops: flops * grid };
}

function evictionUs(gpu: GpuSpec, blockUs: number): number {
  const all = smRange(gpu, 0, gpu.sms);
  let sumNs = 0;
  for (let phase = 0; phase < PHASES; phase++) {
    const rig = new GpuRig(openSimulatedGpu(gpu));
    rig.load(TENANT, blocksOf(gpu, blockUs, 1000));
    const launch = rig.launch(TENANT, all);
    rig.wait(100_000 + Math.round((phase / PHASES) * blockUs * 1e3));
    const orderedNs = rig.nowNs;
    rig.evict(launch, all);
    sumNs += rig.waitFor(launch) - orderedNs;
  }
  return sumNs / PHASES / 1e3;
}

function launchUs(gpu: GpuSpec): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  const sms = Math.round((tpcCount(gpu) * 2) / 3) * gpu.smsPerTpc;
  rig.load(TENANT, { ...blocksOf(gpu, 0.28, 1), grid: sms });
  return rig.waitFor(rig.launch(TENANT, smRange(gpu, 0, sms), 1)) / 1e3;
}

/** Us that another kernel makes a chain longer. */
function chainUs(gpu: GpuSpec, blockUs: number): number {
  const told = (kernels: number): number => {
    const rig = new GpuRig(openSimulatedGpu(gpu));
    rig.load(TENANT, blocksOf(gpu, blockUs, 1), kernels);
    return rig.waitFor(rig.launch(TENANT, smRange(gpu, 0, gpu.sms), 0, kernels));
  };
  return (told(51) - told(1)) / 50 / 1e3;
}

function periodsGBs(gpu: GpuSpec, periodKiB: number): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  const periods = 50;
  let last = 0;
  let bytes = 0;
  for (let chunk = 0; chunk < 3 * periods; chunk++) {
    const sizeBytes = Math.floor((periodKiB * 2 ** (chunk % 3)) / 7) * 1024;
    last = rig.copy("h2d", sizeBytes);
    bytes += sizeBytes;
  }
  return bytes / rig.waitFor(last);
}

function kernelAloneUs(gpu: GpuSpec, modelName: string, kernelName: string): number {
  const network = model(modelName).lowered(1);
  const { kernels } = openSimulatedGpu(gpu).load(asTenantId(TENANT), network);
  return kernels[network.kernels.findIndex((kernel) => kernel.name === kernelName)]!.aloneNs / 1e3;
}

export function executorRows(gpu: GpuSpec): Comparison[] {
  return [
    ...evictedUs.map(({ blockUs, us }) => ({
      what: `eviction of blocks of ${blockUs} us`,
      unit: "us",
      measured: us,
      model: evictionUs(gpu, blockUs),
      ...(blockUs > OUT_OF_STEP_US ? { outside: OUT_OF_STEP } : {}),
    })),
    { what: "a lone launch", unit: "us", measured: launchToldUs, model: launchUs(gpu) },
    ...elasticChainUs.map(({ blockUs, us }) => ({
      what: `chain of kernels of ${blockUs} us, a kernel`,
      unit: "us",
      measured: us,
      model: chainUs(gpu, blockUs),
    })),
    ...chunkedGBs.map(({ periodKiB, gBs }) => ({
      what: `chunks of 1/7, 2/7, 4/7 of ${periodKiB} KiB`,
      unit: "GB/s",
      measured: gBs,
      model: periodsGBs(gpu, periodKiB),
    })),
    ...kernelUs.map(({ model: network, kernel, us }) => ({
      what: `${network} ${kernel}`,
      unit: "us",
      measured: us,
      model: kernelAloneUs(gpu, network, kernel),
    })),
  ];
}
