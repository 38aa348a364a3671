/**
 * A candidate for tuning as networks have it: a chain of its like, plain kernels one after the other, each with weights of its own. What they
 * compute on is nobody's data.
 */
import type { Kernel, LoweredNetwork } from "../core/kernel.ts";
import type { ProgramKernel, ProgramStorage, ProgramView } from "../core/program.ts";
import { bytesOf } from "../plan/buffer.ts";
import {
  blocksOf,
  type Choice,
  choiceName,
  kernelUs,
  type Problem,
  partialElements,
  problemKey,
  sharedBytesOf,
  TILE_THREADS,
  tileName,
  tilesOf,
} from "../plan/tiles.ts";

/** A chain's turns, and how long it is to last by the rule: long enough for what comes before and after it not to count. */
const TURNS = { least: 3, most: 48 } as const;
const CHAIN_US = 2_000;
/** Weights of a chain, at least, as far as its turns go: more than an H200's 50 MB of L2, where those of a network are not either. */
const WEIGHTS_OF_CHAIN_BYTES = 96 * 2 ** 20;
const VIEW_ALIGNMENT = 1024;

export type Numbers = Readonly<Record<string, number>>;

/** A problem, and the arguments of one of the kernels that solve it. */
export interface Solved {
  readonly problem: Problem;
  readonly args: Numbers;
}

const STORAGES = [
  "parameters",
  "input",
  "output",
  "constants",
  "images",
  "results",
  "partial",
  "counters",
] as const;
type StorageName = (typeof STORAGES)[number];

const aligned = (bytes: number): number => Math.ceil(bytes / VIEW_ALIGNMENT) * VIEW_ALIGNMENT;

/** A candidate's kernel, several times. */
export class CandidateChain {
  readonly turns: number;
  private readonly solved: Solved;
  private readonly choice: Choice;
  private readonly sizes = new Map<StorageName, number>(STORAGES.map((name) => [name, VIEW_ALIGNMENT]));
  private readonly program: ProgramKernel[] = [];
  private readonly kernels: Kernel[] = [];

  constructor(solved: Solved, choice: Choice) {
    this.solved = solved;
    this.choice = choice;
    const turns = Math.round(CHAIN_US / kernelUs(solved.problem, choice));
    this.turns = Math.min(Math.max(TURNS.least, turns), TURNS.most);
    for (let turn = 0; turn < this.turns; turn++) this.addTurn(turn);
  }

  /** Of a turn. */
  get kernel(): Kernel {
    return this.kernels[0]!;
  }

  private addTurn(turn: number): void {
    const { problem, args } = this.solved;
    const { tile, splits } = this.choice;
    const { type, groups, rows, columns, depth } = problem;
    const element = bytesOf(type);
    const outputs = rows * groups * columns;
    const pixels = (args.batch ?? 0) * (args.inHeight ?? 0) * (args.inWidth ?? 0);
    const weightBytes = aligned(groups * columns * depth * element);
    const place = turn % Math.ceil(WEIGHTS_OF_CHAIN_BYTES / weightBytes);
    // Gates of an image would take as long as those of all.
    const prologue = args.hasPrologue
      ? { hasPrologueShift: 1, prologueScaleType: 0, prologueScaleStride: 0 }
      : {};
    const factors = this.view("constants", groups * (args.inChannels ?? 0) * 4, "read");
    const views = {
      ...(args.hasPrologue ? { prologueScale: factors, prologueShift: factors } : {}),
      input: this.view("images", pixels * (args.inPixelStride ?? 0) * element, "read"),
      weight: this.view("parameters", weightBytes, "read", place * weightBytes),
      bias: this.view("constants", groups * columns * 4, "read"),
      output: this.view("results", outputs * element, "write"),
      ...(splits > 1
        ? {
            partial: this.view("partial", partialElements(problem, this.choice) * 4, "write"),
            arrivals: this.view("counters", tilesOf(problem, tile) * 4, "update"),
          }
        : {}),
    };
    const epilogue = {
      ...{ hasBias: 1, activation: 1, outOffset: 0, outPixelStride: groups * columns },
      ...{ hasAffine: 0, join: 0, otherOffset: 0, otherPixelStride: 0 },
    };
    this.push({
      name: `conv_${type}_${tileName(tile)}`,
      args: { ...args, ...prologue, ...epilogue, inOffset: 0, splits },
      views,
      grid: blocksOf(problem, this.choice),
      block: TILE_THREADS,
      sharedBytes: sharedBytesOf(tile),
    });
  }

  lowered(): LoweredNetwork {
    const uses: Partial<Record<StorageName, ProgramStorage["use"]>> = {
      parameters: "parameters",
      input: "input",
      output: "output",
      counters: "counters",
    };
    const storages = STORAGES.map((name) => ({
      name,
      use: uses[name] ?? "activations",
      sizeBytes: this.sizes.get(name)!,
      coloured: false,
    }));
    const port = { shape: [1], type: "float32", firstByte: 0 } as const;
    return {
      name: `${problemKey(this.solved.problem)} by ${choiceName(this.choice)}`,
      batch: 1,
      inputBytes: VIEW_ALIGNMENT,
      outputBytes: VIEW_ALIGNMENT,
      storedBytes: this.sizes.get("parameters")!,
      kernels: this.kernels,
      program: {
        inputs: [{ name: "nothing", ...port }],
        outputs: [{ name: "nothing", ...port }],
        storages,
        kernels: this.program,
        weightsFile: "",
        pieces: [],
      },
    };
  }

  private view(name: StorageName, bytes: number, access: ProgramView["access"], firstByte = 0): ProgramView {
    const sizeBytes = aligned(bytes);
    this.sizes.set(name, Math.max(this.sizes.get(name)!, firstByte + sizeBytes));
    return { storage: STORAGES.indexOf(name), firstByte, sizeBytes, access };
  }

  private push(kernel: ProgramKernel): void {
    this.program.push(kernel);
    this.kernels.push({
      name: kernel.name,
      grid: kernel.grid,
      threadsPerBlock: kernel.block,
      registersPerThread: 0,
      sharedBytesPerBlock: kernel.sharedBytes,
      flops: 0,
      weightBytes: 0,
      readBytes: 0,
      writtenBytes: 0,
      footprintBytes: 0,
      bound: "compute",
    });
  }
}
