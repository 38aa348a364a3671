/** Copy engines: chunks back to back, chunks waited for, and a small copy behind large ones. */
import type { Direction } from "../src/core/command.ts";
import type { GpuSpec } from "../src/core/spec.ts";
import { openSimulatedGpu } from "../src/native/index.ts";
import type { Comparison } from "./calibration.ts";
import { copies, headOfLine } from "./data/h200-measured.ts";
import { GpuRig } from "./gpu-rig.ts";

const KI_B = 1024;
const MI_B = 1024 * KI_B;

function pipelinedGBs(gpu: GpuSpec, direction: Direction, sizeBytes: number): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  const count = 64;
  const ids = Array.from({ length: count }, () => rig.copy(direction, sizeBytes));
  return (count * sizeBytes) / rig.waitFor(ids[count - 1]!);
}

function syncedUs(gpu: GpuSpec, sizeBytes: number): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  return rig.waitFor(rig.copy("h2d", sizeBytes)) / 1000;
}

function behindLargeUs(gpu: GpuSpec): number {
  const rig = new GpuRig(openSimulatedGpu(gpu));
  for (let i = 0; i < 4; i++) rig.copy("h2d", 256 * MI_B);
  rig.wait(headOfLine.waitedUs * 1000);
  const orderedNs = rig.nowNs;
  return (rig.waitFor(rig.copy("h2d", MI_B)) - orderedNs) / 1000;
}

export function copyRows(gpu: GpuSpec): Comparison[] {
  const rows = copies.flatMap(({ kiB, h2dGBs, d2hGBs, syncedUs: measuredUs }): Comparison[] => {
    const bytes = kiB * KI_B;
    const rate = (direction: Direction, measured: number): Comparison => ({
      what: `${kiB} KiB ${direction}, back to back`,
      unit: "GB/s",
      measured,
      model: pipelinedGBs(gpu, direction, bytes),
    });
    const synced = { what: `${kiB} KiB h2d, each waited for`, unit: "us", model: syncedUs(gpu, bytes) };
    return [
      rate("h2d", h2dGBs),
      ...(d2hGBs === undefined ? [] : [rate("d2h", d2hGBs)]),
      ...(measuredUs === undefined ? [] : [{ ...synced, measured: measuredUs }]),
    ];
  });
  return [
    ...rows,
    { what: "1 MiB alone", unit: "us", measured: headOfLine.aloneUs, model: syncedUs(gpu, MI_B) },
    {
      what: "1 MiB behind 4 x 256 MiB",
      unit: "us",
      measured: headOfLine.behindUs,
      model: behindLargeUs(gpu),
    },
  ];
}
