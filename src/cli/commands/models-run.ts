/** `missile-console models run FOLDER`: one inference of a model folder, and what came out. */
import { createHash } from "node:crypto";
import { type Command, Option } from "commander";
import type { LoweredNetwork } from "../../core/kernel.ts";
import type { Program, ProgramPort } from "../../core/program.ts";
import { runOnGpu } from "../../engine/run-on-gpu.ts";
import { type PortValues, runOnCpu } from "../../native/index.ts";
import { readModelFolder } from "../../plan/folder.ts";
import { loweredOf } from "../../plan/program.ts";
import { locateModel } from "../../presets/model-path.ts";
import { wholeNumber } from "../number-arguments.ts";
import { randomPortValues, readPortValues, writePortValues } from "../port-files.ts";
import { printJson, printText } from "../print.ts";

const BACKENDS: Readonly<Record<string, (network: LoweredNetwork, inputs: PortValues) => PortValues>> = {
  cpu: runOnCpu,
  cuda: runOnGpu,
};
const DEFAULT_SEED = 1;
/** Classes of a row that are told. */
const TOP = 5;

interface RunOptions {
  readonly input?: string;
  readonly output?: string;
  readonly seed: number;
  readonly backend: string;
  readonly json?: true;
}

interface OutputFigures {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the values' bytes: the same for the same values alone. */
  readonly checksum: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the first row: the largest values and where they stand in it. */
  readonly top: readonly { readonly index: number; readonly value: number }[];
}

function figuresOf({ name, shape }: ProgramPort, values: Float32Array | Int32Array): OutputFigures {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const row = [...values.subarray(0, shape.at(-1) ?? 1)].map((value, index) => ({ index, value }));
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return {
    name,
    shape,
    checksum: createHash("sha256").update(bytes).digest("hex").slice(0, 16),
    ...{ min, max, mean: sum / values.length },
    top: row.sort((a, b) => b.value - a.value).slice(0, TOP),
  };
}

const number = (value: number): string => value.toPrecision(6);

function textOf({ name, shape, checksum, min, max, mean, top }: OutputFigures): string {
  const range = `${number(min)} to ${number(max)}, mean ${number(mean)}`;
  const largest = top.map(({ index, value }) => `${index}: ${number(value)}`).join("  ");
  return `${name} [${shape.join(", ")}]  sha256 ${checksum}\n  ${range}\n  largest of its first row: ${largest}`;
}

function run(folder: string, { input, output, seed, backend, json }: RunOptions): void {
  const network = loweredOf(readModelFolder(locateModel(folder, ".")));
  const program = network.program as Program;
  const inputs =
    input === undefined ? randomPortValues(seed, program.inputs) : readPortValues(input, program.inputs);
  const outputs = BACKENDS[backend]!(network, inputs);
  if (output !== undefined) writePortValues(output, program.outputs, outputs);
  const figures = program.outputs.map((port) => figuresOf(port, outputs.get(port.name)!));
  if (json) printJson(figures);
  else printText(figures.map(textOf).join("\n"));
}

const EXAMPLES = `
Examples:
  missile-console models run resnet18/
  missile-console models run bert/ --input ids.safetensors --output hidden.safetensors`;

export function addModelsRunCommand(models: Command): void {
  models
    .command("run <folder>")
    .description("Do one inference of a model folder and print what came out.")
    .option("--input <file>", "safetensors with a tensor for each input (default: random numbers)")
    .option("--output <file>", "write the outputs as safetensors")
    .option("--seed <number>", "of the random numbers", wholeNumber(0), DEFAULT_SEED)
    .addOption(new Option("--backend <name>", "where it runs").choices(Object.keys(BACKENDS)).default("cpu"))
    .option("--json", "print as JSON")
    .addHelpText("after", EXAMPLES)
    .action(run);
}
