/** What a probe found, as a file. The colours of a pool belong to its physical pages: they end with the process that held it. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { MissileError } from "../core/error.ts";
import type { PairCount } from "./split.ts";

const fields = z.strictObject({
  gpu: z.string(),
  driver: z.string(),
  /** ISO 8601. */
  probedAt: z.string(),
  poolMiB: z.number().int().positive(),
  seconds: z.number().nonnegative(),
  tests: z.number().int().nonnegative(),
  thresholdCycles: z.number().positive(),
  /** SMs of each side. */
  sides: z.array(z.number().int().positive()),
  interleaveBytes: z.number().int().positive(),
  granuleBytes: z.number().int().positive(),
  /** Slices of L2 in each partition. */
  slices: z.array(z.number().int().nonnegative()),
  /** Partitions of a block's lanes, by colour. */
  colours: z.array(z.array(z.number().int().nonnegative())),
  /** Blocks of the pool that fit no partition and are left out. */
  lostBlocks: z.number().int().nonnegative(),
  /** Blocks that were put right after a sample had contradicted the map. Older maps were never repaired. */
  repairedBlocks: z.number().int().nonnegative().default(0),
  sample: z.strictObject({ blocks: z.number().int(), mismatches: z.number().int() }),
  /** Base64 of little-endian 16-bit integers: each block's colour, -1 for lost ones. */
  blocks: z.string(),
});

export type ChannelMap = z.infer<typeof fields>;

/** Whether its blocks have colours that it knows, of partitions that it knows. */
function isCoherent({ colours, slices, blocks }: ChannelMap): boolean {
  const isKnown = (lanes: readonly number[]): boolean =>
    lanes.length > 0 && lanes.every((partition) => partition < slices.length);
  const isWhole = Buffer.from(blocks, "base64").length % Int16Array.BYTES_PER_ELEMENT === 0;
  return isWhole && colours.every(isKnown) && decodeBlocks(blocks).every((colour) => colour < colours.length);
}

const channelMapSchema = fields.refine(isCoherent);

export function encodeBlocks(blocks: Int16Array): string {
  return Buffer.from(blocks.buffer, blocks.byteOffset, blocks.byteLength).toString("base64");
}

/** The colour of each block, -1 for lost ones, of a map's `blocks`. */
export function decodeBlocks(blocks: string): Int16Array {
  const bytes = Buffer.from(blocks, "base64");
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export function writeChannelMap(file: string, map: ChannelMap): void {
  try {
    writeFileSync(file, `${JSON.stringify(map)}\n`);
  } catch (cause) {
    throw new MissileError(`${file}: cannot be written (${(cause as Error).message})`, "mapNotWritten");
  }
}

/** Throws MissileError "mapNotReadable". */
export function readChannelMap(file: string): ChannelMap {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new MissileError(`${file}: cannot be read (${(cause as Error).message})`, "mapNotReadable");
  }
  const parsed = channelMapSchema.safeParse(json);
  if (!parsed.success) {
    throw new MissileError(
      `${file}: not a channel map; write one with: channels probe --json`,
      "mapNotReadable",
    );
  }
  return parsed.data;
}

/** Blocks of each pair of partitions. */
export function pairCounts(colours: readonly (readonly number[])[], blocks: Int16Array): PairCount[] {
  const counts = new Map<string, PairCount & { blocks: number }>();
  for (const colour of blocks) {
    if (colour < 0) continue;
    const partitions = colours[colour]!;
    const a = Math.min(...partitions);
    const b = Math.max(...partitions);
    const known = counts.get(`${a} ${b}`);
    if (known === undefined) counts.set(`${a} ${b}`, { a, b, blocks: 1 });
    else known.blocks++;
  }
  return [...counts.values()].sort((x, y) => x.a - y.a || x.b - y.b);
}
