/**
 * The VRAM channels: a bar each for how busy it is, in the hue of the tenant that moves most through it, that tenant's
 * letter, and whom the channel belongs to.
 */
import type { ChannelSnapshot } from "../../core/snapshot.ts";
import { digits3 } from "../format.ts";
import type { Identities } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";

export interface Bands {
  readonly perBand: number;
  readonly columnWidth: number;
  /** Rows of one band: its bars, the letters, and from 4 rows on the owners. */
  readonly bandRows: number;
}

const WIDEST_COLUMN = 4;
const LABEL_COLUMNS = 3;
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

function paintChannel(
  canvas: Canvas,
  x: number,
  y: number,
  bands: Bands,
  channel: ChannelSnapshot,
  who: Identities,
): void {
  const top = who.of(channel.topTenant);
  const busy = channel.topTenant >= 0;
  const style = busy ? { fg: top.colour } : theme.off;
  const width = bands.columnWidth >= 3 ? bands.columnWidth - 1 : bands.columnWidth;
  const footRows = bands.bandRows >= 4 ? 2 : 1;
  const barRows = bands.bandRows - footRows;
  canvas.column(x, y, width, barRows, channel.share, style);
  canvas.text(x, y + barRows, busy ? top.letter : "·", style);
  if (footRows > 1)
    canvas.text(x, y + barRows + 1, OWNER_GLYPH[channel.owner].repeat(width), CLASS_STYLE[channel.owner]);
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

export const channels: Pane = {
  title: "VRAM channels",
  caption: ({ view }) => {
    const all = view.snapshot.channels;
    const gBs = all.reduce((sum, channel) => sum + channel.gBs, 0);
    const moved = `${digits3(gBs).padStart(4)} GB/s`;
    const counts = ownerCounts(all);
    return [`${ownerRuns(all)} · ${moved}`, `${counts} · ${moved}`, counts];
  },
  paint(canvas, { view, identities }: Scene) {
    const all = view.snapshot.channels;
    const bands = fitBands(all.length, canvas.width - LABEL_COLUMNS - 1, canvas.height);
    if (bands === null) {
      canvas.text(0, 0, `no room for ${all.length} channels`, theme.faint);
      return;
    }
    const { perBand, columnWidth, bandRows } = bands;
    for (const [index, channel] of all.entries()) {
      const column = index % perBand;
      const y = Math.floor(index / perBand) * bandRows;
      const letterRow = y + bandRows - (bandRows >= 4 ? 2 : 1);
      if (column === 0) canvas.textRight(LABEL_COLUMNS, letterRow, String(index), theme.off);
      paintChannel(canvas, LABEL_COLUMNS + 1 + column * columnWidth, y, bands, channel, identities);
    }
  },
};
