/** Where the package's own files lie, whether this runs from src/ (tests) or dist/src/ (built). */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findPackageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, "package.json"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error("bug: no package.json above src/presets/paths.ts");
    directory = parent;
  }
  return directory;
}

/** The directory of package.json, absolute. */
export const packageRoot = findPackageRoot();

/** A path inside presets/, for example presetPath("gpus", "h200.yaml"). */
export const presetPath = (...parts: string[]): string => join(packageRoot, "presets", ...parts);
