/** `missile-console models show FOLDER`: what a model folder holds, without executing it. */
import type { Command } from "commander";
import { type Column, table } from "../../engine/table.ts";
import { readModelFolder } from "../../plan/folder.ts";
import type { Plan } from "../../plan/plan.ts";
import { locateModel } from "../../presets/model-path.ts";
import { printJson, printText } from "../print.ts";

const MIB = 2 ** 20;

/** All kernels of one name. */
interface KernelRow {
  readonly name: string;
  readonly launches: number;
  readonly blocks: number;
  readonly gFlops: number;
  readonly weightMiB: number;
}

function kernelRows({ kernels }: Plan): KernelRow[] {
  const rows = new Map<string, KernelRow>();
  for (const { name, grid, work } of kernels) {
    const { launches = 0, blocks = 0, gFlops = 0, weightMiB = 0 } = rows.get(name) ?? {};
    rows.set(name, {
      name,
      launches: launches + 1,
      blocks: blocks + grid,
      gFlops: gFlops + work.flops / 1e9,
      weightMiB: weightMiB + work.weightBytes / MIB,
    });
  }
  return [...rows.values()].sort((a, b) => b.gFlops - a.gFlops);
}

const COLUMNS: readonly Column<KernelRow>[] = [
  { title: "kernel", of: (row) => row.name },
  { title: "launches", of: (row) => row.launches },
  { title: "blocks", of: (row) => row.blocks },
  { title: "GFLOP", of: (row) => row.gFlops, digits: 3 },
  { title: "weights MiB", of: (row) => row.weightMiB, digits: 2 },
];

function summary(plan: Plan): string {
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
  const ports = (list: Plan["inputs"]): string =>
    list.map(({ name, shape, type }) => `${name} ${type} [${shape.join(", ")}]`).join(", ");
  const bytesOf = (use: string): number =>
    plan.storages.filter((storage) => storage.use === use).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const weightBytes = plan.parameters.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const kept = bytesOf("parameters") < weightBytes ? `, streamed through ${mib(plan.reservedBytes)}` : "";
  return [
    `${plan.name}: batch ${plan.batch}, ${plan.precision}`,
    `  in           ${ports(plan.inputs)}`,
    `  out          ${ports(plan.outputs)}`,
    `  weights      ${mib(weightBytes)}${kept}`,
    `  activations  ${mib(bytesOf("activations"))}`,
    `  ${plan.ops.length} operations in ${plan.kernels.length} kernels`,
  ].join("\n");
}

const EXAMPLES = `
Examples:
  missile-console models show resnet34/
  missile-console models show resnet34/ --json`;

export function addModelsShowCommand(models: Command): void {
  models
    .command("show <folder>")
    .description("Say what a model folder holds: inputs, outputs, memory, kernels.")
    .option("--json", "print the plan as JSON")
    .addHelpText("after", EXAMPLES)
    .action((folder: string, { json }: { readonly json?: true }) => {
      const { plan } = readModelFolder(locateModel(folder, "."));
      if (json) printJson(plan);
      else printText(`${summary(plan)}\n\n${table(COLUMNS, kernelRows(plan))}`);
    });
}
