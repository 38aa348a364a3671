/** Which tile and how many splits are fastest for each convolution, linear layer and product of a plan, tried on a GPU. */
import type { Kernel, LoweredNetwork } from "../core/kernel.ts";
import type { GpuSpec } from "../core/spec.ts";
import { LONGEST_BLOCK_US } from "../plan/block-time.ts";
import type { StoredType } from "../plan/buffer.ts";
import type { Plan, PlanKernel } from "../plan/plan.ts";
import {
  type Choice,
  candidates,
  choiceName,
  chooseTile,
  kernelUs,
  type Problem,
  problemKey,
} from "../plan/tiles.ts";
import { CandidateChain, type Numbers, type Solved } from "./candidate-chain.ts";

/** Numbers of splits that are tried: between these hardly anything changes. */
const TRIED_SPLITS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32];
/** What the rule estimates to take so much longer than the best is not tried: it is off by 10 %, rarely by more than this. */
const WORTH_TRYING = 2;
/** What a kernel of a chain takes beside its blocks on an H200 (2 to 2.7 us: tiles.ts), with its share of the copies around the chain. */
const START_NS = 3_000;
/** Shared memory that the GPU itself takes of a thread block's (CUDA programming guide, compute capability 8.0 and later). */
const RESERVED_SHARED_BYTES = 1024;

/** A problem of a plan, and how many of its kernels solve it. */
interface Case extends Solved {
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
export function caseOf({ name, args }: PlanKernel): Solved | null {
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

/** Those that are worth trying, the rule's among them. */
function choicesFor(problem: Problem, ruled: string): Choice[] {
  const all = candidates(problem).filter(
    (choice) => TRIED_SPLITS.includes(choice.splits) || choiceName(choice) === ruled,
  );
  const least = Math.min(...all.map((choice) => kernelUs(problem, choice)));
  return all.filter(
    (choice) => kernelUs(problem, choice) <= WORTH_TRYING * least || choiceName(choice) === ruled,
  );
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
  const short = tried.filter((one) => one.blockNs <= LONGEST_BLOCK_US * 1e3);
  return short.length > 0
    ? short.reduce((best, one) => (one.ns < best.ns ? one : best))
    : tried.reduce((best, one) => (one.blockNs < best.blockNs ? one : best));
}

interface Trial {
  readonly time: ChainTimer;
  readonly gpu: GpuSpec;
}

/** How many ns a network's kernels take on a GPU as one graph of plain kernels. Throws MissileError. */
export type ChainTimer = (chain: LoweredNetwork) => number;

function tryOut(one: Case, choice: Choice, { time, gpu }: Trial): Tried {
  const chain = new CandidateChain(one, choice);
  const ns = time(chain.lowered()) / chain.turns;
  return {
    name: choiceName(choice),
    ns,
    blockNs: blockNs(chain.kernel, Math.max(0, ns - START_NS), gpu),
  };
}

/** Tries everything for the problems of these kernels. Takes the GPU some seconds. Throws MissileError. */
export function tune(time: ChainTimer, gpu: GpuSpec, { kernels }: Pick<Plan, "kernels">): TunedCase[] {
  const trial = { time, gpu };
  return casesOf(kernels).map((one) => {
    const ruled = choiceName(chooseTile(one.problem, {}));
    const tried = choicesFor(one.problem, ruled).map((choice) => tryOut(one, choice, trial));
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
