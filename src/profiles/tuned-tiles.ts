/** Tiles that were measured to be fastest on a GPU: what the package brings, and in the user's cache what was measured since. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { MissileError } from "../core/error.ts";
import type { TunedTiles } from "../plan/tiles.ts";
import { presetTilesPath, tilesPath } from "./places.ts";

const tilesSchema = z.strictObject({
  format: z.literal(1),
  gpu: z.string(),
  driver: z.string(),
  /** A tile and its splits by what they compute, as src/plan/tiles.ts names both. */
  tiles: z.record(z.string(), z.string()),
});

export type TilesFile = z.infer<typeof tilesSchema>;

/** Throws MissileError "tilesNotReadable". */
function readTiles(path: string): TunedTiles {
  if (!existsSync(path)) return {};
  try {
    return tilesSchema.parse(JSON.parse(readFileSync(path, "utf8"))).tiles;
  } catch {
    throw new MissileError(
      `${path} is no table of tuned tiles; remove it, or write it anew with: missile-console models tune`,
      "tilesNotReadable",
    );
  }
}

/** All that is known of this GPU. Throws MissileError "tilesNotReadable". */
export const tunedTiles = (gpu: string): TunedTiles => ({
  ...readTiles(presetTilesPath(gpu)),
  ...readTiles(tilesPath(gpu)),
});

/** Adds what was measured to the user's table of this GPU; returns its path. Throws MissileError. */
export function keepTiles(gpu: string, driver: string, measured: TunedTiles): string {
  const path = tilesPath(gpu);
  const tiles = Object.entries({ ...readTiles(path), ...measured }).sort(([a], [b]) => (a < b ? -1 : 1));
  const file: TilesFile = { format: 1, gpu, driver, tiles: Object.fromEntries(tiles) };
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fresh = `${path}.${process.pid}.new`;
    writeFileSync(fresh, `${JSON.stringify(file, null, 1)}\n`);
    renameSync(fresh, path);
  } catch (cause) {
    throw new MissileError(
      `${path}: the tiles were not written (${(cause as Error).message})`,
      "tilesNotWritten",
    );
  }
  return path;
}
