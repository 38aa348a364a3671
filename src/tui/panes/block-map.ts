/**
 * Where the blocks of one tenant's memory lie: a row for each run of consecutive blocks, a column for each channel, and the more
 * blocks of the run lie in the channel, the darker the cell. Blocks are as large as the GPU's colouring granule.
 */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import { bytes, bytesLong } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import { theme } from "../theme.ts";
import type { Scene } from "./pane.ts";
import { indicesIn } from "./tenant-row.ts";

/** The channel of a tenant's block, counted from the beginning of its memory. */
export type BlockPlacement = (block: number) => number;

/** So few that a cell tells one block from two. */
const BLOCKS_A_ROW = 64;
const DENSITY = ["·", "░", "▒", "▓", "█"] as const;
const LABEL_COLUMNS = 6;
const HEAD_ROWS = 2;

/** Mixes the bits of a whole number: the finaliser of MurmurHash3 (Appleby, public domain). */
function mixed(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The simulated GPU has no addresses: its model takes blocks to be hashed over the tenant's channels, so that is how they are
 * drawn. What a real GPU's shadow page table says would be another placement in this one's place.
 */
export function hashedPlacement(tenant: TenantSnapshot): BlockPlacement {
  const set = indicesIn(tenant.channels);
  return (block) => set[mixed(block) % set.length] ?? -1;
}

function chosenTenant({ view, ui }: Scene): TenantSnapshot | undefined {
  return view.snapshot.tenants.find(({ id }) => id === ui.selected);
}

const blocksOf = ({ vramUsedKiB }: TenantSnapshot, granuleBytes: number): number =>
  Math.ceil((vramUsedKiB * 1024) / granuleBytes);

/** Rows of the chosen tenant's map: how far it can be scrolled. */
export function rowsOfBlocks(scene: Scene): number {
  const tenant = chosenTenant(scene);
  if (tenant === undefined) return 1;
  return Math.max(1, Math.ceil(blocksOf(tenant, scene.view.gpu.granuleBytes) / BLOCKS_A_ROW));
}

function headOf({ view, identities }: Scene, tenant: TenantSnapshot): string {
  const { granuleBytes } = view.gpu;
  const source =
    view.backend === "sim"
      ? "as hashed over its channels"
      : "as spread over its channels, not read from the GPU";
  const used = bytesLong(tenant.vramUsedKiB * 1024);
  const row = bytesLong(BLOCKS_A_ROW * granuleBytes);
  return `${identities.of(tenant.id).letter} ${tenant.name}: ${used} in blocks of ${bytesLong(granuleBytes)}, ${row} a row, ${source}`;
}

export function paintBlockMap(canvas: Canvas, scene: Scene): void {
  const tenant = chosenTenant(scene);
  if (tenant === undefined) {
    canvas.text(0, 0, "choose a tenant to see its blocks", theme.faint);
    return;
  }
  const { view, ui, identities } = scene;
  const { granuleBytes } = view.gpu;
  const { length } = view.snapshot.channels;
  const { colour } = identities.of(tenant.id);
  const width = Math.max(1, Math.min(4, Math.floor((canvas.width - LABEL_COLUMNS) / Math.max(1, length))));
  canvas.text(0, 0, headOf(scene, tenant), { fg: colour });
  for (let channel = 0; channel < length; channel += Math.ceil(8 / width))
    canvas.text(LABEL_COLUMNS + channel * width, 1, String(channel), theme.off);
  const placement = hashedPlacement(tenant);
  const blocks = blocksOf(tenant, granuleBytes);
  const isOwn = new Set(indicesIn(tenant.channels));
  const first = Math.min(ui.scroll.channels ?? 0, rowsOfBlocks(scene) - 1);
  for (let y = HEAD_ROWS; y < canvas.height; y++) {
    const from = (first + y - HEAD_ROWS) * BLOCKS_A_ROW;
    if (from >= blocks) return;
    canvas.textRight(LABEL_COLUMNS - 1, y, bytes(from * granuleBytes), theme.off);
    const counts = new Uint8Array(length);
    for (let block = from; block < Math.min(blocks, from + BLOCKS_A_ROW); block++) {
      const channel = placement(block);
      if (channel >= 0 && channel < length) counts[channel]!++;
    }
    for (const [channel, count] of counts.entries()) {
      if (!isOwn.has(channel)) continue;
      const style = count === 0 ? theme.off : { fg: colour };
      canvas.text(LABEL_COLUMNS + channel * width, y, DENSITY[Math.min(count, 4)]!.repeat(width), style);
    }
  }
}
