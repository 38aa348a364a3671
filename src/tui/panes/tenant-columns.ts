/** The columns of the tenants' table: those that an operator steers by come first, further figures as the screen has room. */
import { bytes, count, digits3, ms, percent, whole } from "../format.ts";
import type { Identity } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { CLASS_STYLE, idleTile, theme } from "../theme.ts";
import { paintBlame } from "./blame.ts";
import { paintSpark } from "./stack.ts";
import type { Column } from "./table.ts";
import { budgetLeft, SLO_GOAL, type TenantFacts, timesAlone } from "./tenant-row.ts";

/** What was, a figure a column of a sparkline, the newest last. */
export type Past = (steps: number) => Float64Array;

export interface TenantRow extends TenantFacts {
  readonly identity: Identity;
  readonly chosen: boolean;
  readonly tagged: boolean;
  readonly pastP99Ms: Past;
  readonly pastSmShare: Past;
}

type TenantColumn = Column<TenantRow>;

const nameStyle = ({ tenant, identity }: TenantRow): Style =>
  tenant.leaving ? theme.off : { fg: identity.colour };

/** Good below 80 % of the SLO, bad above it. */
function latencyStyle(latencyMs: number, sloMs: number | null): Style {
  if (sloMs === null || Number.isNaN(latencyMs)) return theme.plain;
  return latencyMs > sloMs ? theme.bad : latencyMs > sloMs * 0.8 ? theme.warn : theme.plain;
}

function sloStyle(attainment: number | null): Style {
  if (attainment === null) return theme.off;
  return attainment >= SLO_GOAL ? theme.good : attainment >= 0.95 ? theme.warn : theme.bad;
}

/** Less than a fifth left is worth a look, nothing left is bad. */
function budgetStyle(left: number): Style {
  if (Number.isNaN(left)) return theme.off;
  return left <= 0 ? theme.bad : left < 0.2 ? theme.warn : theme.plain;
}

/** Overspent tenfold and more is all the same. */
const LEAST_BUDGET = -9.99;

/** "<" marks those that clients outside have brought, as it does in the log. */
function loadText({ tenant: { leaving, loadOn, load, client } }: TenantFacts): string {
  if (leaving) return "leaving";
  const what = loadOn ? load : "off";
  if (client === undefined) return what;
  return what === "clients" ? `< ${client}` : `${what} < ${client}`;
}

const drawBlame = (canvas: Canvas, x: number, y: number, width: number, { tenant }: TenantRow): void =>
  paintBlame(canvas, { x, y, width, height: 1 }, tenant.blameMs);

/** What it got as a bar, and hatched behind it what it held. */
function drawSms(canvas: Canvas, x: number, y: number, width: number, { tenant, identity }: TenantRow): void {
  canvas.bar(x, y, width, tenant.recentSmRan, { fg: identity.colour });
  const ranEnd = Math.ceil(tenant.recentSmRan * width);
  const heldEnd = Math.round(tenant.recentSmShare * width);
  canvas.text(x + ranEnd, y, "░".repeat(Math.max(0, heldEnd - ranEnd)), idleTile(identity.colour));
}

/** Full height is the SLO, or the worst of what is shown where that is beyond it. */
function drawP99(canvas: Canvas, x: number, y: number, width: number, row: TenantRow): void {
  const past = row.pastP99Ms(width);
  const worst = Math.max(row.tenant.sloMs ?? 0, ...past.filter(Number.isFinite));
  const style = latencyStyle(row.tenant.recentLatencyMs.p99, row.tenant.sloMs);
  paintSpark(canvas, x, y, past, { least: 0, most: worst }, style === theme.plain ? theme.faint : style);
}

/** Full height is the whole GPU. */
function drawSmShare(canvas: Canvas, x: number, y: number, width: number, row: TenantRow): void {
  paintSpark(canvas, x, y, row.pastSmShare(width), { least: 0, most: 1 }, { fg: row.identity.colour });
}

const left = (
  title: string,
  width: number,
  widest: number,
  priority: number,
  text: (row: TenantRow) => string,
): TenantColumn => ({ title, align: "left", width, widest, priority, text, rank: text });

type Draw = NonNullable<TenantColumn["draw"]>;

const drawn = (title: string, width: number, widest: number, priority: number, draw: Draw): TenantColumn => ({
  title,
  align: "left",
  width,
  widest,
  priority,
  draw,
  text: () => "",
});

/** A figure that the column is sorted by as well. NaN: not known. */
const figure = (
  title: string,
  width: number,
  priority: number,
  of: (row: TenantRow) => number,
  say: (value: number) => string,
  style?: (row: TenantRow) => Style,
): TenantColumn => ({
  title,
  align: "right",
  width,
  priority,
  text: (row) => say(of(row)),
  rank: of,
  ...(style === undefined ? {} : { style }),
});

const faint = (): Style => theme.faint;
const rateStyle = (gBs: number): Style => (gBs > 0 ? theme.plain : theme.off);

/** Tagged and chosen are two marks in one column. */
const signOf = ({ chosen, tagged }: TenantRow): string =>
  chosen && tagged ? "◆" : chosen ? "▸" : tagged ? "●" : " ";

/** A reservation below the weights means that the rest is streamed in at every request: worth a look. */
const vramStyle = ({ tenant }: TenantFacts): Style =>
  tenant.vramKiB < tenant.weightKiB ? theme.warn : theme.plain;

const lost = ({ tenant: { requests } }: TenantFacts): number =>
  requests.rejected + requests.aborted + requests.failed;

export const TENANT_COLUMNS: readonly TenantColumn[] = [
  {
    title: "",
    align: "left",
    width: 2,
    priority: 0,
    text: (row) => `${signOf(row)}${row.identity.letter}`,
    style: nameStyle,
  },
  { ...left("tenant", 14, 26, 0, ({ tenant }) => tenant.name), narrowest: 8, style: nameStyle },
  {
    ...left("", 2, 2, 1, ({ tenant }) => tenant.class),
    name: "class",
    style: ({ tenant }) => CLASS_STYLE[tenant.class],
  },
  { ...left("model", 10, 20, 7, ({ tenant }) => tenant.model), style: faint },
  {
    ...left("load", 9, 24, 5, loadText),
    style: ({ tenant }) => (tenant.loadOn ? theme.plain : theme.off),
  },
  figure("req/s", 5, 10, ({ tenant }) => tenant.throughputPerS, digits3),
  figure("good/s", 6, 15, ({ tenant }) => (tenant.sloMs === null ? Number.NaN : tenant.goodputPerS), digits3),
  figure("queue", 5, 21, ({ tenant }) => tenant.requests.inFlight, count),
  figure("p50 ms", 6, 2, ({ tenant }) => tenant.recentLatencyMs.p50, ms),
  figure(
    "p99 ms",
    6,
    0,
    ({ tenant }) => tenant.recentLatencyMs.p99,
    ms,
    ({ tenant }) => latencyStyle(tenant.recentLatencyMs.p99, tenant.sloMs),
  ),
  drawn("p99 then", 8, 20, 18, drawP99),
  figure("×alone", 6, 11, ({ tenant }) => timesAlone(tenant), digits3),
  figure("run p50", 7, 17, ({ tenant }) => tenant.latencyMs.p50, ms, faint),
  figure("run p99", 7, 16, ({ tenant }) => tenant.latencyMs.p99, ms, faint),
  figure("SLO ms", 6, 20, ({ tenant }) => tenant.sloMs ?? Number.NaN, ms, faint),
  figure(
    "SLO %",
    5,
    1,
    ({ tenant }) => tenant.sloAttainment ?? Number.NaN,
    percent,
    ({ tenant }) => sloStyle(tenant.sloAttainment),
  ),
  figure(
    "left%",
    5,
    12,
    ({ tenant }) => Math.max(LEAST_BUDGET, budgetLeft(tenant)),
    percent,
    ({ tenant }) => budgetStyle(budgetLeft(tenant)),
  ),
  figure("lost", 5, 22, lost, count, faint),
  figure("SM %", 4, 1, ({ tenant }) => tenant.recentSmRan, percent),
  drawn("SM then", 8, 20, 19, drawSmShare),
  drawn("ran░held", 8, 16, 24, drawSms),
  {
    ...figure("chan", 5, 14, ({ channelCount }) => channelCount, String, faint),
    text: ({ channels }) => channels,
  },
  figure(
    "H2D",
    4,
    3,
    ({ inGBs }) => inGBs,
    digits3,
    ({ inGBs }) => rateStyle(inGBs),
  ),
  figure(
    "D2H",
    4,
    4,
    ({ outGBs }) => outGBs,
    digits3,
    ({ outGBs }) => rateStyle(outGBs),
  ),
  figure("nice", 7, 1, ({ tenant }) => tenant.nice, whole),
  figure("buys%", 5, 13, ({ niceShare }) => niceShare, percent, faint),
  figure("VRAM", 5, 6, ({ tenant }) => tenant.vramKiB, kib, vramStyle),
  figure("used", 5, 13, ({ tenant }) => tenant.vramUsedKiB, kib, faint),
  figure("weights", 7, 25, ({ tenant }) => tenant.weightKiB, kib, faint),
  figure("evicted", 7, 26, ({ tenant }) => tenant.preemptions, count, faint),
  drawn("░queue▒▓copy▚SM▞shared█run", 26, 40, 23, drawBlame),
];

function kib(value: number): string {
  return bytes(value * 1024);
}
