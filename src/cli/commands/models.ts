/** `missile-console models ...`: networks from ONNX files and back, and as folders that a GPU can execute. */
import type { Command } from "commander";
import { addModelsExportCommand } from "./models-export.ts";
import { addModelsImportCommand } from "./models-import.ts";
import { addModelsPlanCommand } from "./models-plan.ts";
import { addModelsRunCommand } from "./models-run.ts";
import { addModelsShowCommand } from "./models-show.ts";
import { addModelsTuneCommand } from "./models-tune.ts";

export function defineModels(models: Command): void {
  addModelsImportCommand(models);
  addModelsExportCommand(models);
  addModelsPlanCommand(models);
  addModelsShowCommand(models);
  addModelsRunCommand(models);
  addModelsTuneCommand(models);
}
