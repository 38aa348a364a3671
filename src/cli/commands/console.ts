/** `missile-console` without a command: the live console; where stdout is no terminal, a short headless run instead. */
import type { Command } from "commander";
import { MissileError } from "../../core/error.ts";
import { policyNames } from "../../core/policies/index.ts";
import type { TenantClass } from "../../core/spec.ts";
import { runHeadless } from "../../engine/headless.ts";
import { reportText } from "../../engine/report-text.ts";
import { openWorkerSession, type WorkerSessionOptions } from "../../engine/worker-session.ts";
import { modelNames } from "../../models/index.ts";
import { mixNames, tenantWithDefaults } from "../../presets/index.ts";
import type { MixConfig, TenantConfig } from "../../presets/mix.ts";
import { chosenBackend } from "../backend-options.ts";
import { sayAside } from "../failure.ts";
import { addMixOptions, chosenMix, journalOption, type MixOptions, policyOption } from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
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
  missile-console | cat                              no terminal: ${HEADLESS_SECONDS} simulated seconds and their figures

Every command has its own --help.`;

interface ConsoleOptions extends MixOptions {
  readonly speed: number;
  readonly journal?: string;
}

/** The tenant that the add dialog makes: named after its model, numbered where that name is in use. */
function makeTenant(model: string, tenantClass: TenantClass, existingNames: readonly string[]): TenantConfig {
  let name = model;
  for (let number = 2; existingNames.includes(name); number++) name = `${model}-${number}`;
  return tenantWithDefaults({ name, class: tenantClass, model });
}

async function openConsole(mix: MixConfig, options: WorkerSessionOptions): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new MissileError("the console reads keys from a terminal on stdin; `run` needs none", "noTerminal");
  }
  // Only here: the other commands need not wait for the screen's libraries to load.
  const { runConsole } = await import("../../tui/console.ts");
  const session = await openWorkerSession(mix, { ...options, opening: showProgress });
  try {
    await runConsole(session, {
      output: process.stdout,
      input: process.stdin,
      models: modelNames(),
      policies: policyNames,
      makeTenant,
      env: process.env,
    });
  } finally {
    await session.close();
  }
}

export function addConsoleAction(program: Command): void {
  addMixOptions(program.option("--mix <name|file>", "a preset mix (see `list mixes`), or a YAML file"))
    .addOption(policyOption())
    .addOption(journalOption())
    .option("--speed <x>", "simulated seconds a wall second; a real GPU has 1", positiveNumber, 1)
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action(async ({ speed, journal, ...options }: ConsoleOptions, command: Command) => {
      const [unknown] = command.args;
      if (unknown !== undefined) {
        const known = command.commands.map((sub) => sub.name()).join(", ");
        const advice = mixNames().includes(unknown) ? ` (for the mix: --mix ${unknown})` : "";
        const message = `no command "${unknown}"; there are ${known} and help${advice}`;
        throw new MissileError(message, "noSuchCommand");
      }
      const mix = chosenMix(undefined, options);
      const backend = chosenBackend(options);
      if (process.stdout.isTTY) return openConsole(mix, { backend, speed, journalPath: journal });
      printText(
        reportText(
          runHeadless(mix, HEADLESS_SECONDS, {
            backend,
            journalPath: journal,
            opening: showProgress,
            warn: sayAside,
          }),
        ),
      );
    });
}
