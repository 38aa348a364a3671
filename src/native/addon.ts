/** Loads the addon that `npm ci` builds. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MissileError } from "../core/error.ts";

/** One backend of cpp/, as the addon shows it. Counts are of records; arrays are laid out as protocol.ts says. */
export interface NativeDevice {
  /** `curves`: of each kernel 96 times; all 0: nothing is known, and what is measured is filled in. `program`: of program-bytes.ts; empty: none. */
  load(
    tenant: number,
    kernels: Float64Array,
    sizes: Float64Array,
    curves: Float64Array,
    program: Uint8Array,
  ): Float64Array;
  /** Writes 96 times of one kernel. */
  curveOf(tenant: number, kernel: number, out: Float64Array): void;
  submit(commandCount: number): void;
  poll(commandCount: number, untilNs: number): number;
  channelBytes(out: Float64Array): void;
  /** Writes 64 tenants x 96 TPCs. */
  tpcNs(out: Float64Array): void;
}

export interface NativeCudaOptions {
  /** The GPU's figures, by protocol.ts. */
  readonly spec: Float64Array;
  /** Pinned memory of each direction. */
  readonly stagingBytes: number;
  /** Device memory for green contexts. */
  readonly partitionBytes: number;
  /** Device memory for coloured copies; 0: none. */
  readonly poolBytes: number;
  /** poll returns while its first word is not 0. */
  readonly doorbell: Int32Array;
}

/** What the native thread has counted since the GPU was opened. */
export interface CudaStatistics {
  /** From a completion seen in memory to the driver call of the first order that answers it. */
  readonly decisions: {
    readonly count: number;
    readonly p50Ns: number;
    readonly p99Ns: number;
    readonly p999Ns: number;
    readonly maxNs: number;
  };
  readonly launches: number;
  readonly evictions: number;
  /** Green contexts made, and launches that began masked on a larger partition because theirs was not ready. */
  readonly partitionsMade: number;
  readonly fallbackLaunches: number;
}

/** What an operator watches. */
export interface CudaHealth {
  readonly statistics: CudaStatistics;
  readonly colours: ColourFacts;
  /** A tenant whose memory stays uncoloured though it should not, and why; -1 and "" where there is none. */
  readonly uncolouredTenant: number;
  readonly uncolouredWhy: string;
}

/** What the GPU's sensors say. */
export interface TelemetryReading {
  readonly smMhz: number;
  readonly milliwatts: number;
  readonly celsius: number;
  readonly memoryUsedBytes: number;
  readonly memoryBytes: number;
}

export interface NativeTelemetry {
  /** May take milliseconds. */
  read(): TelemetryReading;
}

export interface NativeCudaGpu extends NativeDevice, ColourPool {
  presentNs(): number;
  /** See CudaGpu. Throw. */
  setInput(tenant: number, bytes: Uint8Array): void;
  output(tenant: number, slot: number): Uint8Array<ArrayBuffer>;
  /** Waits for the native thread. */
  statistics(): CudaStatistics;
  /** As of the last call, and asks anew; waits for nobody. The first call returns null. */
  health(): CudaHealth | null;
  /** The same of where a tenant's blocks lie, in the numbers that block-map.ts reads. */
  blocks(tenant: number): Float64Array | null;
  misdirect(tenant: number): void;
  /** What went wrong, for each deviceFailed event once. */
  takeFailure(): string;
  rebuild(): void;
  /** The process that has the GPU's context; -1 after it has died. */
  hostPid(): number;
  close(): void;
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
    /** Device memory in use, by whomever; what the driver keeps for itself counts. */
    readonly usedBytes: number;
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

/** What is coloured; all 0 without colours. Blocks are of 1 KiB. */
export interface ColourFacts {
  readonly partitions: number;
  readonly bePartitions: number;
  readonly lsBlocks: number;
  readonly lsFreeBlocks: number;
  readonly beBlocks: number;
  readonly beFreeBlocks: number;
  /** They straddle the split, or fit no partition. */
  readonly wastedBlocks: number;
  /** Moved to other blocks so far because the split had changed. */
  readonly migratedBytes: number;
}

/** Where the colours of a pool are found and kept. */
export interface ColourPool {
  /** The test on the pool, while nothing runs on the GPU; to be closed before the GPU is. */
  contentionProbe(): NativeContentionProbe;
  /**
   * Once: the colour of each 1 KiB block of the pool or -1; the partitions of each colour's lanes, in turn; a row of 0 and 1, a
   * partition each, for every number of partitions that BE may have.
   */
  setColours(
    colourOfBlock: Int16Array,
    lanesOfColour: Uint8Array,
    lanes: number,
    bePartitions: Uint8Array,
  ): void;
  colourFacts(): ColourFacts;
}

/** The test of cpp/cuda/contention_probe.h on a pool of device memory. Sectors are of 32 bytes, counted from its start. */
export interface NativeContentionProbe {
  sms(): number;
  /** Begins `count` tests, dealt out in turn to the pairs of SMs (two ids a pair). Two such batches may be under way. */
  begin(first: Uint32Array, second: Uint32Array, count: number, smPairs: Uint32Array): void;
  /** Waits for the oldest batch and writes the cycles of its tests, as many as `cycles` has elements. */
  finish(cycles: Uint32Array): void;
  close(): void;
}

export interface Addon {
  surveyGpus(): GpuSurvey;
  /**
   * The output storage after all kernels of a program (program-bytes.ts). `weightBytes`: of each kernel, parameters that it is the first to
   * read; `weights`: the whole file; `input`: the input storage.
   */
  runProgram(
    program: Uint8Array,
    weightBytes: Float64Array,
    weights: Uint8Array,
    input: Uint8Array,
    isPoisoned: boolean,
  ): Uint8Array;
  readonly Telemetry: new (ordinal: number) => NativeTelemetry;
  readonly ContentionProbe: new (ordinal: number, poolBytes: number) => NativeContentionProbe;
  readonly SimulatedGpu: new (
    spec: Float64Array,
    commandRing: Float64Array,
    eventBuffer: Float64Array,
  ) => NativeDevice;
  readonly CudaGpu: new (
    ordinal: number,
    options: NativeCudaOptions,
    commandRing: Float64Array,
    eventBuffer: Float64Array,
  ) => NativeCudaGpu;
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
