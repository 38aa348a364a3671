/** `missile-console` without a command: the live console; where stdout is no terminal, a short headless run instead. */
import type { Command } from "commander";
import { MissileError } from "../../core/error.ts";
import { runHeadless } from "../../engine/headless.ts";
import { reportText } from "../../engine/report-text.ts";
import { mixNames } from "../../presets/index.ts";
import { suggestion } from "../../presets/nearest.ts";
import { FIRST_PORT } from "../../rpc/address.ts";
import { addAccessOptions } from "../access-options.ts";
import { chosenBackend } from "../backend-options.ts";
import { addScreenOptions } from "../config/settings.ts";
import { sayAside } from "../failure.ts";
import type { InteractiveFlags } from "../interactive.ts";
import { metricsOption } from "../metrics-option.ts";
import { addMixOptions, addRecordOption, chosenMix, journalOption, policyOption } from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
import { addOnceOptions, checkFormatless, type OnceOptions, snapshotOnce } from "../once.ts";
import { printText } from "../print.ts";
import { showProgress } from "../progress-line.ts";

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

type ConsoleFlags = InteractiveFlags & OnceOptions;

function refuseWords({ args, commands }: Command): void {
  const [unknown] = args;
  if (unknown === undefined) return;
  const known = [...commands.map((sub) => sub.name()), "help"];
  const advice = mixNames().includes(unknown) ? ` (for the mix: --mix ${unknown})` : "";
  throw new MissileError(`no command "${unknown}"${suggestion(unknown, known)}${advice}`, "noSuchCommand");
}

/** What only a screen that stays has use for must not be taken in silence where there is none. */
function refuseForScreen({ listen, metrics, record }: ConsoleFlags): void {
  const asked = Object.entries({ listen: listen !== undefined && listen !== false, metrics, record });
  const [name] = asked.find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name === undefined) return;
  throw new MissileError(
    `--${name} is for the console on a terminal; \`serve\` runs without one`,
    "noTerminal",
  );
}

async function printOnce(flags: ConsoleFlags): Promise<void> {
  const mix = chosenMix(undefined, flags);
  const run = {
    backend: chosenBackend(flags),
    journalPath: flags.journal,
    opening: showProgress,
    warn: sayAside,
  };
  if (flags.once === true) process.stdout.write(await snapshotOnce(mix, flags, run));
  else printText(reportText(runHeadless(mix, HEADLESS_SECONDS, run)));
}

export function addConsoleAction(program: Command): void {
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
      refuseWords(command);
      if (flags.once !== true) checkFormatless(flags);
      if (flags.once === true || !process.stdout.isTTY) {
        refuseForScreen(flags);
        await printOnce(flags);
        return;
      }
      const { openInteractive } = await import("../interactive.ts");
      await openInteractive(flags, null);
    });
}
