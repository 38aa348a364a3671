/** Where the blocks of a tenant lie on a fake real GPU of 12 partitions, of which BE has the last four. */
import type { BlockMap, BlockRow } from "../../src/engine/session.ts";

const PARTITIONS = 12;
const RUN_BLOCKS = 64;

/** A run that lies in partitions from..to, two to a block, a little unevenly. */
function run(storage: number, use: BlockRow["use"], nth: number, blocks: number, [from, to]: Side): BlockRow {
  const counts = new Array<number>(PARTITIONS).fill(0);
  for (let block = 0; block < blocks; block++) {
    const lane = (block * block + nth * 3 + (block >> 2)) % (to - from);
    counts[from + lane]!++;
    counts[from + ((lane + 1 + (block % 2)) % (to - from))]!++;
  }
  const firstBlock = nth * RUN_BLOCKS;
  const settled = { hasColours: true, missing: 0, misplaced: 0, behind: 0 };
  return { storage, use, firstBlock, blocks, ...settled, inPartition: counts };
}

type Side = readonly [from: number, to: number];

const linear = (storage: number, use: BlockRow["use"], blocks: number): BlockRow => ({
  storage,
  use,
  hasColours: false,
  firstBlock: 0,
  blocks,
  missing: 0,
  misplaced: 0,
  behind: 0,
  inPartition: new Array<number>(PARTITIONS).fill(0),
});

/** Of an LS tenant; all that is to be coloured is. */
export const SETTLED: BlockMap = {
  tenant: 0,
  side: "LS",
  isBe: Array.from({ length: PARTITIONS }, (_, partition) => partition >= 8),
  poolBlocks: 262_144,
  wastedBlocks: 22_282,
  rows: [
    ...Array.from({ length: 4 }, (_, nth) => run(0, "parameters", nth, RUN_BLOCKS, [0, 8])),
    run(0, "parameters", 4, 17, [0, 8]),
    run(1, "activations", 0, 40, [0, 8]),
    run(2, "activations", 0, 40, [0, 8]),
    linear(3, "input", 588),
    linear(4, "output", 4),
  ],
};

/** After BE was given two partitions more: two runs have not left those yet, and one has bytes to catch up with. */
export const MOVING: BlockMap = {
  ...SETTLED,
  isBe: Array.from({ length: PARTITIONS }, (_, partition) => partition >= 6),
  rows: SETTLED.rows.map((row, at) => {
    if (at < 2) return { ...row, misplaced: 21 };
    if (at > 6) return row;
    const nth = row.firstBlock / RUN_BLOCKS;
    return { ...run(row.storage, row.use, nth, row.blocks, [0, 6]), behind: at === 4 ? 9 : 0 };
  }),
};

/** Of which nothing has a place. */
export const PLACELESS: BlockMap = {
  ...SETTLED,
  rows: SETTLED.rows.map((row) =>
    row.hasColours
      ? {
          ...row,
          missing: row.blocks,
          behind: row.blocks,
          inPartition: new Array<number>(PARTITIONS).fill(0),
        }
      : row,
  ),
};

export const UNCOLOURED: BlockMap = {
  ...SETTLED,
  side: null,
  isBe: [],
  poolBlocks: 0,
  wastedBlocks: 0,
  rows: PLACELESS.rows.map((row) => ({ ...row, inPartition: [] })),
};
