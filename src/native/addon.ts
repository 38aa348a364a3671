/** Loads the addon that `npm ci` builds. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MissileError } from "../core/error.ts";

/** One backend of cpp/, as the addon shows it. Counts are of records; arrays are laid out as protocol.ts says. */
export interface NativeDevice {
  load(tenant: number, kernels: Float64Array): Float64Array;
  submit(commandCount: number): void;
  poll(commandCount: number, untilNs: number): number;
  timeByTpcs(tenant: number, kernel: number, out: Float64Array): void;
  channelBytes(out: Float64Array): void;
}

export interface Addon {
  readonly SimulatedGpu: new (
    spec: Float64Array,
    commandRing: Float64Array,
    eventBuffer: Float64Array,
  ) => NativeDevice;
}

const BUILT = join("build", "Release", "missile.node");

/** The addon beside the package.json above `from`, wherever the build has put this file. */
function findAddon(from: string): string {
  let directory = from;
  while (!existsSync(join(directory, "package.json")) && dirname(directory) !== directory) {
    directory = dirname(directory);
  }
  return join(directory, BUILT);
}

/** Throws MissileError "addonMissing" or "addonBroken", which say what to run. */
export function loadAddon(path: string = findAddon(dirname(fileURLToPath(import.meta.url)))): Addon {
  if (!existsSync(path)) {
    throw new MissileError(
      `the native addon is not built (${path} is missing); run: npm run install`,
      "addonMissing",
    );
  }
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    const why = (cause as Error).message.split("\n")[0];
    throw new MissileError(
      `the native addon does not load (${why}); build it again: npm run install`,
      "addonBroken",
    );
  }
}
