/** Finds the channels of a pool by timing alone: sides, slices, partitions, layout, then every block; samples check it all. */
import { MissileError } from "../core/error.ts";
import { Prng } from "../core/prng.ts";
import { BlockClassifier } from "./block-classifier.ts";
import { type ChannelMap, decodeBlocks, encodeBlocks } from "./channel-map.ts";
import { ConflictTester, type ContentionTimer } from "./conflict-tester.ts";
import { findLayout, SECTOR_BYTES } from "./layout.ts";
import { NOWHERE, PartitionFinder } from "./partition-finder.ts";
import { SAMPLE_BLOCKS, SampleCheck } from "./sample-check.ts";

export type Stage = "sides" | "partitions" | "layout" | "blocks" | "sample";

/** Hears where the probe is; the share is of the stage. A repair goes back to the blocks. */
export type Progress = (stage: Stage, share: number) => void;

/** Windows of consecutive sectors that show the layout: 64 KiB holds every partition of an H200 several times. */
const WINDOW_SECTORS = 2048;
const WINDOWS = 2;
/** Blocks that fit nowhere are left out of the pool; with more of them, the partitions themselves are in doubt. */
const MOST_LOST_SHARE = 0.005;
/**
 * How often a map that a sample contradicts is repaired: every block is asked again, on another side. In synthetic memory one
 * repair left 3 of 269 wrong blocks, with conflicts feigned forty times as often as on an H200; what it leaves more of is still being disturbed.
 * Each repair is another sample that a wrong map may pass by luck: the promise of sample-check.ts counts on one.
 */
const MOST_REPAIRS = 1;
/** With more of a sample contradicting, the partitions themselves are in doubt, and blocks cannot be put right (seen on an H200: 0.4 %). */
const MOST_REPAIRABLE_SHARE = 0.05;

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

function wrongMap(what: string): MissileError {
  return new MissileError(`${what}; see that nothing else runs on the GPU and probe again`, "mapWrong");
}

/** Colours every block. Returns how many fit no partition; throws MissileError "mapWrong" where a pool cannot do without them. */
function classifyAll(classifier: BlockClassifier, report: Progress): number {
  const lostBlocks = classifier.run((share) => report("blocks", share));
  const { length } = classifier.blocks;
  if (lostBlocks <= MOST_LOST_SHARE * length) return lostBlocks;
  throw wrongMap(`${lostBlocks} of ${length} blocks fit no partition, and the map is thrown away`);
}

/**
 * Colours every block, and repairs what a sample contradicts, until a sample contradicts nothing. Returns how many blocks fit no
 * partition, and how many a repair gave another colour. Throws MissileError "mapWrong".
 */
function classifyChecked(classifier: BlockClassifier, check: SampleCheck, report: Progress) {
  const { colours, blocks } = classifier;
  let lostBlocks = classifyAll(classifier, report);
  let repairedBlocks = 0;
  for (let repairs = 0; ; repairs++) {
    report("sample", 0);
    const mismatches = check.contradictions(colours, blocks);
    if (mismatches === 0) return { lostBlocks, repairedBlocks };
    if (repairs === MOST_REPAIRS || mismatches > MOST_REPAIRABLE_SHARE * SAMPLE_BLOCKS) {
      throw wrongMap(
        `${mismatches} of ${SAMPLE_BLOCKS} sampled blocks contradict the map, which is thrown away`,
      );
    }
    const before = blocks.slice();
    lostBlocks = classifyAll(classifier, report);
    repairedBlocks += blocks.reduce((sum, colour, block) => sum + (colour === before[block] ? 0 : 1), 0);
  }
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
  const check = new SampleCheck(finder, layout);
  const { lostBlocks, repairedBlocks } = classifyChecked(classifier, check, report);
  return {
    poolMiB,
    tests: tester.testCount,
    thresholdCycles: tester.thresholdCycles,
    sides: tester.sides.map((side) => side.length),
    interleaveBytes: layout.interleaveBytes,
    granuleBytes: layout.granuleBytes,
    slices: finder.partitions.map(({ slices }) => slices),
    colours: classifier.colours,
    lostBlocks,
    repairedBlocks,
    sample: { blocks: SAMPLE_BLOCKS, mismatches: 0 },
    blocks: encodeBlocks(classifier.blocks),
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

/** Pairs of blocks that are tested. */
const MEETING_PAIRS = 500;
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
  const pairs = Array.from({ length: MEETING_PAIRS }, () => {
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
