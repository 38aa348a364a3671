/**
 * Which network a client means. Missile names models after files: folder and name, such as "ResNet34__shape_1x3x224x224", of which the
 * part before "__" is the network and the shape's first number the batch. A precision may stand between them: "ResNet34__fp16__shape_1x3x224x224".
 */

import { MissileError } from "../../core/error.ts";
import { PRECISIONS, type Precision } from "../../core/program.ts";
import { suggestion } from "../../presets/nearest.ts";

export interface NamedModel {
  readonly model: string;
  readonly batch: number;
  readonly precision: Precision;
}

/** More than this is a slip: no network here takes so many. */
const MAX_BATCH = 1024;
/** Of a name that is told in a message. */
const SHOWN_CHARACTERS = 80;

/** Letters and digits: "ResNet-34" and "resnet34" are one. */
const normalised = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

const shown = (name: string): string =>
  name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}...` : name;

function batchOf(text: string): number {
  const batch = Number(/shape_(\d+)x/.exec(text)?.[1] ?? 1);
  if (batch >= 1 && batch <= MAX_BATCH) return batch;
  throw new MissileError(`a batch has 1 to ${MAX_BATCH} inputs, not ${batch}`, "badBatch");
}

const precisionIn = (word: string): Precision | undefined =>
  PRECISIONS.find((precision) => word.toLowerCase().split("__").includes(precision));

/**
 * The network, its batch and its precision: by the name, else by the folder, from its end on. Throws MissileError "noSuchModel", with the nearest name, or
 * "badBatch".
 */
export function modelOf(dir: string, name: string, known: readonly string[]): NamedModel {
  const byKey = new Map(known.map((model) => [normalised(model), model]));
  const words = [name, ...dir.split(/[/\\]/).reverse()].filter((word) => word !== "");
  for (const word of words) {
    const model = byKey.get(normalised(word.split("__")[0]!));
    if (model === undefined) continue;
    const batch = batchOf(words.find((text) => /shape_\d+x/.test(text)) ?? "");
    return { model, batch, precision: words.map(precisionIn).find((one) => one !== undefined) ?? "tf32" };
  }
  const typed = shown(words[0] ?? "").replace(/\p{C}/gu, "?");
  throw new MissileError(
    `no network "${typed}"${suggestion(normalised(typed.split("__")[0]!), known)}`,
    "noSuchModel",
  );
}
