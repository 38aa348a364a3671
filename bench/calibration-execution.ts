/** Launches, evictions and elastic blocks. */
import type { GpuSpec } from "../src/core/spec.ts";
import { openSimulatedGpu } from "../src/native/index.ts";
import type { Comparison } from "./calibration.ts";
import { elasticCost, evictUs, launchUs, smPartitionGrainSms } from "./data/h200-measured.ts";
import { GpuRig, plainKernel, smRange } from "./gpu-rig.ts";

const middle = ({ from, to }: { from: number; to: number }): number => (from + to) / 2;

/** Blocks of 256 threads that compute for `blockNs` with as many on an SM as fit, 40 rounds of them. */
function longKernel(gpu: GpuSpec, blockNs: number) {
  const residents = 8;
  const flopsPerBlock = (blockNs * gpu.flopsPerSmNs * gpu.compute.achievedShare) / residents;
  const grid = gpu.sms * residents * 40;
  return { ...plainKernel, threadsPerBlock: 256, registersPerThread: 32, grid, flops: grid * flopsPerBlock };
}

function kernelNs(gpu: GpuSpec, blockNs: number): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  rig.load(0, longKernel(gpu, blockNs));
  return rig.waitFor(rig.launch(0, smRange(gpu, 0, gpu.sms)));
}

/** Us between the retirements of kernels too short to hide the host's launches. */
function launchIntervalUs(gpu: GpuSpec): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  rig.load(0, plainKernel);
  const ids = Array.from({ length: 100 }, () => rig.launch(0, smRange(gpu, 0, 2)));
  const times = ids.map((id) => rig.waitFor(id));
  return (times[99]! - times[0]!) / 99 / 1000;
}

/** From an eviction of all TPCs to the launch's retirement, less the block in flight (half of one on average). */
function evictionUs(gpu: GpuSpec): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  rig.load(0, longKernel(gpu, 500));
  const id = rig.launch(0, smRange(gpu, 0, gpu.sms));
  rig.wait(20_000);
  const orderedNs = rig.nowNs;
  rig.evict(id, smRange(gpu, 0, gpu.sms));
  return (rig.waitFor(id) - orderedNs - 250) / 1000;
}

export function executionRows(gpu: GpuSpec): Comparison[] {
  const plain = { ...gpu, timing: { ...gpu.timing, blockClaimNs: 0 } };
  return [
    { what: "SMs in the finest partition", unit: "SMs", measured: smPartitionGrainSms, model: gpu.smsPerTpc },
    { what: "launch", unit: "us", measured: middle(launchUs), model: launchIntervalUs(gpu) },
    { what: "eviction", unit: "us", measured: middle(evictUs), model: evictionUs(gpu) },
    ...elasticCost.map(({ blockUs, percent }) => ({
      what: `elastic kernel over plain, blocks of ${blockUs} us`,
      unit: "x",
      measured: 1 + percent / 100,
      model: kernelNs(gpu, blockUs * 1000) / kernelNs(plain, blockUs * 1000),
    })),
  ];
}
