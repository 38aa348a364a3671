/** The fake GPU inside this process: what a test makes of it, what is alive on it, and faults on demand. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildFakeDriver, buildHandle } from "./build.ts";
import type { FakeSettings } from "./run.ts";

/** What there is of each kind of thing. */
export interface Alive {
  readonly deviceBytes: number;
  readonly pinnedBytes: number;
  readonly streams: number;
  readonly events: number;
  readonly greenContexts: number;
  readonly contexts: number;
}

/** The functions of driver/fake.h. */
export interface FakeGpu {
  alive(): Alive;
  callsOf(call: string): number;
  failCall(call: string, nth: number, error: number): void;
  faultKernel(prefix: string, nth: number): void;
  strayKernel(prefix: string, nth: number): void;
  setBlockNs(ns: number): void;
}

/** Loads the fake driver before the addon looks for one. Once a process: Vitest gives every test file one of its own. */
export function loadFakeGpu(settings: FakeSettings): FakeGpu {
  for (const [name, value] of Object.entries(settings)) process.env[`FAKE_CUDA_${name}`] = String(value);
  const handle = createRequire(import.meta.url)(buildHandle()) as FakeGpu & { load(path: string): boolean };
  if (!handle.load(join(buildFakeDriver(), "libcuda.so.1"))) throw new Error("the fake driver does not load");
  return handle;
}
