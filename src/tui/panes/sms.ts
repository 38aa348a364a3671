/**
 * The GPU's SMs as a map: one tile a TPC (two SMs), in the hues and with the letters of those who ran there most since the last view;
 * held but idle ones are hatched, and "!" tells of a tenant that was just made to leave. Below it what was.
 */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import { percent } from "../format.ts";
import type { Identities, Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { idleTile, theme, tile } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";
import { paintSmShare } from "./sm-share.ts";

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

/** Who ran less than this part of the longest is not shown beside them. */
const LEAST_BESIDE = 0.25;

interface Tile {
  /** Who ran there, the longest first; if nobody did, who holds it. */
  readonly tenants: readonly Identity[];
  readonly ran: boolean;
  /** A tenant was told to leave it a moment ago. */
  readonly evicted: boolean;
}

type Words = readonly [number, number, number];

const has = (words: Words, index: number): boolean => ((words[index >> 5]! >>> (index & 31)) & 1) === 1;

/** An eviction takes microseconds: so long it is shown, in seconds of the wall. */
const EVICTED_S = 0.5;
const VIEWS_PER_S = 30;

/** TPCs that tenants were told to leave in the last moment, as the words of a bit set. */
export function recentlyEvicted({ view, history, atNs }: Scene): Words {
  const words: [number, number, number] = [0, 0, 0];
  const views = Math.round(EVICTED_S * VIEWS_PER_S);
  const stepNs = (1e9 / VIEWS_PER_S) * Math.max(view.pace.achievedSpeed, Number.MIN_VALUE);
  for (let index = 0; index < views; index++) {
    const { tenants } = index === 0 ? view.snapshot : history.at(atNs - index * stepNs).snapshot;
    for (const { evictedTpcs } of tenants) for (const [at, word] of evictedTpcs.entries()) words[at]! |= word;
  }
  return words;
}

function tileOf(
  tenants: readonly TenantSnapshot[],
  tpc: number,
  identities: Identities,
  evicted: Words,
): Tile {
  const ranOf = (tenant: TenantSnapshot): number => tenant.tpcRan[tpc] ?? 0;
  const ran = tenants.filter((tenant) => ranOf(tenant) > 0).sort((a, b) => ranOf(b) - ranOf(a));
  const [longest] = ran;
  const shown =
    longest === undefined
      ? tenants.filter((tenant) => has(tenant.tpcs, tpc))
      : ran.filter((tenant) => ranOf(tenant) >= LEAST_BESIDE * ranOf(longest));
  return {
    tenants: shown.map(({ id }) => identities.of(id)),
    ran: longest !== undefined,
    evicted: has(evicted, tpc),
  };
}

/** The longest of them that fit, in the order of their letters; "+" stands for others where more than one fits. */
function stripsOf(tenants: readonly Identity[], room: number): readonly Identity[] {
  const isCut = tenants.length > room && room > 1;
  const kept = tenants.slice(0, isCut ? room - 1 : room);
  const ordered = kept.sort((a, b) => (a.letter < b.letter ? -1 : 1));
  return isCut ? [...ordered, OTHERS] : ordered;
}

/** One strip a tenant, and "!" in the last corner, or a line below the letters where they fill the tile. */
function paintTile(canvas: Canvas, x: number, y: number, grid: Grid, { tenants, ran, evicted }: Tile): void {
  // Wide tiles stand apart by a column; narrow ones touch, and their letters tell them apart.
  const width = grid.tileWidth >= 3 ? grid.tileWidth - 1 : grid.tileWidth;
  const height = grid.tileHeight >= 3 ? grid.tileHeight - 1 : grid.tileHeight;
  const strips = ran ? stripsOf(tenants, width) : [];
  const isFull = width * height <= Math.max(1, strips.length);
  const underline = evicted && isFull;
  const corner = (style: Style): void => {
    if (evicted && !isFull) canvas.text(x + width - 1, y + height - 1, "!", { ...style, bold: true });
  };
  if (tenants.length === 0) {
    canvas.text(x, y, "·", { ...theme.off, underline });
    corner(theme.warn);
    return;
  }
  if (!ran) {
    const { letter, colour } = tenants.length > 1 ? OTHERS : tenants[0]!;
    const style = { ...idleTile(colour), underline };
    for (let row = 0; row < height; row++) canvas.text(x, y + row, "░".repeat(width), style);
    canvas.text(x, y, letter, style);
    corner(theme.warn);
    return;
  }
  for (const [strip, { letter, colour }] of strips.entries()) {
    const from = Math.floor((strip * width) / strips.length);
    const to = Math.floor(((strip + 1) * width) / strips.length);
    const style = { ...tile(colour), underline };
    canvas.fill(x + from, y, to - from, height, style);
    canvas.text(x + from, y, letter, style);
  }
  corner(tile(strips.at(-1)!.colour));
}

/** TPCs on which tenants of the class are, however many of them. */
function heldBy(tenants: readonly TenantSnapshot[], tpcs: number): number {
  let held = 0;
  for (let tpc = 0; tpc < tpcs; tpc++) if (tenants.some((tenant) => has(tenant.tpcs, tpc))) held++;
  return held;
}

/** Percent of the GPU that the tenants filled since the last view. */
function ranPercent(tenants: readonly TenantSnapshot[], tpcs: number): string {
  const filled = tenants.reduce((sum, { tpcRan }) => sum + tpcRan.reduce((a, b) => a + b, 0), 0);
  return percent(Math.min(1, filled / tpcs)).padStart(4);
}

/** Returns the rows that it took. */
function paintMap(canvas: Canvas, scene: Scene): number {
  const { tpcs, tenants } = scene.view.snapshot;
  const grid = fitGrid(tpcs, canvas.width - LABEL_COLUMNS - 1, canvas.height);
  if (grid === null) {
    canvas.text(0, 0, `no room for ${tpcs} TPCs`, theme.faint);
    return 1;
  }
  const evicted = recentlyEvicted(scene);
  for (let tpc = 0; tpc < tpcs; tpc++) {
    const column = tpc % grid.columns;
    const y = Math.floor(tpc / grid.columns) * grid.tileHeight;
    if (column === 0) canvas.textRight(LABEL_COLUMNS, y, String(tpc), theme.off);
    const x = LABEL_COLUMNS + 1 + column * grid.tileWidth;
    paintTile(canvas, x, y, grid, tileOf(tenants, tpc, scene.identities, evicted));
  }
  return Math.ceil(tpcs / grid.columns) * grid.tileHeight;
}

/** From so many rows on, shares over time stand below the map. */
const CHART_FROM_ROWS = 14;
const CHART_COLUMNS = 30;
const LEAST_CHART_ROWS = 6;
const CHART_SHARE = 0.3;
/** As wide as any canvas that it is cut to. */
const ALL = { x: 0, y: 0, width: Number.POSITIVE_INFINITY };

export const sms: Pane = {
  title: "SMs by who ran",
  caption: ({ view: { snapshot } }) => {
    const { tpcs } = snapshot;
    const of = (wanted: TenantClass) => snapshot.tenants.filter((tenant) => tenant.class === wanted);
    const held = (wanted: TenantClass): string =>
      String(heldBy(of(wanted), tpcs)).padStart(String(tpcs).length);
    const ran = `LS ${ranPercent(of("LS"), tpcs)} BE ${ranPercent(of("BE"), tpcs)}`;
    const long = `ran ${ran} % · held ${held("LS")} + ${held("BE")} of ${tpcs} TPCs`;
    return [`${long} · ! evicted`, long, `${ran} %`, ran];
  },
  paint(canvas, scene) {
    const chartRows =
      canvas.height >= CHART_FROM_ROWS && canvas.width >= CHART_COLUMNS
        ? Math.max(LEAST_CHART_ROWS, Math.floor(canvas.height * CHART_SHARE))
        : 0;
    const mapRows = paintMap(canvas.part({ ...ALL, height: canvas.height - chartRows }), scene);
    if (chartRows > 0)
      paintSmShare(canvas.part({ ...ALL, y: mapRows, height: canvas.height - mapRows }), scene);
  },
};
