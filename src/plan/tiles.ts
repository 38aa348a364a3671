/** Tiles of the convolutions' implicit GEMM, and which one a problem gets. */
import { LONGEST_BLOCK_US, movedUs, SMS } from "./block-time.ts";
import type { StoredType } from "./buffer.ts";
import { bytesOf } from "./buffer.ts";

export interface Tile {
  /** Output pixels and output channels of a block. */
  readonly rows: number;
  readonly columns: number;
  /** Steps of K in flight; each takes STEP_BYTES of every row and column. */
  readonly stages: number;
}

/** As cpp/dnn/conv.h's kConvTiles and kDepthStepBytes have them. */
export const TILES: readonly Tile[] = [
  { rows: 128, columns: 128, stages: 3 },
  { rows: 128, columns: 64, stages: 3 },
  { rows: 64, columns: 64, stages: 4 },
  { rows: 64, columns: 32, stages: 4 },
  { rows: 32, columns: 64, stages: 4 },
  { rows: 16, columns: 64, stages: 4 },
];
export const TILE_THREADS = 128;
const STEP_BYTES = 128;

export const tileName = ({ rows, columns }: Tile): string => `${rows}x${columns}`;
export const sharedBytesOf = ({ rows, columns, stages }: Tile): number =>
  stages * (rows + columns) * STEP_BYTES;

/** A convolution as products of matrices. */
export interface Problem {
  readonly type: StoredType;
  readonly groups: number;
  /** Pixels out, channels out of a group, and taps times channels in of a group. */
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Height and width of the kernel, and its stride: of problems of one size, they do not take the same time. */
  readonly kernel: string;
}

export interface Choice {
  readonly tile: Tile;
  readonly splits: number;
}

/** Choices that were measured on a GPU, by `problemKey`: "64x64/2" is a tile and its splits. */
export type TunedTiles = Readonly<Record<string, string>>;

export function problemKey({ type, groups, rows, columns, depth, kernel }: Problem): string {
  return `${type} ${groups}x${rows}x${columns}x${depth} ${kernel}`;
}

export const choiceName = ({ tile, splits }: Choice): string => `${tileName(tile)}/${splits}`;

/** A tuned choice, or what the rule says. */
export function chooseTile(problem: Problem, tuned: TunedTiles): Choice {
  const key = problemKey(problem);
  const name = Object.hasOwn(tuned, key) ? tuned[key] : undefined;
  const measured = candidates(problem).find((choice) => choiceName(choice) === name);
  return measured ?? ruled(problem);
}

/** A split has at least so many steps: less does not fill the pipeline. */
const LEAST_STEPS = 4;
/** Of cpp/dnn/conv.h: kMostSplits. */
const MOST_SPLITS = 32;

const stepsOf = ({ type, depth }: Problem): number => Math.ceil((depth * bytesOf(type)) / STEP_BYTES);

export const tilesOf = ({ groups, rows, columns }: Problem, tile: Tile): number =>
  groups * Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
/** Logical blocks. */
export const blocksOf = (problem: Problem, { tile, splits }: Choice): number =>
  splits * tilesOf(problem, tile);

/** FP32 sums that the blocks leave for the last of their tile; 0: nothing is split. */
export const partialElements = (problem: Problem, choice: Choice): number =>
  choice.splits === 1 ? 0 : blocksOf(problem, choice) * choice.tile.rows * choice.tile.columns;

/** All choices whose splits are deep enough. */
export function candidates(problem: Problem): Choice[] {
  const steps = stepsOf(problem);
  const most = Math.min(Math.max(1, Math.floor(steps / LEAST_STEPS)), MOST_SPLITS);
  return TILES.flatMap((tile) =>
    Array.from({ length: most }, (_, index): Choice => ({ tile, splits: index + 1 })),
  );
}

/** Those whose blocks are short, or as short as can be. */
function shortOnes(problem: Problem): Choice[] {
  const all = candidates(problem);
  const short = all.filter((choice) => blockUs(problem, choice) <= LONGEST_BLOCK_US);
  const shortest = Math.min(...all.map((choice) => blockUs(problem, choice)));
  return short.length > 0 ? short : all.filter((choice) => blockUs(problem, choice) === shortest);
}

/**
 * How long it takes, fitted to 1,401 timings on an H200 of all tiles on the convolutions of eight networks (off by 10 % on average in FP32, by
 * 8 % in halves): a kernel needs START_US; blocks that share an SM take turns, each `fixed` microseconds and `step` for every step of K; alone,
 * a step takes at least LATENCY_US.
 */
interface TileTime {
  /** Of blocks that share an SM. */
  readonly most: number;
  readonly fixedUs: number;
  readonly stepUs: number;
}
const time = (most: number, fixedUs: number, stepUs: number): TileTime => ({ most, fixedUs, stepUs });
const TIMES: Readonly<Record<"single" | "half", Readonly<Record<string, TileTime>>>> = {
  single: {
    "128x128": time(2, 2.45, 0.52),
    "128x64": time(3, 1.63, 0.328),
    "64x64": time(3, 0.81, 0.221),
    "64x32": time(4, 0.56, 0.182),
    "32x64": time(4, 0.44, 0.171),
    "16x64": time(5, 0.17, 0.2),
  },
  half: {
    "128x128": time(2, 2.26, 0.664),
    "128x64": time(3, 1.43, 0.364),
    "64x64": time(3, 0.82, 0.223),
    "64x32": time(4, 0.58, 0.169),
    "32x64": time(4, 0.58, 0.147),
    "16x64": time(5, 0.45, 0.094),
  },
};
const START_US = { single: 1.95, half: 2.74 } as const;
const LATENCY_US = { single: 0.2, half: 0.33 } as const;
/**
 * What the last block of a tile takes to know that it is, and to fetch the parts; and what L2 takes of parts on their way there and back. Fitted to
 * 640 timings on an H200 of splits of the convolutions of eight networks (off by 11 % on average, as without splits).
 */
const JOIN_US = 1;
const JOINED_BYTES_A_US = 20e3;
const L2_PART_BYTES_A_US = 5e6;

const precisionOf = ({ type }: Problem): "single" | "half" => (type === "f32" ? "single" : "half");

/** One of `sharing` blocks on an SM. */
function sharedUs(problem: Problem, { tile, splits }: Choice, sharing: number): number {
  const precision = precisionOf(problem);
  const { fixedUs, stepUs } = TIMES[precision][tileName(tile)] as TileTime;
  const steps = Math.ceil(stepsOf(problem) / splits);
  return sharing * fixedUs + steps * Math.max(LATENCY_US[precision], sharing * stepUs);
}

const mostSharing = (problem: Problem, { tile }: Choice): number =>
  (TIMES[precisionOf(problem)][tileName(tile)] as TileTime).most;

/** Of one block beside those that share its SM, as far as there are any. */
export function blockUs(problem: Problem, choice: Choice): number {
  const sharing = Math.min(mostSharing(problem, choice), Math.ceil(blocksOf(problem, choice) / SMS));
  return sharedUs(problem, choice, sharing);
}

const outputsOf = ({ groups, rows, columns }: Problem): number => groups * rows * columns;

/** Of leaving and joining parts, which hardly leave L2; 0: there are none. */
function joinUs(problem: Problem, { tile, splits }: Choice): number {
  if (splits === 1) return 0;
  const [partBytes, outputBytes] = [4 * tile.rows * tile.columns, 4 * outputsOf(problem)];
  return JOIN_US + splits * Math.max(partBytes / JOINED_BYTES_A_US, (2 * outputBytes) / L2_PART_BYTES_A_US);
}

export function kernelUs(problem: Problem, choice: Choice): number {
  const most = mostSharing(problem, choice);
  const blocks = blocksOf(problem, choice);
  const waves = Math.floor(blocks / (SMS * most));
  const sharingLast = Math.ceil((blocks - waves * SMS * most) / SMS);
  const last = sharingLast === 0 ? 0 : sharedUs(problem, choice, sharingLast);
  return (
    START_US[precisionOf(problem)] +
    waves * sharedUs(problem, choice, most) +
    last +
    movedUs(outputsOf(problem) * bytesOf(problem.type)) +
    joinUs(problem, choice)
  );
}

function ruled(problem: Problem): Choice {
  return shortOnes(problem).reduce((best, other) =>
    kernelUs(problem, other) < kernelUs(problem, best) ? other : best,
  );
}
