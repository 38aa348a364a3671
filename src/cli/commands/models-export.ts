/** `missile-console models export NAME FILE.onnx`: a built-in network as an ONNX file, with seeded weights. */
import type { Command } from "commander";
import { builtIn } from "../built-in.ts";
import { wholeNumber } from "../number-arguments.ts";
import { printText } from "../print.ts";

const EXAMPLES = `
Examples:
  missile-console models export resnet34 resnet34.onnx
  missile-console models export bert-base bert.onnx --batch 4`;

export function addModelsExportCommand(models: Command): void {
  models
    .command("export <name> <file>")
    .description("Write a built-in network as an ONNX file of opset 17, with weights that its seed makes.")
    .option("--batch <n>", "images or sequences an inference", wholeNumber(1), 1)
    .option("--seed <n>", "of the weights", wholeNumber(0), 1)
    .addHelpText("after", EXAMPLES)
    .action(
      async (
        name: string,
        file: string,
        { batch, seed }: { readonly batch: number; readonly seed: number },
      ) => {
        const network = builtIn(name, batch, seed);
        const { writeOnnx } = await import("../../onnx/export.ts");
        writeOnnx(network, file);
        printText(`wrote ${file}: ${name}, batch ${batch}, ${network.graph.nodes.length} operations`);
      },
    );
}
