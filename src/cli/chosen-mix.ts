/** The mix that argument and flags say. */
import { MissileError } from "../core/error.ts";
import { loadMix, mixFromDisb } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import { DEFAULT_MIX, type MixOptions } from "./mix-options.ts";

/** The mix that was asked for, by argument or flag, with what the flags change. Throws MissileError. */
export function chosenMix(argument: string | undefined, options: MixOptions): MixConfig {
  const { policy, cfsPeriod, seed, trace } = options;
  // A real GPU is what it is: the flag then says which one.
  const gpu = options.backend === "cuda" ? undefined : options.gpu;
  if (argument !== undefined && options.mix !== undefined) {
    throw new MissileError(`give one mix ("${argument}" or --mix ${options.mix}), not both`, "twoMixes");
  }
  const nameOrFile = argument ?? options.mix;
  if (nameOrFile !== undefined && trace !== undefined) {
    throw new MissileError(`give a mix ("${nameOrFile}") or --trace, not both`, "mixAndTrace");
  }
  const mix = trace === undefined ? loadMix(nameOrFile ?? DEFAULT_MIX) : mixFromDisb(trace);
  return {
    ...mix,
    gpu: gpu ?? mix.gpu,
    policy: policy ?? mix.policy,
    cfsPeriodPackets: cfsPeriod ?? mix.cfsPeriodPackets,
    seed: seed ?? mix.seed,
  };
}

/** Name or file of the mix that chosenMix gives without an argument; undefined: it is made of a trace. */
export const originOf = ({ mix, trace }: MixOptions): string | undefined =>
  trace === undefined ? (mix ?? DEFAULT_MIX) : undefined;
