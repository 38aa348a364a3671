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

/** Facts, or one line that says why there are none. */
export type FactsOrProblem<Facts> = Facts | string;

export interface GpuFacts {
  readonly name: string;
  readonly pciBusId: string;
  readonly sms: number;
  readonly l2Bytes: number;
  readonly busBits: number;
  /** Compute capability, such as "9.0". */
  readonly capability: string;
  readonly memoryBytes: number;
  readonly nvml: FactsOrProblem<{
    readonly pcieGeneration: number;
    readonly pcieLanes: number;
    readonly smMhz: number;
    readonly smMaxMhz: number;
    readonly memoryMhz: number;
    readonly memoryMaxMhz: number;
    readonly celsius: number;
    readonly milliwatts: number;
  }>;
  /** The smallest group of SMs that green contexts cut, and how many of them. */
  readonly split: FactsOrProblem<{ readonly finestSms: number; readonly groups: number }>;
}

/** What there is to run on. Problems are "" where there is none. */
export interface GpuSurvey {
  /** 1000 x major + 10 x minor of the CUDA that the driver speaks; 0 without a driver. */
  readonly cudaVersion: number;
  readonly driverVersion: string;
  readonly driverProblem: string;
  readonly nvmlProblem: string;
  readonly gpus: readonly GpuFacts[];
  /** Names of the embedded kernels. */
  readonly kernels: readonly string[];
  /** What was compiled, or why nothing was. */
  readonly kernelBuild: string;
}

/** The test of cpp/cuda/contention_probe.h on a pool of device memory. Sectors are of 32 bytes, counted from its start. */
export interface NativeContentionProbe {
  sms(): number;
  /** Writes the cycles of `count` tests, dealt out in turn to the pairs of SMs (two ids a pair). */
  test(
    first: Uint32Array,
    second: Uint32Array,
    count: number,
    smPairs: Uint32Array,
    cycles: Uint32Array,
  ): void;
  close(): void;
}

export interface Addon {
  surveyGpus(): GpuSurvey;
  readonly ContentionProbe: new (ordinal: number, poolBytes: number) => NativeContentionProbe;
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
