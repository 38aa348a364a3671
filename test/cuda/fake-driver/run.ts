/** Runs programs on the fake CUDA driver. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../../src/presets/paths.ts";
import { buildFakeDriver, type FakeDriver } from "./build.ts";

/** Variables of driver/settings.h, without their FAKE_CUDA_ ("SMS", "MEMORY_MIB", "FAIL"). */
export type FakeSettings = Readonly<Record<string, string | number>>;

/** This process's environment, with the fake driver in place of the system's. */
export function fakeEnvironment(settings: FakeSettings = {}, driver?: FakeDriver): NodeJS.ProcessEnv {
  const variables = Object.entries(settings).map(([name, value]) => [`FAKE_CUDA_${name}`, String(value)]);
  return { ...process.env, ...Object.fromEntries(variables), LD_LIBRARY_PATH: buildFakeDriver(driver) };
}

/** `missile-console ...args` on the fake GPU, from dist as the tests' global setup built it. */
export function cliOnFake(
  args: readonly string[],
  settings?: FakeSettings,
  driver?: FakeDriver,
): SpawnSyncReturns<string> {
  const main = join(packageRoot, "dist", "src", "cli", "main.js");
  const env = fakeEnvironment(settings, driver);
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env });
}
