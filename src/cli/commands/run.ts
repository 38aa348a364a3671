/** `missile-console run MIX`: one headless run and its figures. */
import type { Command } from "commander";
import { runHeadless } from "../../engine/headless.ts";
import { reportText } from "../../engine/report-text.ts";
import { chosenBackend } from "../backend-options.ts";
import { sayAside } from "../failure.ts";
import {
  addMixOptions,
  chosenMix,
  DEFAULT_MIX,
  journalOption,
  type MixOptions,
  policyOption,
  warmupOption,
} from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
import { printJson, printText } from "../print.ts";
import { showProgress } from "../progress-line.ts";

const EXAMPLES = `
Examples:
  missile-console run apollo --seconds 30
  missile-console run be-heavy --gpu v100 --policy orion --seconds 10 --json
  missile-console run ./my-mix.yaml --seconds 1 --journal run.journal
  missile-console run --trace disb.json --seconds 60
  missile-console run h200-micro --backend cuda --seconds 10

The JSON's schema is docs/run.schema.json.`;

interface RunOptions extends MixOptions {
  readonly seconds: number;
  readonly warmup: number;
  readonly json?: true;
  readonly journal?: string;
}

export function addRunCommand(program: Command): void {
  addMixOptions(
    program
      .command("run")
      .argument("[mix]", `name of a preset mix, or a YAML file (default: ${DEFAULT_MIX})`),
  )
    .description(
      "Run a mix headless and print its figures: simulated as fast as this machine can, or on a real GPU.",
    )
    .addOption(policyOption())
    .addOption(journalOption())
    .option("--seconds <s>", "simulated seconds; on a real GPU real ones", positiveNumber, 10)
    .addOption(warmupOption())
    .option("--json", "print the figures as JSON")
    .addHelpText("after", EXAMPLES)
    .action((mix: string | undefined, _options: unknown, command: Command) => {
      const { seconds, warmup, json, journal, ...options } = command.optsWithGlobals<RunOptions>();
      const report = runHeadless(chosenMix(mix, options), seconds, {
        backend: chosenBackend(options),
        journalPath: journal,
        warmupSeconds: warmup,
        opening: showProgress,
        warn: sayAside,
      });
      if (json) printJson(report);
      else printText(reportText(report));
    });
}
