/** Options of commands that write model folders, and what they say of one. */
import { type Command, Option } from "commander";
import { multiplyAccumulates, parameterCount } from "../models/index.ts";
import type { TrainedNetwork } from "../models/values.ts";
import { writeModelFolder } from "../plan/folder.ts";
import { plan } from "../plan/make-plan.ts";
import { PRECISIONS, type Precision } from "../plan/plan.ts";
import { loadGpu } from "../presets/index.ts";
import { tunedTiles } from "../profiles/index.ts";
import { wholeNumber } from "./number-arguments.ts";
import { printText } from "./print.ts";

const MIB = 2 ** 20;
const DEFAULT_GPU = "h200";

export interface FolderOptions {
  readonly precision: Precision;
  readonly reserve?: number;
  /** Name of a preset GPU. */
  readonly gpu: string;
  /** Default: named as the model, in the current directory. */
  readonly out?: string;
}

export const withFolderOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--precision <type>", "what is stored and multiplied").choices(PRECISIONS).default("tf32"),
    )
    .option("--reserve <MiB>", "VRAM for weights; less than they are: they are streamed", wholeNumber(1))
    .option("--gpu <name>", "the GPU whose tuned tiles are used (see `list gpus`)", DEFAULT_GPU)
    .option("--out <directory>", "the model folder to write (default: named as the model)");

/** Plans the network, writes its folder and says so. */
export function writeFolder(network: TrainedNetwork, options: FolderOptions): void {
  const { graph } = network;
  const { precision, reserve, gpu, out = graph.name } = options;
  const reserved = reserve === undefined ? {} : { reservedBytes: reserve * MIB };
  const planned = plan(network, { precision, tiles: tunedTiles(loadGpu(gpu).name), ...reserved });
  writeModelFolder(out, planned);
  const millions = (count: number): string => (count / 1e6).toFixed(1);
  const ports = (list: readonly { name: string; shape: readonly number[] }[]): string =>
    list.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  printText(
    [
      `${graph.name}: ${graph.nodes.length} operations, ${millions(parameterCount(graph))} M parameters, ${millions(multiplyAccumulates(graph))} M multiply-accumulates`,
      `  in   ${ports(graph.inputs)}`,
      `  out  ${ports(graph.outputs)}`,
      `wrote ${out}: ${planned.plan.kernels.length} kernels in ${precision}`,
    ].join("\n"),
  );
}
