/** `missile-console channels probe|show|verify`: the VRAM channels of a pool, found by timing alone. */
import type { Command } from "commander";
import {
  bestSplit,
  type ChannelMap,
  decodeBlocks,
  type PairCount,
  pairCounts,
  probeChannels,
  readChannelMap,
  type Split,
  type Stage,
  type Verification,
  verifyChannels,
  writeChannelMap,
} from "../../channels/index.ts";
import { type NativeContentionProbe, openContentionProbe, surveyGpus } from "../../native/index.ts";
import { BadOutcome } from "../failure.ts";
import { wholeNumber } from "../number-arguments.ts";
import { printJson, printText } from "../print.ts";
import { endProgress, showProgress } from "../progress-line.ts";

/** The GPU that is probed: the first that CUDA shows (CUDA_VISIBLE_DEVICES chooses another). */
const GPU = 0;
/** Enough for a look at the structure; a pool to work in is larger. */
const DEFAULT_POOL_MIB = 256;
/** A page: pools are whole pages. */
const PAGE_MIB = 2;
const BAR_CELLS = 30;
/** Parts of the partitions for which `show` seeks a split: a quarter, a third, a half. */
const SPLIT_PARTS = [4, 3, 2];

const stageTexts: Readonly<Record<Stage, string>> = {
  sides: "which SMs meet",
  partitions: "slices and partitions",
  layout: "interleave and granule",
  blocks: "blocks",
  sample: "check of a sample",
};

function drawProgress(stage: Stage, share: number): void {
  const full = Math.round(share * BAR_CELLS);
  const bar = "█".repeat(full).padEnd(BAR_CELLS, "░");
  showProgress(`${bar} ${Math.floor(share * 100)} % ${stageTexts[stage]}`);
}

/** Opens a pool for the body and gives its memory back, whatever happens. */
function withPool<Result>(poolMiB: number, body: (probe: NativeContentionProbe) => Result): Result {
  const probe = openContentionProbe(GPU, poolMiB * 2 ** 20);
  try {
    return body(probe);
  } finally {
    probe.close();
  }
}

/** The best splits of a map, for some sizes of the smaller set. */
function splitsOf(map: ChannelMap, pairs: readonly PairCount[]): Split[] {
  const partitions = map.slices.length;
  return SPLIT_PARTS.filter((part) => partitions >= part).map((part) =>
    bestSplit(pairs, partitions, Math.round(partitions / part)),
  );
}

/** What `show` tells of a map, for programs: the blocks' colours aside, which are in the map itself. */
function summarise(map: ChannelMap) {
  const pairs = pairCounts(map.colours, decodeBlocks(map.blocks));
  const { blocks: _, ...rest } = map;
  return { ...rest, pairs, splits: splitsOf(map, pairs) };
}

function describe(map: ChannelMap): string {
  const partitions = map.slices.length;
  const pairs = pairCounts(map.colours, decodeBlocks(map.blocks));
  const blocks = pairs.reduce((sum, pair) => sum + pair.blocks, 0);
  const sizes = pairs.map((pair) => (100 * pair.blocks) / blocks);
  const splits = splitsOf(map, pairs).map(({ chosen, chosenBlocks, otherBlocks, wastedShare }) => {
    const waste = (100 * wastedShare).toFixed(1);
    const sizes = `${chosen.length} + ${partitions - chosen.length}`;
    return `  ${sizes}: ${chosenBlocks} + ${otherBlocks} blocks, ${waste} % wasted`;
  });
  return [
    `${map.gpu}, driver ${map.driver}, probed ${map.probedAt}`,
    `pool        ${map.poolMiB} MiB in ${map.seconds.toFixed(1)} s, ${map.tests} tests, threshold ${map.thresholdCycles} cycles`,
    `sides       ${map.sides.map((sms) => `${sms} SMs`).join(", ")}`,
    `partitions  ${partitions}, of ${map.slices.join(" ")} slices`,
    `interleave  ${map.interleaveBytes} bytes`,
    `granule     ${map.granuleBytes} bytes`,
    `colours     ${pairs.length}, each ${Math.min(...sizes).toFixed(2)} to ${Math.max(...sizes).toFixed(2)} % of the blocks`,
    `lost        ${map.lostBlocks} blocks`,
    `repaired    ${map.repairedBlocks} blocks`,
    `sample      ${map.sample.mismatches} mismatches in ${map.sample.blocks} blocks`,
    "splits of the partitions with the least waste",
    ...splits,
  ].join("\n");
}

function probe({ mib, json }: { readonly mib: number; readonly json?: string }): void {
  const poolMiB = Math.ceil(mib / PAGE_MIB) * PAGE_MIB;
  const startedAt = performance.now();
  const result = withPool(poolMiB, (pool) => {
    try {
      return probeChannels(pool, poolMiB, drawProgress);
    } finally {
      endProgress();
    }
  });
  const survey = surveyGpus();
  const map: ChannelMap = {
    gpu: survey.gpus[GPU]?.name ?? "unknown GPU",
    driver: survey.driverVersion,
    probedAt: new Date().toISOString(),
    seconds: (performance.now() - startedAt) / 1000,
    ...result,
  };
  if (json !== undefined) writeChannelMap(json, map);
  printText(describe(map));
}

function show(file: string, { json }: { readonly json?: true }): void {
  const map = readChannelMap(file);
  if (json) printJson(summarise(map));
  else printText(describe(map));
}

function verify(file: string, { json }: { readonly json?: true }): void {
  const map = readChannelMap(file);
  const verification = withPool(map.poolMiB, (pool) => verifyChannels(pool, map));
  if (json) printJson(verification);
  else printText(describeVerification(verification, map, file));
  if (!verification.isSameStructure) throw new BadOutcome();
}

function describeVerification(
  { slices, isSameStructure, holdsColours }: Verification,
  map: ChannelMap,
  file: string,
): string {
  return [
    isSameStructure
      ? `the same structure: ${slices.length} partitions, granule ${map.granuleBytes} bytes`
      : `another structure: ${slices.length} partitions now, ${map.slices.length} in ${file}`,
    holdsColours
      ? "a fresh pool has the same colours"
      : "a fresh pool has other physical pages: its colours must be probed anew",
  ].join("\n");
}

const EXAMPLES = `
Examples:
  missile-console channels probe --mib 1024 --json channels.json
  missile-console channels show channels.json
  missile-console channels verify channels.json`;

export function defineChannels(channels: Command): void {
  channels.addHelpText("after", EXAMPLES);
  channels
    .command("probe")
    .description("Find slices, partitions, interleave, granule and the colour of every block of a pool.")
    .option("--mib <n>", "size of the pool", wholeNumber(PAGE_MIB), DEFAULT_POOL_MIB)
    .option("--json <file>", "write the map to this file")
    .action(probe);
  channels
    .command("show")
    .argument("<file>", "a map that probe wrote")
    .description("Print a map: its structure, and how the partitions split with least waste.")
    .option("--json", "for programs; the colour of each block is in the map itself")
    .action(show);
  channels
    .command("verify")
    .argument("<file>", "a map that probe wrote")
    .description("Compare a map with what the GPU shows now.")
    .option("--json", "for programs")
    .action(verify);
  for (const command of channels.commands) command.allowExcessArguments(false);
}
