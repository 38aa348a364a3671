/** `missile-console models import FILE.onnx`: a model folder from an ONNX file. */
import { basename } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type FolderOptions, withFolderOptions, writeFolder } from "../model-folder.ts";

interface ImportFlags extends FolderOptions {
  readonly name?: string;
  readonly shape: ReadonlyMap<string, readonly number[]>;
}

/** "1x3x224x224", or with the input's name: "pixels=1x3x224x224". */
function collectShape(
  text: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly number[]> {
  const at = text.lastIndexOf("=");
  const extents = text
    .slice(at + 1)
    .split("x")
    .map(Number);
  if (!extents.every((extent) => Number.isSafeInteger(extent) && extent > 0))
    throw new InvalidArgumentError("It must be extents, as in 1x3x224x224 or pixels=1x3x224x224.");
  return new Map([...shapes, [text.slice(0, Math.max(at, 0)), extents]]);
}

const EXAMPLES = `
Examples:
  missile-console models import resnet18.onnx
  missile-console models import bert.onnx --shape input_ids=1x128 --shape attention_mask=1x128 --precision fp16`;

export function addModelsImportCommand(models: Command): void {
  withFolderOptions(
    models
      .command("import <file>")
      .description("Make a model folder of an ONNX file (opset 11 to 23, shapes fixed).")
      .option("--name <name>", "of the model (default: the file's)")
      .option(
        "--shape <shape>",
        "of an input whose shape the file leaves open: 1x3x224x224, or NAME=1x3x224x224 where there are several; may be repeated",
        collectShape,
        new Map(),
      ),
  )
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, { name = basename(file, ".onnx"), shape, ...options }: ImportFlags) => {
      const { importOnnx } = await import("../../onnx/import.ts");
      writeFolder(importOnnx(file, { name, shapes: shape }), options);
    });
}
