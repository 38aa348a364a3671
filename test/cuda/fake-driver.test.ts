/** The fake driver: is it like the real one, and what does the product make of it? */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../engine/fixtures.ts";
import { buildNative } from "./fake-driver/build.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { cliOnFake, fakeEnvironment } from "./fake-driver/run.ts";

describe("the fake driver", () => {
  // Each is a function of the native program, which says what is expected.
  it.each([
    "order",
    "partitions",
    "evictions",
    "revocations",
    "together",
    "chains",
    "faults",
    "refusals",
    "priorities",
  ])("%s", { timeout: 120_000 }, (name) => {
    const source = join(import.meta.dirname, "native", "fake_driver_check.cc");
    const program = buildNative("fake_driver_check", source);
    const { status, stderr } = spawnSync(program, [name], { encoding: "utf8", env: fakeEnvironment() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("doctor", () => {
  it("says what the fake is", () => {
    const { stdout, stderr } = cliOnFake(["doctor", "--json"], { SMS: 12, MEMORY_MIB: 512 });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).survey).toMatchObject({
      cudaVersion: 13000,
      driverVersion: "fake",
      driverProblem: "",
      nvmlProblem: "",
      gpus: [
        {
          name: "Fake GPU",
          sms: 12,
          capability: "9.0",
          memoryBytes: 512 * 2 ** 20,
          nvml: { pcieGeneration: 5, pcieLanes: 16 },
          split: { finestSms: 2, groups: 6 },
        },
      ],
    });
  });

  it("says that an old driver has no green contexts", () => {
    const { stdout } = cliOnFake(["doctor", "--json"], {}, { greenContexts: false });
    expect(JSON.parse(stdout).survey.gpus[0].split).toMatch(/^the driver has none; they came with CUDA 12.4/);
  });

  it("tells a call that failed by its name", () => {
    const { stdout } = cliOnFake(["doctor", "--json"], { FAIL: "cuDeviceGetCount:1=101" });
    expect(JSON.parse(stdout).survey.driverProblem).toBe("cuDeviceGetCount: CUDA_ERROR_INVALID_DEVICE");
  });
});

// An addon that was built without nvcc has no kernels to load.
describeWithKernels("channels", () => {
  const map = join(scratch(), "channels.json");

  it("are found by their timing", () => {
    const { status, stderr } = cliOnFake(["channels", "probe", "--mib", "4", "--json", map]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(readFileSync(map, "utf8"))).toMatchObject({
      gpu: "Fake GPU",
      sides: [4, 4],
      slices: new Array(12).fill(4),
      interleaveBytes: 256,
      granuleBytes: 1024,
      lostBlocks: 0,
      repairedBlocks: 0,
    });
  });

  it("are verified: in the same physical pages, and in others", () => {
    expect(cliOnFake(["channels", "verify", map]).stdout).toMatch(/the same structure.*\n.*the same colours/);
    expect(cliOnFake(["channels", "verify", map], { FIRST_PAGE: 5 }).stdout).toMatch(/other physical pages/);
  });

  it("cannot be told apart where timings are all alike, in one line", () => {
    const { status, stderr } = cliOnFake(["channels", "probe", "--mib", "4"], { FLAT: 1 });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^missile-console: VRAM channels cannot be told apart here[^\n]*\n$/);
  });

  it("need memory: where there is too little of it, one line says so", () => {
    const { status, stderr } = cliOnFake(["channels", "probe", "--mib", "64"], { MEMORY_MIB: 32 });
    expect(status).toBe(2);
    expect(stderr).toBe(
      "missile-console: the GPU cannot be used: cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (see missile-console doctor)\n",
    );
  });

  it("are not found by a kernel that faults", () => {
    const { status, stderr } = cliOnFake(["channels", "probe", "--mib", "4"], { FAULT: "contention:2" });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^missile-console: .*CUDA_ERROR_ILLEGAL_ADDRESS[^\n]*\n$/);
  });
});
