/** The package's version. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../presets/paths.ts";

/** Such as 0.1.0. */
export function productVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version;
}
