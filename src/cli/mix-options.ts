/** The flags that choose a mix and change it, the same for every command that runs one. */
import { type Command, Option } from "commander";
import { addBackendOptions, type BackendFlags } from "./backend-options.ts";
import { wholeNumber } from "./number-arguments.ts";

export const DEFAULT_MIX = "apollo";

export interface MixOptions extends BackendFlags {
  /** The console's flag, which may stand before another command too. */
  readonly mix?: string;
  readonly policy?: string;
  readonly cfsPeriod?: number;
  readonly seed?: number;
  readonly trace?: string;
}

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
