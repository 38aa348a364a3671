/**
 * The GPU's SMs as a map: one tile a TPC (two SMs), in the hues and with the letters of those who ran there most since the last view;
 * held but idle ones are hatched.
 */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import { percent } from "../format.ts";
import type { Identities, Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import { idleTile, theme, tile } from "../theme.ts";
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
/** Stands for the tenants for whom a tile has no strip. */
const OTHERS: Identity = { letter: "+", colour: theme.faint.fg };

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

/** Who ran less than this part of the longest is not shown beside them. */
const LEAST_BESIDE = 0.25;

interface Tile {
  /** Who ran there, the longest first; if nobody did, who holds it. */
  readonly tenants: readonly Identity[];
  readonly ran: boolean;
}

function tileOf(tenants: readonly TenantSnapshot[], tpc: number, identities: Identities): Tile {
  const ranOf = (tenant: TenantSnapshot): number => tenant.tpcRan[tpc] ?? 0;
  const ran = tenants.filter((tenant) => ranOf(tenant) > 0).sort((a, b) => ranOf(b) - ranOf(a));
  const [longest] = ran;
  const shown =
    longest === undefined
      ? tenants.filter((tenant) => holds(tenant, tpc))
      : ran.filter((tenant) => ranOf(tenant) >= LEAST_BESIDE * ranOf(longest));
  return {
    tenants: shown.map(({ id }) => identities.of(id)),
    ran: longest !== undefined,
  };
}

/** The longest of them that fit, in the order of their letters; "+" stands for others where more than one fits. */
function stripsOf(tenants: readonly Identity[], room: number): readonly Identity[] {
  const isCut = tenants.length > room && room > 1;
  const kept = tenants.slice(0, isCut ? room - 1 : room);
  const ordered = kept.sort((a, b) => (a.letter < b.letter ? -1 : 1));
  return isCut ? [...ordered, OTHERS] : ordered;
}

/** One strip a tenant. */
function paintTile(canvas: Canvas, x: number, y: number, grid: Grid, { tenants, ran }: Tile): void {
  // Wide tiles stand apart by a column; narrow ones touch, and their letters tell them apart.
  const width = grid.tileWidth >= 3 ? grid.tileWidth - 1 : grid.tileWidth;
  const height = grid.tileHeight >= 3 ? grid.tileHeight - 1 : grid.tileHeight;
  if (tenants.length === 0) {
    canvas.text(x, y, "·", theme.off);
    return;
  }
  if (!ran) {
    const { letter, colour } = tenants.length > 1 ? OTHERS : tenants[0]!;
    const style = idleTile(colour);
    for (let row = 0; row < height; row++) canvas.text(x, y + row, "░".repeat(width), style);
    canvas.text(x, y, letter, style);
    return;
  }
  const strips = stripsOf(tenants, width);
  for (const [strip, { letter, colour }] of strips.entries()) {
    const from = Math.floor((strip * width) / strips.length);
    const to = Math.floor(((strip + 1) * width) / strips.length);
    const style = tile(colour);
    canvas.fill(x + from, y, to - from, height, style);
    canvas.text(x + from, y, letter, style);
  }
}

/** TPCs on which tenants of the class are, however many of them. */
function heldBy(tenants: readonly TenantSnapshot[], tpcs: number): number {
  let held = 0;
  for (let tpc = 0; tpc < tpcs; tpc++) if (tenants.some((tenant) => holds(tenant, tpc))) held++;
  return held;
}

/** Percent of the GPU that the tenants filled since the last view. */
function ranPercent(tenants: readonly TenantSnapshot[], tpcs: number): string {
  const filled = tenants.reduce((sum, { tpcRan }) => sum + tpcRan.reduce((a, b) => a + b, 0), 0);
  return percent(Math.min(1, filled / tpcs)).padStart(4);
}

export const sms: Pane = {
  title: "SMs by who ran",
  caption: ({ view: { snapshot } }) => {
    const { tpcs } = snapshot;
    const of = (wanted: TenantClass) => snapshot.tenants.filter((tenant) => tenant.class === wanted);
    const held = (wanted: TenantClass): string =>
      String(heldBy(of(wanted), tpcs)).padStart(String(tpcs).length);
    const ran = `LS ${ranPercent(of("LS"), tpcs)} BE ${ranPercent(of("BE"), tpcs)}`;
    return [`ran ${ran} % · held ${held("LS")} + ${held("BE")} of ${tpcs} TPCs`, `${ran} %`, ran];
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
      const x = LABEL_COLUMNS + 1 + column * grid.tileWidth;
      paintTile(canvas, x, y, grid, tileOf(tenants, tpc, identities));
    }
  },
};
