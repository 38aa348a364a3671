/** The figures of a GPU that was surveyed: its own where the driver tells them, else those of the preset that is nearest to it. */
import { BIT_SET_CAPACITY } from "../core/bit-set.ts";
import { MissileError } from "../core/error.ts";
import { type GpuSpec, tpcCount } from "../core/spec.ts";
import type { GpuFacts } from "../native/index.ts";
import { gpuNames, loadGpu } from "../presets/index.ts";

export interface SurveyedGpu {
  readonly spec: GpuSpec;
  /** Name of the preset behind what the driver does not tell, and whether it is one of this very GPU. */
  readonly preset: string;
  readonly isExact: boolean;
}

/** HBM's channels are of 128 bits, GDDR's of 32; no card without HBM has a bus of 1024 bits. */
const channelBits = (busBits: number): number => (busBits >= 1024 ? 128 : 32);

/** Names of one GPU differ by vendor: "NVIDIA RTX A2000" and "RTX A2000". */
const bareName = (name: string): string => name.replace(/^NVIDIA /, "");

/** Compute capability as one number, its first part counting most: GPUs of one architecture share that. */
function capabilityDistance(a: string, b: string): number {
  const [major, minor] = [a, b]
    .map((text) => text.split(".").map(Number))
    .reduce((one, other) => one.map((part, index) => Math.abs(part - (other[index] ?? 0)))) as [
    number,
    number,
  ];
  return major * 100 + minor;
}

export function sameArchitecture(gpu: Pick<GpuFacts, "capability">, preset: GpuSpec): boolean {
  return capabilityDistance(gpu.capability, preset.capability) < 100;
}

/** Throws MissileError "gpuTooLarge". */
export function surveyedGpu(facts: GpuFacts): SurveyedGpu {
  const presets = gpuNames().map((name) => ({ name, spec: loadGpu(name) }));
  const exact = presets.find(({ spec }) => bareName(spec.name) === bareName(facts.name));
  const distance = (spec: GpuSpec): number =>
    capabilityDistance(spec.capability, facts.capability) * 1e4 + Math.abs(spec.sms - facts.sms);
  const nearest =
    exact ?? presets.reduce((best, one) => (distance(one.spec) < distance(best.spec) ? one : best));
  const spec: GpuSpec = {
    ...nearest.spec,
    name: facts.name,
    capability: facts.capability,
    sms: facts.sms,
    smsPerTpc: typeof facts.split === "string" ? nearest.spec.smsPerTpc : facts.split.finestSms,
    l2Bytes: facts.l2Bytes,
    vramBytes: facts.memoryBytes,
    channels: Math.max(1, Math.floor(facts.busBits / channelBits(facts.busBits))),
  };
  if (tpcCount(spec) > BIT_SET_CAPACITY || spec.channels > BIT_SET_CAPACITY) {
    const size = `${tpcCount(spec)} TPCs and ${spec.channels} channels`;
    throw new MissileError(
      `${facts.name} has ${size}; at most ${BIT_SET_CAPACITY} of each are known`,
      "gpuTooLarge",
    );
  }
  return { spec, preset: nearest.name, isExact: exact !== undefined };
}
