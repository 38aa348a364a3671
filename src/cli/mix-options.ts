/** The flags that choose a mix and change it, the same for every command that runs one. */
import { type Command, Option } from "commander";
import { MissileError } from "../core/error.ts";
import { WARMUP_SECONDS } from "../engine/headless.ts";
import { loadMix, mixFromDisb } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";
import { addBackendOptions, type BackendFlags } from "./backend-options.ts";
import { numberFromZero, wholeNumber } from "./number-arguments.ts";

export const DEFAULT_MIX = "apollo";

export interface MixOptions extends BackendFlags {
  /** The console's flag, which may stand before another command too. */
  readonly mix?: string;
  readonly policy?: string;
  readonly cfsPeriod?: number;
  readonly seed?: number;
  readonly trace?: string;
}

export const warmupOption = (): Option =>
  new Option("--warmup <s>", "seconds before the figures begin: first requests bring all parameters")
    .argParser(numberFromZero)
    .default(WARMUP_SECONDS);

export const journalOption = (): Option =>
  new Option("--journal <file>", "record every event and command for `replay`");

export const addRecordOption = (command: Command): Command =>
  command.option(
    "--record <name>",
    "record the screen to NAME.cast (see `play`) and the run to NAME.journal",
  );

/** The flags a mix takes beside its policy, which not every command lets choose. */
export function addMixOptions(command: Command): Command {
  return addBackendOptions(command)
    .option(
      "--gpu <name>",
      "simulate this GPU instead of the mix's (see `list gpus`); a real one: its number",
    )
    .option(
      "--cfs-period <packets>",
      "packets of 1 KiB that the tenants share in one PCIe period",
      wholeNumber(1),
    )
    .option("--seed <n>", "seed of the arrivals", wholeNumber(0))
    .option("--trace <file>", "instead of a mix: the tasks of a DISB trace file");
}

export const policyOption = (): Option =>
  new Option("--policy <name>", "schedule by this policy instead of the mix's (see `list policies`)");

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
