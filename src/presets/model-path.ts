/** Model folders, as mixes name them: what has a slash is a path, since no model's name has one. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { MissileError } from "../core/error.ts";

export const isModelFolder = (model: string): boolean => model.includes("/");

/** The folder's absolute path; a relative one is looked for in `directory`. Throws MissileError "noModelFolder". */
export function locateModel(model: string, directory: string): string {
  const path = resolve(directory, model);
  if (existsSync(join(path, "plan.json"))) return path;
  throw new MissileError(
    `there is no model folder ${path}; make one with: missile-console models plan, or models import`,
    "noModelFolder",
  );
}
