/** What a survey of the machine means: one finding a line, and what to do about those that are bad. */
import { accessSync, constants, readdirSync } from "node:fs";
import { type SurveyedGpu, sameArchitecture, surveyedGpu } from "../engine/surveyed-gpu.ts";
import type { GpuFacts, GpuSurvey } from "../native/index.ts";
import { loadGpu } from "../presets/index.ts";

/** "missing" stops the cuda backend; "limited" takes a part of it away. */
export type Health = "good" | "limited" | "missing";

export interface Finding {
  readonly what: string;
  readonly health: Health;
  readonly says: string;
  /** What to do; absent where all is well. */
  readonly remedy?: string;
}

/** A device file of the driver, and whether this user may read and write it. */
export interface DeviceFile {
  readonly path: string;
  readonly isOpen: boolean;
}

const DEVICE_FOLDER = "/dev";
/** nvidia0, nvidia1, ... are the GPUs; the other two are the driver's own doors. */
const DEVICE_NAMES = /^nvidia(\d+|ctl|-uvm)$/;

/** The driver's device files as they are on this machine. */
export function deviceFiles(folder: string = DEVICE_FOLDER): DeviceFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => DEVICE_NAMES.test(name))
    .sort()
    .map((name) => {
      const path = `${folder}/${name}`;
      try {
        accessSync(path, constants.R_OK | constants.W_OK);
        return { path, isOpen: true };
      } catch {
        return { path, isOpen: false };
      }
    });
}

function driverFinding({ cudaVersion, driverVersion, driverProblem }: GpuSurvey): Finding {
  const what = "driver";
  if (driverProblem === "") {
    const cuda = `CUDA ${Math.floor(cudaVersion / 1000)}.${Math.floor((cudaVersion % 1000) / 10)}`;
    return { what, health: "good", says: driverVersion === "" ? cuda : `${driverVersion}, ${cuda}` };
  }
  const remedy = driverProblem.includes("libcuda")
    ? "install NVIDIA's driver; in a container, start it with the NVIDIA runtime"
    : "see that nvidia-smi works for this user, and that /dev/nvidia* is there";
  return { what, health: "missing", says: driverProblem, remedy };
}

function permissionFinding(files: readonly DeviceFile[], survey: GpuSurvey): Finding {
  const what = "permissions";
  // Not every system has the files (WSL has none): where the driver reaches its GPUs, nothing is missing.
  if (files.length === 0 && survey.gpus.length > 0) {
    return { what, health: "good", says: "the driver reaches its GPUs without /dev/nvidia*" };
  }
  const closed = files.filter(({ isOpen }) => !isOpen).map(({ path }) => path);
  if (files.length === 0) {
    return {
      what,
      health: "missing",
      says: "no /dev/nvidia* devices",
      remedy: "load the driver (modprobe nvidia nvidia-uvm), or pass the devices to the container",
    };
  }
  if (closed.length > 0) {
    return {
      what,
      health: "missing",
      says: `no access to ${closed.join(", ")}`,
      remedy: "add this user to the group that owns them (ls -l /dev/nvidia*)",
    };
  }
  return { what, health: "good", says: files.map(({ path }) => path).join(", ") };
}

function kernelFinding({ kernels, kernelBuild }: GpuSurvey): Finding {
  const what = "kernels";
  if (kernels.length > 0) return { what, health: "good", says: `${kernels.join(", ")}: ${kernelBuild}` };
  return {
    what,
    health: "missing",
    says: `none: ${kernelBuild}`,
    remedy: "put nvcc (CUDA toolkit 11.8 or later) on PATH, or set CUDA_HOME, and run: npm run install",
  };
}

function gpuText(gpu: GpuFacts): string {
  const size =
    `${gpu.sms} SMs, ${(gpu.memoryBytes / 2 ** 30).toFixed(1)} GiB, ` +
    `L2 ${(gpu.l2Bytes / 2 ** 20).toFixed(0)} MiB, bus ${gpu.busBits} bits, compute ${gpu.capability}`;
  return `${gpu.name} at ${gpu.pciBusId}: ${size}`;
}

/** Where the figures come from that the driver does not tell: of timing, and of compute and memory throughput. */
export function presetFinding(gpu: GpuFacts, { preset, isExact }: SurveyedGpu): Finding {
  const what = "figures";
  if (isExact) return { what, health: "good", says: `presets/gpus/${preset}.yaml` };
  const kin = sameArchitecture(gpu, loadGpu(preset)) ? "of the same architecture" : "of another architecture";
  return {
    what,
    health: "limited",
    says: `no preset is of ${gpu.name}: figures that the driver does not tell are those of ${preset}, ${kin}`,
    remedy: "add a file to presets/gpus",
  };
}

function gpuFindings(gpu: GpuFacts, index: number): Finding[] {
  const findings: Finding[] = [{ what: `GPU ${index}`, health: "good", says: gpuText(gpu) }];
  findings.push({ ...presetFinding(gpu, surveyedGpu(gpu)), what: "  figures" });
  const { nvml, split } = gpu;
  if (typeof nvml === "string") {
    if (nvml !== "") findings.push({ what: "  clocks", health: "limited", says: nvml });
  } else {
    const clocks = `SM ${nvml.smMhz} of ${nvml.smMaxMhz} MHz, memory ${nvml.memoryMhz} of ${nvml.memoryMaxMhz} MHz`;
    const link = `PCIe ${nvml.pcieGeneration} x${nvml.pcieLanes}`;
    const heat = `${nvml.celsius} C, ${(nvml.milliwatts / 1000).toFixed(0)} W`;
    findings.push({ what: "  clocks", health: "good", says: `${clocks}; ${link}; ${heat}` });
  }
  findings.push(
    typeof split === "string"
      ? {
          what: "  green contexts",
          health: "limited",
          says: split,
          remedy: "driver 550 or later has them; without them SMs are not partitioned by hardware",
        }
      : {
          what: "  green contexts",
          health: "good",
          says: `SMs split by ${split.finestSms}, into ${split.groups} groups`,
        },
  );
  return findings;
}

/** All findings, the most basic first. */
export function findingsOf(survey: GpuSurvey, files: readonly DeviceFile[]): Finding[] {
  const gpus: Finding[] =
    survey.driverProblem === "" && survey.gpus.length === 0
      ? [
          {
            what: "GPUs",
            health: "missing",
            says: "none",
            remedy: "check CUDA_VISIBLE_DEVICES and nvidia-smi",
          },
        ]
      : survey.gpus.flatMap(gpuFindings);
  const nvml: Finding =
    survey.nvmlProblem === ""
      ? { what: "NVML", health: "good", says: "clocks, power, temperature, PCIe link" }
      : {
          what: "NVML",
          health: "limited",
          says: survey.nvmlProblem,
          remedy: "it comes with NVIDIA's driver; without it clocks and power are not shown",
        };
  return [driverFinding(survey), permissionFinding(files, survey), ...gpus, nvml, kernelFinding(survey)];
}

/** Could the cuda backend run? */
export const canRun = (findings: readonly Finding[]): boolean =>
  findings.every(({ health }) => health !== "missing");
