/** The block map of a real GPU: what its shadow page tables say. Columns are the VRAM partitions that were found in its pool. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { BlockMap, BlockRow, View } from "../../engine/session.ts";
import { bytes, bytesLong, percent } from "../format.ts";
import type { BlockLine, BlockTable, Level } from "./block-table.ts";

const BLOCK_BYTES = 1024;
/** "activations, no place" */
const NOTE_COLUMNS = 24;

const sum = (rows: readonly BlockRow[], of: (row: BlockRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

/** Why nothing of a tenant's memory is coloured; null: some is, or is about to be. */
function uncolouredWhy(map: BlockMap, { health }: View): string | null {
  if (map.isBe.length === 0) return health?.memory.uncolouredWhy ?? "the pool has no colours";
  if (map.side === null) return "the policy has never confined it to a part of the channels";
  const { shortage = null } = health?.memory ?? {};
  return shortage?.tenant === map.tenant ? shortage.why : null;
}

function placeOf({ side, isBe }: BlockMap): string {
  const own = isBe.filter((be) => be === (side === "BE")).length;
  return `${side}'s ${own} of ${isBe.length} partitions`;
}

function stateOf(rows: readonly BlockRow[]): string[] {
  const size = (of: (row: BlockRow) => number): string => bytesLong(sum(rows, of) * BLOCK_BYTES);
  const linear = rows.filter(({ hasColours }) => !hasColours);
  const parts: [boolean, string][] = [
    [rows.some(({ missing }) => missing > 0), `${size(({ missing }) => missing)} without a place`],
    [rows.some(({ misplaced }) => misplaced > 0), `${size(({ misplaced }) => misplaced)} to move`],
    [rows.some(({ behind }) => behind > 0), `${size(({ behind }) => behind)} linear for now`],
    [linear.length > 0, `${bytesLong(sum(linear, ({ blocks }) => blocks) * BLOCK_BYTES)} always linear`],
  ];
  return parts.filter(([isSo]) => isSo).map(([, words]) => words);
}

function headsOf(map: BlockMap, view: View): readonly (readonly string[])[] {
  const why = uncolouredWhy(map, view);
  const { rows, poolBlocks, wastedBlocks } = map;
  if (why !== null) {
    const all = bytesLong(sum(rows, ({ blocks }) => blocks) * BLOCK_BYTES);
    return [[`${all}, not coloured: ${why}`, `not coloured: ${why}`]];
  }
  const placed = sum(rows, ({ hasColours, blocks, missing }) => (hasColours ? blocks - missing : 0));
  const coloured = `${bytesLong(placed * BLOCK_BYTES)} in ${placeOf(map)}`;
  const state = stateOf(rows);
  const wasted = `${percent(wastedBlocks / poolBlocks)} % of the pool lies in both classes' partitions and serves nobody`;
  return [
    [[coloured, ...state].join(" · "), [coloured, ...state.slice(0, 1)].join(" · "), coloured],
    [wasted, `${percent(wastedBlocks / poolBlocks)} % of the pool serves nobody`],
  ];
}

/** A storage without a coloured copy, or with one for which there is no place to be. */
const isLinear = ({ hasColours }: BlockRow, { isBe, side }: BlockMap): boolean =>
  !hasColours || isBe.length === 0 || side === null;

function noteOf(row: BlockRow, map: BlockMap): string {
  const use = row.firstBlock === 0 ? [row.use] : [];
  if (isLinear(row, map)) return [...use, "linear"].join(", ");
  const state = [
    ...(row.missing > 0 ? ["no place"] : []),
    ...(row.misplaced > 0 ? [`${row.misplaced} to move`] : []),
    // What has no place has nothing to be behind with.
    ...(row.missing === 0 && row.behind > 0 ? [`${row.behind} behind`] : []),
  ];
  return [...use, ...state].join(", ");
}

function lineOf(row: BlockRow, map: BlockMap, densest: number): BlockLine {
  const { hasColours, blocks, firstBlock, inPartition, missing, misplaced, behind } = row;
  const levels = inPartition.map((count, partition): Level => {
    if (count > 0) return Math.max(1, Math.round((4 * count) / blocks / densest)) as Level;
    return map.isBe[partition] === (map.side === "BE") ? 0 : null;
  });
  return {
    label: bytes((hasColours ? firstBlock : blocks) * BLOCK_BYTES),
    levels: isLinear(row, map) ? null : levels,
    note: noteOf(row, map),
    unsettled: !isLinear(row, map) && (missing > 0 || misplaced > 0 || behind > 0),
  };
}

/** Of a tenant whose map is known; else what is said instead. */
export function readTable(tenant: TenantSnapshot, view: View): BlockTable | string {
  const { blocks: map } = view;
  if (map === null || map.tenant !== tenant.id) return "where its blocks lie is not known at this moment";
  const shares = map.rows.flatMap(({ inPartition, blocks }) => inPartition.map((count) => count / blocks));
  const densest = Math.max(...shares, 1e-9);
  return {
    heads: headsOf(map, view),
    columns: map.isBe.length,
    owners: map.isBe.map((be) => (be ? "BE" : "LS")),
    side: map.side,
    noteColumns: NOTE_COLUMNS,
    lines: map.rows.length,
    line: (index) => lineOf(map.rows[index]!, map, densest),
  };
}
