/** A surveyed GPU's figures: what the driver tells over what a preset says. */
import { describe, expect, it } from "vitest";
import { surveyedGpu } from "../../src/engine/surveyed-gpu.ts";
import type { GpuFacts } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/index.ts";

const h200: GpuFacts = {
  name: "NVIDIA H200",
  pciBusId: "0000:00:06.0",
  sms: 132,
  l2Bytes: 62_914_560,
  busBits: 6016,
  capability: "9.0",
  memoryBytes: 150e9,
  nvml: "not found",
  split: { finestSms: 2, groups: 66 },
};

describe("a surveyed GPU", () => {
  it("with a preset of its name has that one's figures, and its own where the driver tells them", () => {
    const { spec, preset, isExact } = surveyedGpu(h200);
    expect({ preset, isExact }).toEqual({ preset: "h200", isExact: true });
    expect(spec).toEqual({ ...loadGpu("h200"), vramBytes: 150e9 });
  });

  it("is found by its name without the vendor's", () => {
    const a2000 = { ...h200, name: "NVIDIA RTX A2000", capability: "8.6", sms: 26, busBits: 192 };
    expect(surveyedGpu(a2000)).toMatchObject({ preset: "a2000", isExact: true, spec: { channels: 6 } });
  });

  it.each([
    ["the architecture first", { capability: "7.5", sms: 132 }, "v100"],
    ["then the size", { capability: "8.6", sms: 28 }, "a2000"],
    ["then the size", { capability: "8.6", sms: 84 }, "a5500"],
    ["what is there", { capability: "10.0", sms: 148 }, "h200"],
  ])("without one has those of the nearest: %s", (_, facts, preset) => {
    const found = surveyedGpu({ ...h200, ...facts, name: "NVIDIA X", split: "no green contexts" });
    expect(found).toMatchObject({ preset, isExact: false, spec: { sms: facts.sms, name: "NVIDIA X" } });
    expect(found.spec.smsPerTpc).toBe(loadGpu(preset).smsPerTpc);
  });

  it("is refused where it has more TPCs or channels than sets can hold", () => {
    expect(() => surveyedGpu({ ...h200, sms: 200 })).toThrow(
      "NVIDIA H200 has 100 TPCs and 47 channels; at most 96",
    );
  });
});
