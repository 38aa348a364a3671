/** Vitest's global setup: the workers and processes that tests start run the built program, some of them on a fake GPU. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../src/presets/paths.ts";
import { buildFakeDriver } from "./cuda/fake-driver/build.ts";

export default function build(): void {
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: packageRoot, stdio: "inherit" });
  // Once for all tests that use it, which would otherwise build it side by side.
  if (process.platform === "linux") buildFakeDriver();
}
