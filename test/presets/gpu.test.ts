import { expect, test } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { tpcCount } from "../../src/core/spec.ts";
import { gpuNames, loadGpu } from "../../src/presets/gpu.ts";

test("the presets are the five GPUs, with their SMs and channels", () => {
  const shapes = gpuNames().map((name) => {
    const { sms, channels, granuleBytes } = loadGpu(name);
    return [name, sms, channels, granuleBytes];
  });
  expect(shapes).toEqual([
    ["a2000", 26, 6, 2048],
    ["a5500", 80, 12, 2048],
    ["h200", 132, 47, 1024],
    ["p40", 30, 12, 2048],
    ["v100", 80, 32, 1024],
  ]);
});

test("the H200 has 66 TPCs and channels in partitions of two", () => {
  const h200 = loadGpu("h200");
  expect(tpcCount(h200)).toBe(66);
  expect(h200.channelsPerPartition).toBe(2);
});

test("an unknown name is answered with the one that was probably meant", () => {
  expect(() => loadGpu("h20")).toThrow(MissileError);
  expect(() => loadGpu("h20")).toThrow(
    'unknown GPU "h20"; did you mean "h200"? (all: a2000, a5500, h200, p40, v100)',
  );
});
