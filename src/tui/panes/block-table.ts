/** What the block map paints, whatever it is known from: a line for each run of a tenant's blocks, a column for each channel. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import type { View } from "../../engine/session.ts";
import { bytes, bytesLong } from "../format.ts";
import { indicesIn } from "./tenant-row.ts";

/** How much of a line's blocks lies in a column, 0..4; null: the column is none of the tenant's. */
export type Level = 0 | 1 | 2 | 3 | 4 | null;

export interface BlockLine {
  readonly label: string;
  /** null: linear memory, which lies in all of them. */
  readonly levels: readonly Level[] | null;
  /** Behind the columns. */
  readonly note: string;
  /** Something in it is not as it is to be. */
  readonly unsettled: boolean;
}

export interface BlockTable {
  /** What there is to say of the whole: of each the first wording that fits. */
  readonly heads: readonly (readonly string[])[];
  readonly columns: number;
  /** Whose a column is; null: that is not said. */
  readonly owners: readonly TenantClass[] | null;
  /** Whose columns the tenant's blocks are to lie in. */
  readonly side: TenantClass | null;
  /** Columns that notes need at most. */
  readonly noteColumns: number;
  readonly lines: number;
  line(index: number): BlockLine;
}

/** The channel of a tenant's block, counted from the beginning of its memory. */
export type BlockPlacement = (block: number) => number;

/** Of a simulated GPU: so few that a cell tells one block from two. */
const BLOCKS_A_LINE = 64;

/** Mixes the bits of a whole number: the finaliser of MurmurHash3 (Appleby, public domain). */
function mixed(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The simulated GPU has no addresses: its model takes blocks to be hashed over the tenant's channels, so that is how they are drawn.
 */
export function hashedPlacement(tenant: TenantSnapshot): BlockPlacement {
  const set = indicesIn(tenant.channels);
  return (block) => set[mixed(block) % set.length] ?? -1;
}

export function hashedTable(tenant: TenantSnapshot, { gpu, snapshot }: View): BlockTable {
  const { granuleBytes } = gpu;
  const columns = snapshot.channels.length;
  const blocks = Math.ceil((tenant.vramUsedKiB * 1024) / granuleBytes);
  const placement = hashedPlacement(tenant);
  const isOwn = new Set(indicesIn(tenant.channels));
  const used = bytesLong(tenant.vramUsedKiB * 1024);
  const inBlocks = `${used} in blocks of ${bytesLong(granuleBytes)}`;
  const aLine = `${bytesLong(BLOCKS_A_LINE * granuleBytes)} a row`;
  return {
    heads: [
      [
        `${inBlocks}, ${aLine}, as hashed over its channels`,
        `${inBlocks}, hashed over its channels`,
        inBlocks,
      ],
    ],
    columns,
    owners: null,
    side: null,
    noteColumns: 0,
    lines: Math.ceil(blocks / BLOCKS_A_LINE),
    line(index) {
      const from = index * BLOCKS_A_LINE;
      const counts = new Uint8Array(columns);
      for (let block = from; block < Math.min(blocks, from + BLOCKS_A_LINE); block++) {
        const channel = placement(block);
        if (channel >= 0 && channel < columns) counts[channel]!++;
      }
      const levels = Array.from(counts, (count, channel) =>
        isOwn.has(channel) ? (Math.min(count, 4) as Level) : null,
      );
      return { label: bytes(from * granuleBytes), levels, note: "", unsettled: false };
    },
  };
}
