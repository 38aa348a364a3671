/**
 * Which tile and how many splits are fastest for each convolution, linear layer and product of a plan, tried on a GPU.
 *
 * A candidate is tried as networks have it: in a chain of its like, plain kernels as one graph, each with weights of its own, and with a kernel
 * more that joins the splits where there are some. What they compute on is nobody's data.
 */
import type { Kernel, LoweredNetwork } from "../core/kernel.ts";
import type { ProgramKernel, ProgramStorage, ProgramView } from "../core/program.ts";
import type { GpuSpec } from "../core/spec.ts";
import type { StoredType } from "../plan/buffer.ts";
import { bytesOf } from "../plan/buffer.ts";
import type { PlanKernel } from "../plan/plan.ts";
import {
  type Choice,
  candidates,
  choiceName,
  chooseTile,
  kernelsUs,
  type Problem,
  problemKey,
  sharedBytesOf,
  TILE_THREADS,
  tileName,
} from "../plan/tiles.ts";

/** Numbers of splits that are tried: between these hardly anything changes. */
const TRIED_SPLITS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
/** What the rule estimates to take so much longer than the best is not tried: it is off by 10 %, rarely by more than this. */
const WORTH_TRYING = 2;
/** A chain's turns, and how long it is to last by the rule: long enough for what comes before and after it not to count. */
const TURNS = { least: 3, most: 48 } as const;
const CHAIN_US = 2_000;
/** Weights of a chain, at least, as far as its turns go: more than an H200's 50 MB of L2, where those of a network are not either. */
const WEIGHTS_OF_CHAIN_BYTES = 96 * 2 ** 20;
/** What a kernel more costs beyond its time in such a chain: an elastic one takes 6 us longer on an H200, in a graph nothing. */
const KERNEL_MORE_NS = 2_000;
/** What a kernel of a chain takes beside its blocks on an H200 (2 to 2.7 us: tiles.ts), with its share of the copies around the chain. */
const START_NS = 3_000;
/** A logical block that lasts longer keeps its SM from others for too long. */
const LONGEST_BLOCK_NS = 20_000;
/** Shared memory that the GPU itself takes of a thread block's (CUDA programming guide, compute capability 8.0 and later). */
const RESERVED_SHARED_BYTES = 1024;
/** Of cpp/dnn/conv.h: kJoinOutputs. */
const JOIN_OUTPUTS = 1024;
const JOIN_THREADS = 256;
const VIEW_ALIGNMENT = 1024;

type Numbers = Readonly<Record<string, number>>;

/** A problem of a plan, the arguments of one of the kernels that solve it, and how many there are. */
interface Case {
  readonly problem: Problem;
  readonly args: Numbers;
  readonly kernels: number;
}

export interface TunedCase {
  readonly key: string;
  /** Kernels of the plan that solve it. */
  readonly kernels: number;
  /** What the rule says, and what was fastest, with the times of both. */
  readonly ruled: string;
  readonly ruledNs: number;
  readonly best: string;
  readonly bestNs: number;
  /** Of the best. */
  readonly blockNs: number;
}

const CONV = /^conv_(f32|f16|bf16)_\d+x\d+$/;

/** The problem that a kernel of tiles solves; null: it is none of these kernels. */
export function caseOf({ name, args }: PlanKernel): Omit<Case, "kernels"> | null {
  const type = CONV.exec(name)?.[1] as StoredType | undefined;
  if (type === undefined) return null;
  const numbers = args as Numbers;
  const of = (field: string): number => numbers[field] ?? 0;
  const kernel = `${of("kernelHeight")}x${of("kernelWidth")}s${of("strideY")}x${of("strideX")}`;
  const problem: Problem = {
    type,
    groups: of("groups"),
    rows: of("batch") * of("outHeight") * of("outWidth"),
    columns: of("outChannels"),
    depth: of("kernelHeight") * of("kernelWidth") * of("inChannels"),
    kernel,
  };
  return { problem, args: numbers };
}

/** The distinct problems of a plan. */
function casesOf(kernels: readonly PlanKernel[]): Case[] {
  const cases = new Map<string, Case>();
  for (const kernel of kernels) {
    const found = caseOf(kernel);
    if (found === null) continue;
    const key = problemKey(found.problem);
    cases.set(key, { ...found, kernels: (cases.get(key)?.kernels ?? 0) + 1 });
  }
  return [...cases.values()];
}

const STORAGES = ["parameters", "input", "output", "constants", "images", "results", "partial"] as const;
type StorageName = (typeof STORAGES)[number];

const aligned = (bytes: number): number => Math.ceil(bytes / VIEW_ALIGNMENT) * VIEW_ALIGNMENT;

const blocksOf = ({ groups, rows, columns }: Problem, { tile, splits }: Choice): number =>
  splits * groups * Math.ceil(columns / tile.columns) * Math.ceil(rows / tile.rows);

/** Those that are worth trying, the rule's among them. */
function choicesFor(problem: Problem, ruled: string): Choice[] {
  const all = candidates(problem).filter(
    (choice) => TRIED_SPLITS.includes(choice.splits) || choiceName(choice) === ruled,
  );
  const least = Math.min(...all.map((choice) => kernelsUs(problem, choice)));
  return all.filter(
    (choice) => kernelsUs(problem, choice) <= WORTH_TRYING * least || choiceName(choice) === ruled,
  );
}

/** A candidate's kernels, several times. */
class Chain {
  readonly turns: number;
  private readonly case_: Case;
  private readonly choice: Choice;
  private readonly sizes = new Map<StorageName, number>(STORAGES.map((name) => [name, VIEW_ALIGNMENT]));
  private readonly program: ProgramKernel[] = [];
  private readonly kernels: Kernel[] = [];

  constructor(one: Case, choice: Choice) {
    this.case_ = one;
    this.choice = choice;
    const turns = Math.round(CHAIN_US / kernelsUs(one.problem, choice));
    this.turns = Math.min(Math.max(TURNS.least, turns), TURNS.most);
    for (let turn = 0; turn < this.turns; turn++) this.addTurn(turn);
  }

  /** Of a turn, the first of its kernels. */
  get kernel(): Kernel {
    return this.kernels[0]!;
  }

  private addTurn(turn: number): void {
    const { problem, args } = this.case_;
    const { tile, splits } = this.choice;
    const { type, groups, rows, columns, depth } = problem;
    const element = bytesOf(type);
    const outputs = rows * groups * columns;
    const pixels = (args.batch ?? 0) * (args.inHeight ?? 0) * (args.inWidth ?? 0);
    const weightBytes = aligned(groups * columns * depth * element);
    const place = turn % Math.ceil(WEIGHTS_OF_CHAIN_BYTES / weightBytes);
    const finish = { hasBias: 1, activation: 1, outOffset: 0, outPixelStride: groups * columns };
    const bias = this.view("constants", groups * columns * 4, "read");
    const isSplit = splits > 1;
    // Gates of an image would take as long as those of all.
    const prologue = args.hasPrologue
      ? { hasPrologueShift: 1, prologueScaleType: 0, prologueScaleStride: 0 }
      : {};
    const factors = this.view("constants", groups * (args.inChannels ?? 0) * 4, "read");
    const views = {
      ...(args.hasPrologue ? { prologueScale: factors, prologueShift: factors } : {}),
      input: this.view("images", pixels * (args.inPixelStride ?? 0) * element, "read"),
      weight: this.view("parameters", weightBytes, "read", place * weightBytes),
      ...(isSplit ? {} : { bias }),
      output: isSplit
        ? this.view("partial", splits * outputs * 4, "write")
        : this.view("results", outputs * element, "write"),
    };
    const plain = { hasBias: 0, hasAffine: 0, activation: 0, otherOffset: 0, otherPixelStride: 0, join: 0 };
    this.push({
      name: `conv_${type}_${tileName(tile)}`,
      args: { ...args, ...prologue, inOffset: 0, ...plain, ...(isSplit ? {} : finish), splits },
      views,
      grid: blocksOf(problem, this.choice),
      block: TILE_THREADS,
      sharedBytes: sharedBytesOf(tile),
    });
    if (!isSplit) return;
    this.push({
      name: "joinSplits",
      args: { type: args.type ?? 0, splits, groups, pixels: rows, outChannels: columns, ...finish },
      views: {
        partial: this.view("partial", splits * outputs * 4, "read"),
        bias,
        output: this.view("results", outputs * element, "write"),
      },
      grid: Math.ceil(outputs / JOIN_OUTPUTS),
      block: JOIN_THREADS,
      sharedBytes: 0,
    });
  }

  lowered(): LoweredNetwork {
    const uses: Partial<Record<StorageName, ProgramStorage["use"]>> = {
      parameters: "parameters",
      input: "input",
      output: "output",
    };
    const storages = STORAGES.map((name) => ({
      name,
      use: uses[name] ?? "activations",
      sizeBytes: this.sizes.get(name)!,
      coloured: false,
    }));
    const port = { shape: [1], type: "float32", firstByte: 0 } as const;
    return {
      name: `${problemKey(this.case_.problem)} by ${choiceName(this.choice)}`,
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

/** How long one of its blocks lasts where all take so long, at most: as many are on an SM at once as shared memory and threads allow. */
function blockNs({ grid, threadsPerBlock, sharedBytesPerBlock }: Kernel, ns: number, gpu: GpuSpec): number {
  const bySharedBytes = Math.floor(gpu.sharedBytesPerSm / (sharedBytesPerBlock + RESERVED_SHARED_BYTES));
  const onSm = Math.max(1, Math.min(bySharedBytes, Math.floor(gpu.threadsPerSm / threadsPerBlock)));
  return ns / Math.ceil(grid / (onSm * gpu.sms));
}

interface Tried {
  readonly name: string;
  readonly ns: number;
  readonly blockNs: number;
}

/** The fastest of those whose blocks are short; where none is, the one whose blocks are shortest. */
function fastest(tried: readonly Tried[]): Tried {
  const short = tried.filter((one) => one.blockNs <= LONGEST_BLOCK_NS);
  return short.length > 0
    ? short.reduce((best, one) => (one.ns < best.ns ? one : best))
    : tried.reduce((best, one) => (one.blockNs < best.blockNs ? one : best));
}

/** How many ns a network's kernels take on a GPU as one graph of plain kernels. Throws MissileError. */
export type ChainTimer = (chain: LoweredNetwork) => number;

function tryOut(one: Case, choice: Choice, time: ChainTimer, gpu: GpuSpec): Tried {
  const chain = new Chain(one, choice);
  const ns = time(chain.lowered()) / chain.turns;
  return {
    name: choiceName(choice),
    ns: ns + (choice.splits > 1 ? KERNEL_MORE_NS : 0),
    blockNs: blockNs(chain.kernel, Math.max(0, ns - START_NS), gpu),
  };
}

/** Tries everything for the problems of these kernels. Takes the GPU some seconds. Throws MissileError. */
export function tune(time: ChainTimer, gpu: GpuSpec, plan: readonly PlanKernel[]): TunedCase[] {
  return casesOf(plan).map((one) => {
    const ruled = choiceName(chooseTile(one.problem, {}));
    const tried = choicesFor(one.problem, ruled).map((choice) => tryOut(one, choice, time, gpu));
    const best = fastest(tried);
    const { ns: ruledNs } = tried.find(({ name }) => name === ruled)!;
    return {
      key: problemKey(one.problem),
      kernels: one.kernels,
      ruled,
      ruledNs,
      best: best.name,
      bestNs: best.ns,
      blockNs: best.blockNs,
    };
  });
}
