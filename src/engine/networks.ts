/**
 * What tenants run: built-in networks by name, synthetic workloads, and model folders by path. A simulated GPU takes a network's demands, a real
 * one its plan. That of a built-in network is made when it is first used and kept in the user's cache: it takes seconds.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MissileError } from "../core/error.ts";
import type { LoweredNetwork } from "../core/kernel.ts";
import type { Precision } from "../core/program.ts";
import { model } from "../models/index.ts";
import { seeded } from "../models/seeded.ts";
import { type ModelFolder, PLAN_FILE, readModelFolder, writeModelFolder } from "../plan/folder.ts";
import { type PlannedNetwork, plan } from "../plan/make-plan.ts";
import { loweredOf } from "../plan/program.ts";
import type { TunedTiles } from "../plan/tiles.ts";
import { isModelFolder, reasonOf } from "../presets/index.ts";
import { cacheFolder, tunedTiles } from "../profiles/index.ts";

const KIB = 1024;

/** A tenant's choice; a model folder has its own batch and precision. */
export interface NetworkChoice {
  /** Name of a model, or path of a model folder. */
  readonly model: string;
  readonly batch: number;
  readonly precision: Precision;
  /** VRAM for parameters: what does not fit is streamed; null: all fit. */
  readonly vramKiB: number | null;
}

export interface ChosenNetwork {
  readonly network: LoweredNetwork;
  /** Where what is measured of it is kept: its model folder, else its name, with its precision unless that is TF32. */
  readonly home: string;
}

/** Throws MissileError: "noSuchModel", "badBatch", or what is wrong with a folder. */
export type Networks = (choice: NetworkChoice) => ChosenNetwork;

/** For a GPU that executes nothing. */
export const simulatedNetworks: Networks = (choice) => {
  if (!isModelFolder(choice.model))
    return { network: model(choice.model).lowered(choice.batch), home: choice.model };
  const { program: _, ...network } = loweredOf(readModelFolder(choice.model));
  return { network, home: choice.model };
};

/** For a real GPU, which executes plans made with what was tuned on it. Synthetic workloads have none. */
export const plannedNetworks =
  (gpu: string): Networks =>
  (choice) => {
    if (isModelFolder(choice.model)) {
      return { network: loweredOf(readModelFolder(choice.model)), home: choice.model };
    }
    const { build, lowered } = model(choice.model);
    if (build === null) return { network: lowered(choice.batch), home: choice.model };
    const folder = plannedFolder(choice, tunedTiles(gpu));
    const home = choice.precision === "tf32" ? choice.model : `${choice.model}-${choice.precision}`;
    return { network: loweredOf(folder), home };
  };

/** The model folder of a built-in network, made unless it is there. Throws MissileError, also "reservationTooSmall" and "cannotWrite". */
function plannedFolder(choice: NetworkChoice, tiles: TunedTiles): ModelFolder {
  const { model: name, batch, precision, vramKiB } = choice;
  const version = createHash("sha256").update(plannerVersion()).update(JSON.stringify(tiles)).digest("hex");
  const folder = join(cacheFolder(), "models", `${name}-b${batch}-${precision}-${version.slice(0, 12)}`);
  const whole = kept(folder, () => plan(seeded(model(name).build!(batch)), { precision, tiles }));
  if (vramKiB === null || vramKiB * KIB >= whole.plan.reservedBytes) return whole;
  const reservedBytes = vramKiB * KIB;
  return kept(`${folder}-${vramKiB}KiB`, () =>
    plan(seeded(model(name).build!(batch)), { precision, tiles, reservedBytes }),
  );
}

/** A folder beside `folder`, whose name nobody else has. Throws MissileError "cannotWrite". */
function scratchBeside(folder: string): string {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    return mkdtempSync(`${folder}-`);
  } catch (cause) {
    const message = `${dirname(folder)}: plans cannot be kept there (${reasonOf(cause)}); set XDG_CACHE_HOME to a folder that can be written`;
    throw new MissileError(message, "cannotWrite");
  }
}

/** What lies in that folder; made unless it does. Throws MissileError. */
function kept(folder: string, make: () => PlannedNetwork): ModelFolder {
  if (existsSync(join(folder, PLAN_FILE))) return readModelFolder(folder);
  const scratch = scratchBeside(folder);
  try {
    writeModelFolder(scratch, make());
    renameSync(scratch, folder);
  } catch (cause) {
    rmSync(scratch, { recursive: true });
    // Another process was quicker; what it made is the same.
    if (!existsSync(join(folder, PLAN_FILE))) throw cause;
  }
  return readModelFolder(folder);
}

/** Of what plans and weights are made by: another program makes other ones. */
function plannerVersion(): string {
  const sources = [join(import.meta.dirname, "..", "plan"), join(import.meta.dirname, "..", "models")];
  const hash = createHash("sha256");
  for (const folder of sources)
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
      if (/\.[jt]s$/.test(file) && !file.endsWith(".d.ts"))
        hash.update(basename(file)).update(readFileSync(join(folder, file)));
  return hash.digest("hex");
}
