/** What the doctor makes of a machine, and of this one, whatever it has. */
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canRun, deviceFiles, findingsOf } from "../../src/cli/doctor-findings.ts";
import type { GpuSurvey } from "../../src/native/index.ts";
import { openContentionProbe, surveyGpus } from "../../src/native/index.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch } from "../engine/fixtures.ts";

const healthy: GpuSurvey = {
  cudaVersion: 13000,
  driverVersion: "580.159.04",
  driverProblem: "",
  nvmlProblem: "",
  gpus: [
    {
      name: "NVIDIA H200",
      pciBusId: "0000:00:06.0",
      sms: 132,
      l2Bytes: 60 * 2 ** 20,
      busBits: 6016,
      capability: "9.0",
      memoryBytes: 139 * 2 ** 30,
      nvml: {
        pcieGeneration: 5,
        pcieLanes: 16,
        smMhz: 1980,
        smMaxMhz: 1980,
        memoryMhz: 3201,
        memoryMaxMhz: 3201,
        celsius: 30,
        milliwatts: 77_000,
        usedBytes: 0,
      },
      split: { finestSms: 2, groups: 66 },
    },
  ],
  kernels: ["contention"],
  kernelBuild: "machine code for sm_90",
};
const files = [
  { path: "/dev/nvidia0", isOpen: true },
  { path: "/dev/nvidiactl", isOpen: true },
];

const isUsable = (change: Partial<GpuSurvey>): boolean =>
  canRun(findingsOf({ ...healthy, ...change }, files));

describe("findings", () => {
  it("tell all of a healthy machine", () => {
    const findings = findingsOf(healthy, files);
    expect(canRun(findings)).toBe(true);
    expect(findings.every(({ health, remedy }) => health === "good" && remedy === undefined)).toBe(true);
    expect(findings.map(({ says }) => says).join("\n")).toMatchInlineSnapshot(`
      "580.159.04, CUDA 13.0
      /dev/nvidia0, /dev/nvidiactl
      NVIDIA H200 at 0000:00:06.0: 132 SMs, 139.0 GiB, L2 60 MiB, bus 6016 bits, compute 9.0
      presets/gpus/h200.yaml
      SM 1980 of 1980 MHz, memory 3201 of 3201 MHz; PCIe 5 x16; 30 C, 77 W
      SMs split by 2, into 66 groups
      clocks, power, temperature, PCIe link
      contention: machine code for sm_90"
    `);
  });

  it("say what to do about whatever is not good", () => {
    const [gpu] = healthy.gpus;
    const poor: GpuSurvey = {
      ...healthy,
      nvmlProblem: "libnvidia-ml.so.1: not found",
      kernels: [],
      gpus: [{ ...gpu!, split: "the driver has none", nvml: "" }],
    };
    for (const finding of findingsOf(poor, [])) {
      if (finding.health !== "good") expect(finding.remedy, finding.what).toBeTruthy();
    }
  });

  it("need no device files where the driver reaches a GPU without", () => {
    expect(canRun(findingsOf(healthy, []))).toBe(true);
    expect(canRun(findingsOf({ ...healthy, gpus: [] }, []))).toBe(false);
  });

  it("say whose figures are used for a GPU without a preset", () => {
    const gpu = { ...healthy.gpus[0]!, name: "NVIDIA H100 PCIe", sms: 114 };
    const finding = findingsOf({ ...healthy, gpus: [gpu] }, files).find(({ what }) => what === "  figures");
    expect(finding).toMatchObject({ health: "limited" });
    expect(finding?.says).toBe(
      "no preset is of NVIDIA H100 PCIe: figures that the driver does not tell are those of h200, of the same architecture",
    );
  });

  it("keep apart what stops the backend and what only limits it", () => {
    expect(isUsable({ nvmlProblem: "not found" })).toBe(true);
    expect(isUsable({ gpus: [{ ...healthy.gpus[0]!, split: "the driver has none" }] })).toBe(true);
    expect(isUsable({ kernels: [] })).toBe(false);
    expect(isUsable({ gpus: [] })).toBe(false);
    expect(isUsable({ driverProblem: "cuInit: CUDA_ERROR_NO_DEVICE" })).toBe(false);
    expect(canRun(findingsOf(healthy, [{ path: "/dev/nvidia0", isOpen: false }]))).toBe(false);
  });
});

describe("device files", () => {
  it("are the driver's own, not its capabilities or others", () => {
    const folder = scratch();
    for (const name of ["nvidia0", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "null"]) {
      writeFileSync(join(folder, name), "");
      chmodSync(join(folder, name), 0o666);
    }
    expect(deviceFiles(folder)).toEqual(
      ["nvidia-uvm", "nvidia0", "nvidiactl"].map((name) => ({ path: `${folder}/${name}`, isOpen: true })),
    );
    expect(deviceFiles("/nowhere")).toEqual([]);
  });
});

describe("this machine", () => {
  const main = join(packageRoot, "dist", "src", "cli", "main.js");
  const cli = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });

  it("is told by doctor without a crash, and the exit code agrees", () => {
    const { status, stdout, stderr } = cli("doctor", "--json");
    const { usable, survey } = JSON.parse(stdout);
    expect(stderr).toBe("");
    expect(status).toBe(usable ? 0 : 1);
    expect(survey.kernelBuild).not.toBe("");
    expect(cli("doctor").stdout).toMatch(usable ? /A GPU can be used\.\n$/ : /No GPU can be used here\.\n$/);
  });

  it("has kernels wherever its build found nvcc", () => {
    const { kernels, kernelBuild } = surveyGpus();
    const sources = readdirSync(join(packageRoot, "cpp/cuda/kernels")).filter((file) => file.endsWith(".cu"));
    const compiled = sources.map((file) => file.replace(".cu", "")).sort();
    expect([...kernels].sort()).toEqual(/compute_\d/.test(kernelBuild) ? compiled : []);
  });

  it.runIf(surveyGpus().gpus.length === 0)("refuses --backend cuda without a GPU, in one line", () => {
    for (const command of [["run"], ["compare"], []]) {
      const { status, stdout, stderr } = cli(...command, "--backend", "cuda");
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toMatch(/^missile-console: no GPU can be used here: driver: [^\n]*\n$/);
    }
    expect(cli("run", "--backend", "cuda", "--gpu", "h200").stderr).toMatch(/by its number/);
  });

  it.runIf(surveyGpus().gpus.length === 0)("refuses to probe channels without a GPU, in one line", () => {
    expect(() => openContentionProbe(0, 2 ** 20)).toThrow(/^the GPU cannot be used: .*doctor\)$/);
    const { status, stdout, stderr } = cli("channels", "probe");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^missile-console: the GPU cannot be used: [^\n]*\n$/);
  });
});
