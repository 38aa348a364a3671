/** One row a tenant: how it is loaded, how well it is served, and what it holds. */
import type { Blame, CopyQueueSnapshot, TenantSnapshot } from "../../core/snapshot.ts";
import { bytes, count, digits3, ms, percent, whole } from "../format.ts";
import type { Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { CLASS_STYLE, idleTile, theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";
import { type Column, paintTable } from "./table.ts";

interface Row {
  readonly tenant: TenantSnapshot;
  readonly identity: Identity;
  readonly chosen: boolean;
  readonly inGBs: number;
  readonly outGBs: number;
}

type TenantColumn = Column<Row>;

const nameStyle = ({ tenant, identity }: Row): Style =>
  tenant.leaving ? theme.off : { fg: identity.colour };

/** Good below 80 % of the SLO, bad above it. */
function latencyStyle(latencyMs: number, sloMs: number | null): Style {
  if (sloMs === null || Number.isNaN(latencyMs)) return theme.plain;
  return latencyMs > sloMs ? theme.bad : latencyMs > sloMs * 0.8 ? theme.warn : theme.plain;
}

function sloStyle(attainment: number | null): Style {
  if (attainment === null) return theme.off;
  return attainment >= 0.99 ? theme.good : attainment >= 0.95 ? theme.warn : theme.bad;
}

function loadText({ tenant }: Row): string {
  return tenant.leaving ? "leaving" : tenant.loadOn ? tenant.load : "off";
}

/** The parts of a latency in the order of a request's life, and the glyphs that tell them apart without colour. */
const BLAME_PARTS: readonly { readonly part: keyof Blame; readonly glyph: string; readonly style: Style }[] =
  [
    { part: "queue", glyph: "░", style: { fg: 0x6c6c6c } },
    { part: "copyWait", glyph: "▒", style: { fg: 0xd7af5f } },
    { part: "copy", glyph: "▓", style: { fg: 0xafaf5f } },
    { part: "smWait", glyph: "▚", style: { fg: 0xd7875f } },
    { part: "sharing", glyph: "▞", style: { fg: 0xd75f5f } },
    { part: "execution", glyph: "█", style: { fg: 0x5f8787 } },
  ];

/** Where the mean latency went, as one stacked bar. */
function drawBlame(canvas: Canvas, x: number, y: number, width: number, { tenant }: Row): void {
  const total = BLAME_PARTS.reduce((sum, { part }) => sum + tenant.blameMs[part], 0);
  if (!(total > 0)) return;
  let reached = 0;
  let at = 0;
  for (const { part, glyph, style } of BLAME_PARTS) {
    reached += tenant.blameMs[part];
    const end = Math.round((reached / total) * width);
    canvas.text(x + at, y, glyph.repeat(Math.max(0, end - at)), style);
    at = Math.max(at, end);
  }
}

/** What it got as a bar, and hatched behind it what it held. */
function drawSms(canvas: Canvas, x: number, y: number, width: number, { tenant, identity }: Row): void {
  canvas.bar(x, y, width, tenant.recentSmRan, { fg: identity.colour });
  const ranEnd = Math.ceil(tenant.recentSmRan * width);
  const heldEnd = Math.round(tenant.recentSmShare * width);
  canvas.text(x + ranEnd, y, "░".repeat(Math.max(0, heldEnd - ranEnd)), idleTile(identity.colour));
}

const left = (
  title: string,
  width: number,
  widest: number,
  priority: number,
): Omit<TenantColumn, "text"> => ({
  title,
  align: "left",
  width,
  widest,
  priority,
});

const right = (
  title: string,
  width: number,
  priority: number,
  text: (row: Row) => string,
  style?: (row: Row) => Style,
): TenantColumn => ({
  title,
  align: "right",
  width,
  priority,
  text,
  ...(style === undefined ? {} : { style }),
});

const COLUMNS: readonly TenantColumn[] = [
  {
    ...left("", 2, 2, 0),
    text: ({ identity, chosen }) => `${chosen ? "▸" : " "}${identity.letter}`,
    style: nameStyle,
  },
  { ...left("tenant", 11, 26, 0), text: ({ tenant }) => tenant.name, style: nameStyle },
  {
    ...left("", 2, 2, 1),
    text: ({ tenant }) => tenant.class,
    style: ({ tenant }) => CLASS_STYLE[tenant.class],
  },
  { ...left("model", 10, 20, 7), text: ({ tenant }) => tenant.model, style: () => theme.faint },
  {
    ...left("load", 9, 24, 5),
    text: loadText,
    style: (row) => (row.tenant.loadOn ? theme.plain : theme.off),
  },
  right("req/s", 5, 12, ({ tenant }) => digits3(tenant.throughputPerS)),
  right("queue", 5, 13, ({ tenant }) => count(tenant.requests.inFlight)),
  right("p50 ms", 6, 2, ({ tenant }) => ms(tenant.recentLatencyMs.p50)),
  right(
    "p99 ms",
    6,
    0,
    ({ tenant }) => ms(tenant.recentLatencyMs.p99),
    ({ tenant }) => latencyStyle(tenant.recentLatencyMs.p99, tenant.sloMs),
  ),
  right(
    "SLO ms",
    6,
    11,
    ({ tenant }) => (tenant.sloMs === null ? "–" : ms(tenant.sloMs)),
    () => theme.faint,
  ),
  right(
    "SLO %",
    5,
    1,
    ({ tenant }) => (tenant.sloAttainment === null ? "–" : percent(tenant.sloAttainment)),
    ({ tenant }) => sloStyle(tenant.sloAttainment),
  ),
  right(
    "lost",
    5,
    14,
    ({ tenant }) => count(tenant.requests.rejected + tenant.requests.aborted + tenant.requests.failed),
    () => theme.faint,
  ),
  right("SM %", 4, 1, ({ tenant }) => percent(tenant.recentSmRan)),
  { ...left("ran░held", 8, 16, 17), text: () => "", draw: drawSms },
  right(
    "H2D",
    4,
    3,
    ({ inGBs }) => digits3(inGBs),
    ({ inGBs }) => rateStyle(inGBs),
  ),
  right(
    "D2H",
    4,
    4,
    ({ outGBs }) => digits3(outGBs),
    ({ outGBs }) => rateStyle(outGBs),
  ),
  right("nice", 7, 1, ({ tenant }) => whole(tenant.nice)),
  right("VRAM", 5, 6, ({ tenant }) => bytes(tenant.vramKiB * 1024), vramStyle),
  right(
    "weights",
    7,
    10,
    ({ tenant }) => bytes(tenant.weightKiB * 1024),
    () => theme.faint,
  ),
  right(
    "evicted",
    7,
    16,
    ({ tenant }) => count(tenant.preemptions),
    () => theme.faint,
  ),
  { ...left("░queue▒▓copy▚SM▞shared█run", 26, 40, 15), text: () => "", draw: drawBlame },
];

const rateStyle = (gBs: number): Style => (gBs > 0 ? theme.plain : theme.off);

/** A reservation below the weights means that the rest is streamed in at every request: worth a look. */
function vramStyle({ tenant }: Row): Style {
  return tenant.vramKiB < tenant.weightKiB ? theme.warn : theme.plain;
}

const rates = (queues: readonly CopyQueueSnapshot[]): Map<number, number> =>
  new Map(queues.map((queue) => [queue.tenant, queue.gBs]));

export const tenants: Pane = {
  title: "tenants",
  caption: ({ view }) => {
    const all = view.snapshot.tenants;
    const ls = all.filter((tenant) => tenant.class === "LS").length;
    const classes = `${ls} LS, ${all.length - ls} BE`;
    return [`${classes} · last 10 s · H2D, D2H in GB/s`, classes];
  },
  paint(canvas, { view, ui, identities }: Scene) {
    const { snapshot } = view;
    if (snapshot.tenants.length === 0) {
      canvas.text(1, 1, "no tenants: press a to add one", theme.faint);
      return;
    }
    const inGBs = rates(snapshot.copies.h2d);
    const outGBs = rates(snapshot.copies.d2h);
    const rows = snapshot.tenants.map((tenant) => {
      const chosen = tenant.id === ui.selected;
      const moved = { inGBs: inGBs.get(tenant.id) ?? 0, outGBs: outGBs.get(tenant.id) ?? 0 };
      return { chosen, row: { tenant, identity: identities.of(tenant.id), chosen, ...moved } };
    });
    paintTable(canvas, COLUMNS, rows);
  },
};
