/** The flags that choose a mix and change it, the same for every command that runs one. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { MissileError } from "../core/error.ts";
import { WARMUP_SECONDS } from "../engine/headless.ts";
import { loadMix, mixFromDisb } from "../presets/index.ts";
import type { MixConfig } from "../presets/mix.ts";

export const DEFAULT_MIX = "apollo";

export interface MixOptions {
  /** The console's flag, which may stand before another command too. */
  readonly mix?: string;
  readonly gpu?: string;
  readonly policy?: string;
  readonly cfsPeriod?: number;
  readonly seed?: number;
  readonly trace?: string;
}

/** A whole number of at least `least`, for commander. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };

/** A number above 0, for commander. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a number above 0.");
}

/** A number of at least 0, for commander. */
export function numberFromZero(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be a number of at least 0.");
}

export const warmupOption = (): Option =>
  new Option(
    "--warmup <s>",
    "simulated seconds before the figures begin: first requests bring all parameters",
  )
    .argParser(numberFromZero)
    .default(WARMUP_SECONDS);

export const journalOption = (): Option =>
  new Option("--journal <file>", "record every event and command for `replay`");

/** The flags a mix takes beside its policy, which not every command lets choose. */
export function addMixOptions(command: Command): Command {
  return command
    .option("--gpu <name>", "run on this GPU instead of the mix's (see `list gpus`)")
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
  const { gpu, policy, cfsPeriod, seed, trace } = options;
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
