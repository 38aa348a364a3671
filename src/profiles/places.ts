/** Where what was measured lies. Of a network: in its folder, or for a built-in one in the user's cache. One file a GPU. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { presetPath } from "../presets/paths.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** As the XDG base directory specification has it: a relative XDG_CACHE_HOME counts for nothing. */
export function cacheFolder(env: Environment = process.env): string {
  const home = env.XDG_CACHE_HOME ?? "";
  return join(home.startsWith("/") ? home : join(homedir(), ".cache"), "missile-console");
}

/** "NVIDIA H200" as part of a path: nvidia-h200. */
const slug = (gpu: string): string => gpu.toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** `model`: a model's folder, or the name of a built-in network. */
export function profilePath(
  model: string,
  batch: number,
  gpu: string,
  env: Environment = process.env,
): string {
  if (existsSync(join(model, "plan.json"))) return join(model, "profiles", `${slug(gpu)}.json`);
  return join(cacheFolder(env), "profiles", slug(gpu), `${model}-b${batch}.json`);
}

/** Tuned tiles of a GPU: the user's, and the package's. */
export const tilesPath = (gpu: string, env: Environment = process.env): string =>
  join(cacheFolder(env), "tuning", `${slug(gpu)}.json`);
export const presetTilesPath = (gpu: string): string => presetPath("tuning", `${slug(gpu)}.json`);
