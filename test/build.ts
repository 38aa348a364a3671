/** Vitest's global setup: the workers and processes that tests start run the built program, some of them on a fake GPU. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../src/presets/paths.ts";
import { buildFakeDriver } from "./cuda/fake-driver/build.ts";

/** Where tests leave what they leave; set once all is ready, as each project of vitest.config.ts asks for that. */
const FOLDER = "MISSILE_TESTS_FOLDER";

/** Returns what removes all that the tests left lying. */
export default function build(): () => void {
  if (process.env[FOLDER] !== undefined) return () => {};
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: packageRoot, stdio: "inherit" });
  // Once for all tests that use it, which would otherwise build it side by side.
  if (process.platform === "linux") buildFakeDriver();
  const folder = mkdtempSync(join(tmpdir(), "missile-tests-"));
  process.env[FOLDER] = folder;
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
