/** `missile-console run MIX`: one headless run and its figures. */
import type { Command } from "commander";
import { runHeadless } from "../../engine/headless.ts";
import { reportText } from "../../engine/report-text.ts";
import { chosenBackend } from "../chosen-backend.ts";
import { chosenMix } from "../chosen-mix.ts";
import { sayAside } from "../failure.ts";
import { addMixOptions, DEFAULT_MIX, journalOption, type MixOptions, policyOption } from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
import { printJson, printText } from "../print.ts";
import { showProgress } from "../progress-line.ts";
import { warmupOption } from "../warmup-option.ts";

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

export function defineRun(command: Command): void {
  addMixOptions(command.argument("[mix]", `name of a preset mix, or a YAML file (default: ${DEFAULT_MIX})`))
    .addOption(policyOption())
    .addOption(journalOption())
    .option("--seconds <s>", "simulated seconds; on a real GPU real ones", positiveNumber, 10)
    .addOption(warmupOption())
    .option("--json", "print the figures as JSON")
    .addHelpText("after", EXAMPLES)
    .action((mix: string | undefined) => {
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
