/** `missile-console models plan NAME`: a model folder from a built-in network. */
import type { Command } from "commander";
import { builtIn } from "../built-in.ts";
import { type FolderOptions, withFolderOptions, writeFolder } from "../model-folder.ts";
import { wholeNumber } from "../number-arguments.ts";

interface PlanFlags extends FolderOptions {
  readonly batch: number;
  readonly seed: number;
}

const EXAMPLES = `
Examples:
  missile-console models plan resnet34 --batch 8 --precision fp16
  missile-console models plan resnet152 --reserve 64 --out resnet152-streamed`;

export function addModelsPlanCommand(models: Command): void {
  withFolderOptions(
    models
      .command("plan <name>")
      .description("Make a model folder of a built-in network, with weights that its seed makes.")
      .option("--batch <n>", "images or sequences an inference", wholeNumber(1), 1)
      .option("--seed <n>", "of the weights", wholeNumber(0), 1),
  )
    .addHelpText("after", EXAMPLES)
    .action((name: string, { batch, seed, ...options }: PlanFlags) =>
      writeFolder(builtIn(name, batch, seed), options),
    );
}
