/** `missile-console models tune MODEL...`: tries tiles and splits on a GPU, and keeps the fastest for plans to come. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { openChainTiming } from "../../engine/chain-timer.ts";
import { type Column, table } from "../../engine/table.ts";
import { PLAN_FILE, readModelFolder } from "../../plan/folder.ts";
import { plan } from "../../plan/make-plan.ts";
import { type Plan, PRECISIONS, type Precision } from "../../plan/plan.ts";
import { keepTiles, type TunedCase, tune } from "../../profiles/index.ts";
import { builtIn } from "../built-in.ts";
import { chosenBackend } from "../chosen-backend.ts";
import { wholeNumber } from "../number-arguments.ts";
import { printJson, printText } from "../print.ts";
import { endProgress, showProgress } from "../progress-line.ts";

const EXAMPLES = `
Examples:
  missile-console models tune resnet34
  missile-console models tune densenet161 resnet152 --batch 16
  missile-console models tune ./my-model

Plans that are made afterwards on a GPU of this name use what was found; a model's folder has to be imported again.`;

/** Weights are nobody's: what they are makes no kernel slower. */
const SEED = 1;

interface TuneOptions {
  readonly batch: number;
  readonly precision: Precision;
  readonly gpu?: string;
  readonly json?: true;
}

/** A plan as the rules make it. Throws MissileError. */
function planned(name: string, { batch, precision }: TuneOptions): Plan {
  if (existsSync(join(name, PLAN_FILE))) return readModelFolder(name).plan;
  return plan(builtIn(name, batch, SEED), { precision }).plan;
}

const us = (title: string, ns: (row: TunedCase) => number): Column<TunedCase> => ({
  title,
  of: (row) => ns(row) / 1e3,
  digits: 1,
});

const columns: readonly Column<TunedCase>[] = [
  { title: "what", of: ({ key }) => key },
  { title: "kernels", of: ({ kernels }) => kernels },
  { title: "by rule", of: ({ ruled }) => ruled },
  us("us", ({ ruledNs }) => ruledNs),
  { title: "fastest", of: ({ best }) => best },
  us("us", ({ bestNs }) => bestNs),
  us("us a block", ({ blockNs }) => blockNs),
];

function tunedText(name: string, cases: readonly TunedCase[]): string {
  const sumMs = (ns: (row: TunedCase) => number): string =>
    (cases.reduce((sum, row) => sum + row.kernels * ns(row), 0) / 1e6).toFixed(3);
  const [ruled, best] = [sumMs(({ ruledNs }) => ruledNs), sumMs(({ bestNs }) => bestNs)];
  return `${name}: ${ruled} ms by rule, ${best} ms tuned\n${table(columns, cases)}\n`;
}

function tuneAll(names: readonly string[], options: TuneOptions): void {
  const backend = chosenBackend({
    backend: "cuda",
    ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
  });
  const plans = names.map((name) => ({ name, made: planned(name, options) }));
  const { spec, driver, time, close } = openChainTiming(backend.ordinal);
  try {
    for (const { name, made } of plans) {
      showProgress(`tuning ${name}`);
      const cases = tune(time, spec, made);
      endProgress();
      keepTiles(spec.name, driver, Object.fromEntries(cases.map(({ key, best }) => [key, best])));
      if (options.json) printJson({ model: name, batch: options.batch, gpu: spec.name, driver, cases });
      else printText(tunedText(name, cases));
    }
  } finally {
    close();
  }
}

export function addModelsTuneCommand(models: Command): void {
  models
    .command("tune")
    .argument("<model...>", "built-in networks, or models' folders")
    .description("Try every tile of convolutions and products on a real GPU, and keep the fastest for plans.")
    .option("--batch <n>", "inputs of one inference, of built-in networks", wholeNumber(1), 1)
    .addOption(new Option("--precision <type>", "of built-in networks").choices(PRECISIONS).default("tf32"))
    .option("--gpu <n>", "which GPU")
    .option("--json", "print as JSON")
    .addHelpText("after", EXAMPLES)
    .action((names: string[], _options: unknown, command: Command) =>
      tuneAll(names, command.optsWithGlobals<TuneOptions>()),
    );
}
