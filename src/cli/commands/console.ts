/** `missile-console` without a command: the live console; where stdout is no terminal, a short headless run instead. */
import type { Command } from "commander";
import { MissileError } from "../../core/error.ts";
import { suggestion } from "../../presets/nearest.ts";
import { FIRST_PORT } from "../../rpc/address.ts";
import { addAccessOptions } from "../access-options.ts";
import { addScreenOptions } from "../config/settings.ts";
import type { ConsoleFlags } from "../console.ts";
import { metricsOption } from "../metrics-option.ts";
import { addMixOptions, addRecordOption, journalOption, policyOption } from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
import { addOnceOptions } from "../once-options.ts";

/** Simulated seconds of the run that stands in for the console where there is no terminal. */
const HEADLESS_SECONDS = 10;

const EXAMPLES = `
Examples:
  missile-console                                    the mix "apollo", live
  missile-console --mix be-heavy --gpu v100          another mix on another GPU
  missile-console --policy orion --speed 0.1         another policy, ten times slower than real time
  missile-console --mix h200-micro --backend cuda    on the GPU of this machine
  missile-console --once --json                      one snapshot, for programs
  missile-console | cat                              no terminal: ${HEADLESS_SECONDS} simulated seconds and their figures

Every command has its own --help.`;

async function refuseWords({ args, commands }: Command): Promise<void> {
  const [unknown] = args;
  if (unknown === undefined) return;
  const { mixNames } = await import("../../presets/index.ts");
  const known = commands.map((sub) => sub.name());
  const advice = mixNames().includes(unknown) ? ` (for the mix: --mix ${unknown})` : "";
  throw new MissileError(`no command "${unknown}"${suggestion(unknown, known)}${advice}`, "noSuchCommand");
}

export function defineConsole(program: Command): void {
  addMixOptions(program.option("--mix <name|file>", "a preset mix (see `list mixes`), or a YAML file"))
    .addOption(policyOption())
    .addOption(journalOption())
    .addOption(metricsOption())
    .option("--speed <x>", "simulated seconds a wall second; a real GPU has 1", positiveNumber)
    .option(
      "--listen [address]",
      `serve others too, at HOST:PORT or unix:PATH (default: the first port free from ${FIRST_PORT} on)`,
    )
    .option("--no-listen", "serve nobody");
  addAccessOptions(program);
  addOnceOptions(addRecordOption(addScreenOptions(program)))
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action(async (flags: ConsoleFlags, command: Command) => {
      await refuseWords(command);
      const { openConsole } = await import("../console.ts");
      await openConsole(flags, HEADLESS_SECONDS);
    });
}
