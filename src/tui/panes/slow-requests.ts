/** The slowest requests of a tenant: a line each, and the chosen one large, with who delayed it on which resource. */
import type { Delay, SlowRequest } from "../../core/snapshot.ts";
import { clock, ms } from "../format.ts";
import type { Identities } from "../identity.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Rect } from "../screen/screen.ts";
import { textWidth, truncate } from "../screen/width.ts";
import { theme } from "../theme.ts";
import { BLAME_PARTS, type BlamePart, blamePart, paintBlameLegend } from "./blame.ts";
import { scrollTo } from "./table.ts";

const NS_PER_MS = 1e6;
/** With less room a delay is told in few words. */
const SENTENCE_COLUMNS = 26;

const NOBODY = "nobody delayed it";

/** How a delay is told: what was waited for, and whose fault that was; in few words where there is little room. */
export function sayDelay(
  { by, byName, resource, ms: lostMs }: Delay,
  room = Number.POSITIVE_INFINITY,
): string {
  const isShort = room < SENTENCE_COLUMNS;
  const lost = isShort ? ms(lostMs) : `${ms(lostMs)} ms`;
  if (resource === "queue") return isShort ? `${lost} queue` : `${lost} behind earlier requests`;
  const whom = by === -1 ? "its own parameters" : byName;
  if (isShort) return `${lost} ${resource} ${by === -1 ? "own" : byName}`;
  return resource === "VRAM" ? `${lost} in VRAM: ${whom}` : `${lost} for ${resource}: ${whom}`;
}

/** What the request did most from one moment to another. */
function mostOf({ phases }: SlowRequest, fromNs: number, untilNs: number): BlamePart | null {
  let mostNs = 0;
  let most: BlamePart | null = null;
  for (const phase of phases) {
    const ns = Math.min(untilNs, phase.untilNs) - Math.max(fromNs, phase.fromNs);
    if (ns <= mostNs) continue;
    mostNs = ns;
    most = blamePart(phase.part);
  }
  return most;
}

/** The request from its arrival on, a part a column; the whole width is `spanMs`. */
function paintTimeline(
  canvas: Canvas,
  { x, y, width, height }: Rect,
  request: SlowRequest,
  spanMs: number,
): void {
  const columns = Math.max(1, Math.round((request.latencyMs / spanMs) * width));
  const nsPerColumn = (request.latencyMs * NS_PER_MS) / columns;
  for (let column = 0; column < columns; column++) {
    const fromNs = request.arrivedNs + column * nsPerColumn;
    const part = mostOf(request, fromNs, fromNs + nsPerColumn);
    if (part === null) continue;
    for (let row = 0; row < height; row++) canvas.text(x + column, y + row, part.glyph, part.style);
  }
}

const TIME_COLUMNS = 10;
const MS_COLUMNS = 6;
/** With fewer columns the time of arrival is left out. */
const TIME_FROM = 56;
const LEAST_BAR = 8;
const LEAST_DELAY = 12;
/** Of what is left, so much is the bar's; the rest says who delayed it. */
const BAR_SHARE = 0.45;

/** One line a request, the chosen one marked; scrolls so that it shows. */
export function paintSlowList(
  canvas: Canvas,
  slowest: readonly SlowRequest[],
  chosen: number,
  identities: Identities,
): void {
  const first = scrollTo(chosen, slowest.length, canvas.height);
  const [slow] = slowest;
  if (slow === undefined || canvas.height === 0) return;
  const hasTime = canvas.width >= TIME_FROM;
  const barX = 2 + (hasTime ? TIME_COLUMNS : 0) + MS_COLUMNS + 1;
  const left = Math.max(0, canvas.width - barX);
  const bar = left < LEAST_BAR + LEAST_DELAY ? left : Math.max(LEAST_BAR, Math.floor(left * BAR_SHARE));
  for (let y = 0; y < canvas.height; y++) {
    const request = slowest[first + y];
    if (request === undefined) return;
    const isChosen = first + y === chosen;
    if (isChosen) canvas.fill(0, y, canvas.width, 1, theme.chosen);
    canvas.text(0, y, isChosen ? "▸" : " ", theme.strong);
    if (hasTime) canvas.text(2, y, clock(request.arrivedNs), theme.faint);
    canvas.textRight(barX - 1, y, ms(request.latencyMs), theme.plain);
    paintTimeline(canvas, { x: barX, y, width: bar, height: 1 }, request, slow.latencyMs);
    paintCulprits(canvas, barX + bar + 1, y, request, identities);
  }
}

/** Whose letter stands before a delay: nobody's before what is its own tenant's. */
function paintDelay(
  canvas: Canvas,
  x: number,
  y: number,
  delay: Delay,
  atNs: number,
  identities: Identities,
): number {
  const who = delay.by === -1 ? null : identities.at(delay.by, atNs);
  const at = canvas.text(
    x,
    y,
    who?.letter ?? "·",
    who === null ? theme.faint : { fg: who.colour, bold: true },
  );
  const room = canvas.width - at - 1;
  return canvas.text(at + 1, y, truncate(sayDelay(delay, room), room), theme.plain);
}

/** As many delays as there is room for: the first cut to it, the others whole. */
function paintCulprits(
  canvas: Canvas,
  start: number,
  y: number,
  request: SlowRequest,
  identities: Identities,
): void {
  let x = start;
  if (request.delays.length === 0) canvas.text(x, y, truncate(NOBODY, canvas.width - x), theme.faint);
  for (const [nth, delay] of request.delays.entries()) {
    const width = 2 + textWidth(sayDelay(delay));
    if (nth > 0 && x + width > canvas.width) return;
    x = paintDelay(canvas, x, y, delay, request.arrivedNs, identities) + 2;
  }
}

/** Rows of a request shown large but for its delays: its title, the bar, the time below it, and its parts. */
const FIXED_ROWS = 5;
const BAR_ROWS = 2;
const DELAY_BAR = 12;
/** Marks below the bar stand at least so far apart. */
const MARK_COLUMNS = 12;

export const LARGE_ROWS = FIXED_ROWS + 2;

/** One request over the whole canvas: what it did when, and everybody who delayed it. */
export function paintSlowRequest(canvas: Canvas, request: SlowRequest, identities: Identities): void {
  const { arrivedNs, latencyMs, phases, delays } = request;
  const title = canvas.text(0, 0, `request ${request.id}`, theme.strong);
  canvas.text(title + 1, 0, `arrived at ${clock(arrivedNs)}, took ${ms(latencyMs)} ms`, theme.faint);
  paintTimeline(canvas, { x: 0, y: 1, width: canvas.width, height: BAR_ROWS }, request, latencyMs);
  const marks = Math.max(1, Math.floor(canvas.width / MARK_COLUMNS));
  for (let mark = 0; mark < marks; mark++) {
    const x = Math.floor((mark * canvas.width) / marks);
    canvas.text(x, 1 + BAR_ROWS, `│${ms((latencyMs * mark) / marks)}`, theme.faint);
  }
  const sums = Object.fromEntries(BLAME_PARTS.map(({ part }) => [part, 0])) as Record<
    (typeof BLAME_PARTS)[number]["part"],
    number
  >;
  for (const { part, fromNs, untilNs } of phases) sums[part] += (untilNs - fromNs) / NS_PER_MS;
  paintBlameLegend(canvas, 0, FIXED_ROWS - 1, sums);
  const shown = delays.slice(0, Math.max(0, canvas.height - FIXED_ROWS));
  if (delays.length === 0) canvas.text(0, FIXED_ROWS, NOBODY, theme.faint);
  for (const [index, delay] of shown.entries()) {
    const y = FIXED_ROWS + index;
    const who = delay.by === -1 ? null : identities.at(delay.by, arrivedNs);
    canvas.bar(0, y, DELAY_BAR, delay.ms / latencyMs, who === null ? theme.faint : { fg: who.colour });
    paintDelay(canvas, DELAY_BAR + 1, y, delay, arrivedNs, identities);
  }
}
