/** Finds the channels of a pool by timing alone: sides, slices, partitions, layout, then every block; a sample checks it all. */
import { MissileError } from "../core/error.ts";
import { Prng } from "../core/prng.ts";
import { BlockClassifier } from "./block-classifier.ts";
import { type ChannelMap, decodeBlocks, encodeBlocks } from "./channel-map.ts";
import { ConflictTester, type ContentionTimer } from "./conflict-tester.ts";
import { findLayout, type Layout, SECTOR_BYTES } from "./layout.ts";
import { NOWHERE, PartitionFinder } from "./partition-finder.ts";

export type Stage = "sides" | "partitions" | "layout" | "blocks" | "sample";

/** Hears where the probe is; the share is of the stage. */
export type Progress = (stage: Stage, share: number) => void;

/** Windows of consecutive sectors that show the layout: 64 KiB holds every partition of an H200 several times. */
const WINDOW_SECTORS = 2048;
const WINDOWS = 2;
/** Blocks of the final sample: one block in 200 wrong is found with a chance of 92 %. */
const SAMPLE_BLOCKS = 500;
/** Blocks that fit nowhere are left out of the pool; with more of them, the partitions themselves are in doubt. */
const MOST_LOST_SHARE = 0.005;
/** A verdict of the sample that differs is asked again this often: a disturbed test must not condemn a map. */
const SAMPLE_TRIES = 3;

export type ProbeResult = Omit<ChannelMap, "gpu" | "driver" | "probedAt" | "seconds">;

function labelsOf(finder: PartitionFinder, poolSectors: number, report: (share: number) => void): number[] {
  return Array.from({ length: WINDOWS }, (_, window) => {
    const start = Math.floor((poolSectors * window) / WINDOWS);
    const sectors = Array.from({ length: WINDOW_SECTORS }, (_, index) => start + index);
    // Half a percent of the sectors feign a conflict with a second partition: they say nothing.
    const labels = finder
      .everyPartitionOf(sectors)
      .map((found) => (found.length === 1 ? found[0]! : NOWHERE));
    report((window + 1) / WINDOWS);
    return labels;
  }).flat();
}

/** The sectors of a block at which a partition begins, and which partition a colour says it is. */
function expectations(layout: Layout, block: number, partitions: readonly number[]) {
  const units = layout.granuleBytes / layout.interleaveBytes;
  return Array.from({ length: units }, (_, unit) => ({
    block,
    sector: (block * layout.granuleBytes + unit * layout.interleaveBytes) / SECTOR_BYTES,
    partition: partitions[unit % layout.lanes]!,
  }));
}

/** Blocks of a random sample whose tests contradict their colour, however often they are asked. */
export function contradictions(
  finder: PartitionFinder,
  layout: Layout,
  colours: readonly (readonly number[])[],
  blocks: Int16Array,
): number {
  const prng = new Prng(2, "channel-check");
  const sample = Array.from({ length: SAMPLE_BLOCKS }, () => prng.nextUint32() % blocks.length);
  let doubted = sample
    .filter((block) => blocks[block]! >= 0)
    .flatMap((block) => expectations(layout, block, colours[blocks[block]!]!));
  for (let attempt = 0; attempt < SAMPLE_TRIES && doubted.length > 0; attempt++) {
    const found = finder.everyPartitionOf(doubted.map(({ sector }) => sector));
    doubted = doubted.filter(
      ({ partition }, index) => found[index]!.length !== 1 || found[index]![0] !== partition,
    );
  }
  return new Set(doubted.map(({ block }) => block)).size;
}

/** Throws MissileError "notBimodal", "noGranule" or "mapWrong": a map that is wrong is worse than none. */
export function probeChannels(timer: ContentionTimer, poolMiB: number, report: Progress): ProbeResult {
  const poolBytes = poolMiB * 2 ** 20;
  const poolSectors = poolBytes / SECTOR_BYTES;
  report("sides", 0);
  const tester = new ConflictTester(timer);
  report("partitions", 0);
  const finder = new PartitionFinder(tester, poolSectors);
  const labels = labelsOf(finder, poolSectors, (share) => report("layout", share));
  const layout = findLayout(labels, WINDOW_SECTORS);
  const classifier = new BlockClassifier(tester, finder, layout, poolBytes);
  const lostBlocks = classifier.run((share) => report("blocks", share));
  if (lostBlocks > MOST_LOST_SHARE * classifier.blocks.length) {
    throw new MissileError(
      `${lostBlocks} of ${classifier.blocks.length} blocks fit no partition, and the map is thrown away; ` +
        "see that nothing else runs on the GPU and probe again",
      "mapWrong",
    );
  }
  report("sample", 0);
  const { colours, blocks } = classifier;
  const mismatches = contradictions(finder, layout, colours, blocks);
  if (mismatches > 0) {
    throw new MissileError(
      `${mismatches} of ${SAMPLE_BLOCKS} sampled blocks contradict the map, which is thrown away; ` +
        "see that nothing else runs on the GPU and probe again",
      "mapWrong",
    );
  }
  return {
    poolMiB,
    tests: tester.testCount,
    thresholdCycles: tester.thresholdCycles,
    sides: tester.sides.map((side) => side.length),
    interleaveBytes: layout.interleaveBytes,
    granuleBytes: layout.granuleBytes,
    slices: finder.partitions.map(({ slices }) => slices),
    colours,
    lostBlocks,
    sample: { blocks: SAMPLE_BLOCKS, mismatches },
    blocks: encodeBlocks(blocks),
  };
}

/** What a fresh pool of the same size says of a map. */
export interface Verification {
  /** Slices of the partitions now, the largest partition first. */
  readonly slices: readonly number[];
  /** As many partitions, the same interleave and granule. */
  readonly isSameStructure: boolean;
  /** The pool has the physical pages of the map: its colours hold here too. */
  readonly holdsColours: boolean;
}

/** Of sectors of one partition this share conflicts at least (measured on an H200: 0.6); of others 0.03 at most. */
const LEAST_MEETING_SHARE = 0.3;

/** Compares a map with what the GPU shows now. Throws MissileError as probeChannels does. */
export function verifyChannels(timer: ContentionTimer, map: ChannelMap): Verification {
  const tester = new ConflictTester(timer);
  const poolSectors = (map.poolMiB * 2 ** 20) / SECTOR_BYTES;
  const finder = new PartitionFinder(tester, poolSectors);
  const layout = findLayout(
    labelsOf(finder, poolSectors, () => {}),
    WINDOW_SECTORS,
  );
  const slices = finder.partitions.map((partition) => partition.slices);
  const isSameStructure =
    slices.length === map.slices.length &&
    layout.interleaveBytes === map.interleaveBytes &&
    layout.granuleBytes === map.granuleBytes;
  const holdsColours = isSameStructure && meetingShare(tester, map) >= LEAST_MEETING_SHARE;
  return { slices, isSameStructure, holdsColours };
}

/** Of random pairs of blocks that share a partition in the map, the share that conflicts in the pool. */
function meetingShare(tester: ConflictTester, map: ChannelMap): number {
  const blocks = decodeBlocks(map.blocks);
  const mates = new Map<number, number[]>();
  const partitionOf = (block: number): number => map.colours[blocks[block]!]?.[0] ?? NOWHERE;
  blocks.forEach((_, block) => {
    const group = mates.get(partitionOf(block));
    if (group === undefined) mates.set(partitionOf(block), [block]);
    else group.push(block);
  });
  const prng = new Prng(3, "channel-verify");
  const sectorOf = (block: number): number => (block * map.granuleBytes) / SECTOR_BYTES;
  const pairs = Array.from({ length: SAMPLE_BLOCKS }, () => {
    const block = prng.nextUint32() % blocks.length;
    const group = mates.get(partitionOf(block))!;
    return [sectorOf(block), sectorOf(group[prng.nextUint32() % group.length]!)] as const;
  });
  const hits = tester.conflicts(
    Uint32Array.from(pairs, ([first]) => first),
    Uint32Array.from(pairs, ([, second]) => second),
  );
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
}
