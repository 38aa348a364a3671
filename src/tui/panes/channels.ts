/**
 * The VRAM channels, a column each: upwards how busy it is, in the hue of the tenant that moves most through it; below that the
 * tenant's letter and whom the channel belongs to; and downwards whose memory lies there. Zoomed, a tenant's blocks as well.
 */
import type { ChannelSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import { bytes, digits3, percent } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { UiState } from "../store.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import { paintBlockMap, rowsOfBlocks } from "./block-map.ts";
import { fullestOf, paintMemory, residentsOf } from "./channel-memory.ts";
import { draggedShare, ownersWith, splitOf } from "./channel-split.ts";
import type { Pane, Scene } from "./pane.ts";

export interface Bands {
  readonly perBand: number;
  readonly columnWidth: number;
  /** Rows of one band: its bars, the letters, and from 4 rows on the owners. */
  readonly bandRows: number;
}

const WIDEST_COLUMN = 4;
export const LABEL_COLUMNS = 4;
/** From so many rows of a band on, a part of them shows whose memory lies in the channels. */
const OCCUPANCY_FROM_ROWS = 9;
const OCCUPANCY_SHARE = 0.3;
const OWNER_GLYPH: Readonly<Record<ChannelSnapshot["owner"], string>> = {
  LS: "L",
  BE: "b",
  shared: "=",
  free: "·",
};

/** The fewest bands in which a channel has two columns and its bar two rows; failing that, the fewest that fit at all. */
export function fitBands(channels: number, width: number, height: number): Bands | null {
  let fallback: Bands | null = null;
  for (let bands = 1; bands <= channels && Math.floor(height / bands) >= 2; bands++) {
    const perBand = Math.ceil(channels / bands);
    const columnWidth = Math.min(WIDEST_COLUMN, Math.floor(width / perBand));
    if (columnWidth < 1) continue;
    const found = { perBand, columnWidth, bandRows: Math.floor(height / bands) };
    if (columnWidth >= 2 && found.bandRows >= 4) return found;
    fallback ??= found;
  }
  return fallback;
}

/** Rows of a band from the top: bars, letters, owners, and what lies in the channels. */
interface BandParts {
  readonly barRows: number;
  readonly hasOwners: boolean;
  readonly memoryRows: number;
}

function partsOf({ bandRows }: Bands): BandParts {
  const memoryRows = bandRows >= OCCUPANCY_FROM_ROWS ? Math.floor(bandRows * OCCUPANCY_SHARE) : 0;
  const hasOwners = bandRows >= 4;
  return { barRows: bandRows - (hasOwners ? 2 : 1) - memoryRows, hasOwners, memoryRows };
}

/** With less than this part of a channel's bytes a class is a guest there: channels change hands between two views. */
const LEAST_PART = 0.05;

/** Both classes moved their part of the bytes through the channel since the last view: one of them waited for the other. */
export const isConflict = ({ gBsByClass: { LS, BE } }: ChannelSnapshot): boolean =>
  LS > 0 && BE > 0 && Math.min(LS, BE) >= LEAST_PART * (LS + BE);

/** What a full bar may stand for, as a share of what a channel can do. */
const FULL_BARS = [0.05, 0.1, 0.25, 0.5, 1] as const;
const SCALE_STEP_MS = 1000;
const SCALE_STEPS = 10;

const busiest = ({ snapshot }: View): number => Math.max(0, ...snapshot.channels.map(({ share }) => share));

/** The least full bar that held all channels in the last seconds: bars that are told apart, on a scale that seldom changes. */
function fullBar({ history, atNs }: Scene): number {
  const past = history.series(busiest, "busiest channel", atNs, SCALE_STEP_MS, SCALE_STEPS);
  const most = Math.max(0, ...past.filter(Number.isFinite));
  return FULL_BARS.find((full) => full >= most) ?? 1;
}

interface Column {
  readonly channel: ChannelSnapshot;
  readonly owner: ChannelSnapshot["owner"];
  /** How far its bar reaches. */
  readonly barShare: number;
  /** BE's first channel by the split, by which it is dragged. */
  readonly isHandle: boolean;
}

function paintChannel(canvas: Canvas, parts: BandParts, column: Column, scene: Scene): void {
  const { channel, owner, isHandle, barShare } = column;
  const top = scene.identities.of(channel.topTenant);
  const busy = channel.topTenant >= 0;
  const style = busy ? { fg: top.colour } : theme.off;
  const conflict = isConflict(channel);
  canvas.column(0, 0, canvas.width, parts.barRows, barShare, style);
  canvas.text(0, parts.barRows, busy ? top.letter : "·", { ...style, underline: conflict });
  if (!parts.hasOwners) return;
  const y = parts.barRows + 1;
  const ownerStyle = { ...(conflict ? theme.bad : CLASS_STYLE[owner]), inverse: isHandle };
  canvas.text(0, y, (conflict ? "×" : OWNER_GLYPH[owner]).repeat(canvas.width), ownerStyle);
}

/** Runs of channels by owner: "LS 0-30 BE 31-46". */
export function ownerRuns(channels: readonly ChannelSnapshot[]): string {
  const runs: string[] = [];
  for (let from = 0; from < channels.length; ) {
    const owner = channels[from]!.owner;
    let last = from;
    while (channels[last + 1]?.owner === owner) last++;
    runs.push(`${owner} ${from === last ? from : `${from}-${last}`}`);
    from = last + 1;
  }
  return runs.join(" ");
}

function ownerCounts(channels: readonly ChannelSnapshot[]): string {
  const count = (owner: ChannelSnapshot["owner"]): number => channels.filter((c) => c.owner === owner).length;
  return (["LS", "BE", "shared", "free"] as const)
    .filter((owner) => count(owner) > 0)
    .map((owner) => `${owner} ${count(owner)}`)
    .join(" ");
}

/** Rows of the map while the pane is zoomed: the blocks have the rest. */
const ZOOMED_MAP_SHARE = 0.55;
const LEAST_BLOCK_ROWS = 4;

/** Whether a tenant's blocks are on the screen, where there is room for them. */
export const showsBlocks = ({ zoomed, focus }: UiState): boolean => zoomed && focus === "channels";

/** Rows that the columns have of the pane's. */
function mapRowsOf({ ui }: Scene, height: number): number {
  const mapRows = Math.ceil(height * ZOOMED_MAP_SHARE);
  return showsBlocks(ui) && height - mapRows >= LEAST_BLOCK_ROWS ? mapRows : height;
}

function paintMap(canvas: Canvas, scene: Scene): void {
  const { channels: all, tenants } = scene.view.snapshot;
  const bands = fitBands(all.length, canvas.width - LABEL_COLUMNS, canvas.height);
  if (bands === null) {
    canvas.text(0, 0, `no room for ${all.length} channels`, theme.faint);
    return;
  }
  const parts = partsOf(bands);
  const residents = residentsOf(tenants, all.length);
  const fullestKiB = fullestOf(residents, all.length);
  const full = fullBar(scene);
  const owners = ownersWith(scene);
  const split = splitOf(scene);
  // Wide columns stand apart by a column.
  const width = bands.columnWidth >= 3 ? bands.columnWidth - 1 : bands.columnWidth;
  for (const [index, channel] of all.entries()) {
    const y = Math.floor(index / bands.perBand) * bands.bandRows;
    const x = LABEL_COLUMNS + (index % bands.perBand) * bands.columnWidth;
    if (x === LABEL_COLUMNS) paintLabels(canvas, y, parts, { index, full, fullestKiB });
    const barShare = channel.share / full;
    const column = { channel, owner: owners[index]!, barShare, isHandle: index === split };
    paintChannel(canvas.part({ x, y, width, height: bands.bandRows }), parts, column, scene);
    const memory = { x, y: y + bands.bandRows - parts.memoryRows, width, height: parts.memoryRows };
    paintMemory(canvas.part(memory), residents, index, fullestKiB, scene);
  }
}

interface Labels {
  /** The band's first channel. */
  readonly index: number;
  /** What the highest row of its bars and the lowest of its memory stand for. */
  readonly full: number;
  readonly fullestKiB: number;
}

function paintLabels(canvas: Canvas, y: number, parts: BandParts, { index, full, fullestKiB }: Labels): void {
  canvas.text(0, y, `${Math.round(full * 100)}%`.slice(0, LABEL_COLUMNS), theme.off);
  canvas.textRight(LABEL_COLUMNS - 1, y + parts.barRows, String(index), theme.off);
  if (parts.memoryRows === 0) return;
  const bottom = y + parts.barRows + 1 + parts.memoryRows;
  canvas.textRight(LABEL_COLUMNS, bottom, shortBytes(fullestKiB * 1024), theme.off);
}

/** At most four columns, the space behind them included where there is one. */
const shortBytes = (value: number): string => {
  const text = bytes(value);
  return text.length < LABEL_COLUMNS ? `${text} ` : text.replace(/\.\d*/, "").padEnd(LABEL_COLUMNS);
};

export const channels: Pane = {
  title: "VRAM channels",
  caption: ({ view, ui }) => {
    const { pending } = ui;
    if (pending?.kind === "setBeChannelShare")
      return [`BE ${percent(view.snapshot.beChannelShare)} -> ${percent(pending.share)} % once let go`];
    const all = view.snapshot.channels;
    const gBs = all.reduce((sum, channel) => sum + channel.gBs, 0);
    const moved = `${digits3(gBs).padStart(4)} GB/s`;
    const conflicts = all.filter(isConflict).length;
    const both = conflicts === 0 ? "" : ` · × ${conflicts} by both`;
    const counts = ownerCounts(all);
    return [
      `${ownerRuns(all)}${both} · ${moved}`,
      `${counts}${both} · ${moved}`,
      `${counts} · ${moved}`,
      counts,
    ];
  },
  paint(canvas, scene) {
    const mapRows = mapRowsOf(scene, canvas.height);
    paintMap(canvas.part({ x: 0, y: 0, width: canvas.width, height: mapRows }), scene);
    if (mapRows === canvas.height) return;
    const rest = { x: 0, y: mapRows, width: canvas.width, height: canvas.height - mapRows };
    paintBlockMap(canvas.part(rest), scene);
  },
  scrollable: (scene, { height }) => (mapRowsOf(scene, height) === height ? undefined : rowsOfBlocks(scene)),
  onClick(scene, spot) {
    const index = channelAt(scene, spot);
    const tenant = index === null ? -1 : (scene.view.snapshot.channels[index]?.topTenant ?? -1);
    return tenant < 0 ? null : { kind: "select", tenant };
  },
  onDrag(scene, from, to) {
    const start = channelAt(scene, from);
    const end = channelAt(scene, to);
    if (start === null || end === null) return null;
    const share = draggedShare(scene, start, end);
    return share === null ? null : { kind: "setBeChannelShare", share };
  },
};

/** The channel whose column a cell lies in, or is nearest to within its band; null: there is none. */
function channelAt(
  scene: Scene,
  spot: { x: number; y: number; width: number; height: number },
): number | null {
  const { length } = scene.view.snapshot.channels;
  const mapRows = mapRowsOf(scene, spot.height);
  const bands = fitBands(length, spot.width - LABEL_COLUMNS, mapRows);
  if (bands === null || spot.y < 0 || spot.y >= mapRows) return null;
  const column = Math.floor((spot.x - LABEL_COLUMNS) / bands.columnWidth);
  const within = Math.max(0, Math.min(bands.perBand - 1, column));
  return Math.min(length - 1, Math.floor(spot.y / bands.bandRows) * bands.perBand + within);
}
