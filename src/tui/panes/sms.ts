/** The GPU's SMs as a map: one tile a TPC (two SMs), in the hue and with the letter of whoever holds it. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import type { Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import { theme, tile } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";

export interface Grid {
  readonly columns: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** Columns for the index of a row's first TPC, and the space behind it. */
const LABEL_COLUMNS = 3;
const WIDEST_TILE = 5;
const HIGHEST_TILE = 4;

/** The grid with the largest tiles, and of those the one whose last row is fullest. Tiles are about square: 2 x 1 cells. */
export function fitGrid(tiles: number, width: number, height: number): Grid | null {
  let best: Grid | null = null;
  let bestScore = 0;
  for (let columns = 1; columns <= tiles; columns++) {
    const tileWidth = Math.min(WIDEST_TILE, Math.floor(width / columns));
    const rows = Math.ceil(tiles / columns);
    const tileHeight = Math.min(HIGHEST_TILE, Math.floor(height / rows));
    if (tileWidth < 1 || tileHeight < 1) continue;
    const empty = rows * columns - tiles;
    const score = Math.min(tileWidth, tileHeight * 2) + tileWidth / 100 - empty / (100 * tiles);
    if (score <= bestScore) continue;
    bestScore = score;
    best = { columns, tileWidth, tileHeight };
  }
  return best;
}

const holds = (tenant: TenantSnapshot, tpc: number): boolean =>
  ((tenant.tpcs[tpc >> 5]! >>> (tpc & 31)) & 1) === 1;

/** A tile of one holder is filled with it; one of several is cut into as many strips as fit, "+" for the others. */
function paintTile(canvas: Canvas, x: number, y: number, grid: Grid, holders: readonly Identity[]): void {
  // Wide tiles stand apart by a column; narrow ones touch, and their letters tell them apart.
  const width = grid.tileWidth >= 3 ? grid.tileWidth - 1 : grid.tileWidth;
  const height = grid.tileHeight >= 3 ? grid.tileHeight - 1 : grid.tileHeight;
  if (holders.length === 0) {
    canvas.text(x, y, "·", theme.off);
    return;
  }
  const strips = Math.min(holders.length, width);
  for (let strip = 0; strip < strips; strip++) {
    const holder = holders[strip]!;
    const from = Math.floor((strip * width) / strips);
    const to = Math.floor(((strip + 1) * width) / strips);
    const others = strip === strips - 1 && holders.length > strips;
    const style = tile(others ? theme.faint.fg : holder.colour);
    canvas.fill(x + from, y, to - from, height, style);
    canvas.text(x + from, y, others ? "+" : holder.letter, style);
  }
}

/** TPCs on which tenants of the class are, however many of them. */
function heldBy(tenants: readonly TenantSnapshot[], tpcs: number, wanted: TenantClass): number {
  const peers = tenants.filter((tenant) => tenant.class === wanted);
  let held = 0;
  for (let tpc = 0; tpc < tpcs; tpc++) if (peers.some((tenant) => holds(tenant, tpc))) held++;
  return held;
}

export const sms: Pane = {
  title: "SMs by owner",
  caption: ({ view: { snapshot } }) => {
    const held = (wanted: TenantClass): string => {
      const tpcs = heldBy(snapshot.tenants, snapshot.tpcs, wanted);
      return String(tpcs).padStart(String(snapshot.tpcs).length);
    };
    const short = `LS ${held("LS")} BE ${held("BE")}`;
    return [`${short} of ${snapshot.tpcs} TPCs`, short];
  },
  paint(canvas, { view, identities }: Scene) {
    const { tpcs, tenants } = view.snapshot;
    const grid = fitGrid(tpcs, canvas.width - LABEL_COLUMNS - 1, canvas.height);
    if (grid === null) {
      canvas.text(0, 0, `no room for ${tpcs} TPCs`, theme.faint);
      return;
    }
    for (let tpc = 0; tpc < tpcs; tpc++) {
      const column = tpc % grid.columns;
      const y = Math.floor(tpc / grid.columns) * grid.tileHeight;
      if (column === 0) canvas.textRight(LABEL_COLUMNS, y, String(tpc), theme.off);
      const holders = tenants
        .filter((tenant) => holds(tenant, tpc))
        .map((tenant) => identities.of(tenant.id));
      paintTile(canvas, LABEL_COLUMNS + 1 + column * grid.tileWidth, y, grid, holders);
    }
  },
};
