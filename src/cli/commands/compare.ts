/** `missile-console compare MIX`: what each policy does to the same mix. */
import { type Command, Option } from "commander";
import { policyNames } from "../../core/policies/index.ts";
import { compare } from "../../engine/compare.ts";
import { compareText } from "../../engine/compare-text.ts";
import { chosenBackend } from "../chosen-backend.ts";
import { chosenMix } from "../chosen-mix.ts";
import { addMixOptions, DEFAULT_MIX, type MixOptions } from "../mix-options.ts";
import { positiveNumber } from "../number-arguments.ts";
import { printJson, printText } from "../print.ts";
import { endProgress, showProgress } from "../progress-line.ts";
import { warmupOption } from "../warmup-option.ts";

const EXAMPLES = `
Examples:
  missile-console compare apollo --seconds 10
  missile-console compare be-heavy --gpu a2000 --policies missiletemporal,orion,temporal --seconds 5
  missile-console compare cfs-demo --policies missiletemporal,missile-nocfs --seconds 5 --json`;

interface CompareCommandOptions extends Omit<MixOptions, "policy"> {
  readonly policies: readonly string[];
  readonly seconds: number;
  readonly warmup: number;
  readonly json?: true;
}

export function defineCompare(command: Command): void {
  addMixOptions(command.argument("[mix]", `name of a preset mix, or a YAML file (default: ${DEFAULT_MIX})`))
    .addOption(
      new Option("--policies <names>", "policies to compare, with commas between")
        .argParser((text) => [...new Set(text.split(",").map((name) => name.trim()))])
        .default([...policyNames], "all"),
    )
    .option("--seconds <s>", "simulated seconds of each run; on a real GPU real ones", positiveNumber, 10)
    .addOption(warmupOption())
    .option("--json", "print the comparison as JSON")
    .addHelpText("after", EXAMPLES)
    .action((mix: string | undefined) => {
      const { policies, seconds, warmup, json, ...options } =
        command.optsWithGlobals<CompareCommandOptions>();
      const comparison = compare(chosenMix(mix, options), policies, seconds, {
        progress: (done, total, next) => showProgress(`${done + 1} of ${total}: ${next}`),
        backend: chosenBackend(options),
        warmupSeconds: warmup,
      });
      endProgress();
      if (json) printJson(comparison);
      else printText(compareText(comparison));
    });
}
