/**
 * The trade that cfsPeriod makes: long periods move more bytes a second, short ones let LS copies through sooner. Each setting
 * that was tried under the policy of now is two points, taken from what was seen of the last ten minutes.
 */
import type { Snapshot } from "../../core/snapshot.ts";
import { grouped } from "../format.ts";
import type { HistoryReader } from "../history.ts";
import type { Canvas } from "../screen/canvas.ts";
import { wrap } from "../screen/width.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import { paintChart } from "./chart.ts";
import type { Scene } from "./pane.ts";
import { scaleAround } from "./scale.ts";

export interface CurvePoint {
  readonly packets: number;
  /** H2D bytes a second while copies waited, the mean of the last seconds of this setting; NaN: none waited. */
  readonly gBs: number;
  /** Input copies of LS, the median of its tenants' medians, in us; NaN: none ended. */
  readonly copyUs: number;
}

const STEP_MS = 250;
const STEPS = (10 * 60 * 1000) / STEP_MS;
/** The first second of a setting still shows the one before. */
const SETTLE_STEPS = 1000 / STEP_MS;
/** So much of each setting is averaged: ten seconds. */
const AVERAGED_STEPS = 10_000 / STEP_MS;

/** Bandwidth of an engine with nothing to do says nothing of the setting. */
function busyGBs({ copies: { h2d } }: Snapshot): number {
  if (h2d.every(({ backlogBytes }) => backlogBytes === 0)) return Number.NaN;
  return h2d.reduce((sum, { gBs }) => sum + gBs, 0);
}

function lsCopyUs({ tenants }: Snapshot): number {
  const medians = tenants
    .filter((tenant) => tenant.class === "LS" && tenant.recentCopyInMs.count > 0)
    .map(({ recentCopyInMs }) => recentCopyInMs.p50 * 1e3)
    .sort((a, b) => a - b);
  return medians[Math.floor((medians.length - 1) / 2)] ?? Number.NaN;
}

interface Sums {
  steps: number;
  gBsSum: number;
  gBsSteps: number;
  copyUs: number;
}

/** Every setting that was tried until `atNs` under the policy, the shortest period first. */
export function cfsCurve(history: HistoryReader, policy: string, atNs: number): readonly CurvePoint[] {
  const series = (name: string, figure: (snapshot: Snapshot) => number): Float64Array =>
    history.series(({ snapshot }) => figure(snapshot), name, atNs, STEP_MS, STEPS);
  const packets = series(`cfsPeriod under ${policy}`, (snapshot) =>
    snapshot.policy === policy ? snapshot.cfsPeriodPackets : Number.NaN,
  );
  const gBs = series("busy H2D GB/s", busyGBs);
  const copyUs = series("LS copies us", lsCopyUs);
  const settings = new Map<number, Sums>();
  // From the newest on, so that of each setting the latest seconds count.
  for (let step = STEPS - 1, stands = standsSince(packets, step); step >= 0; step--) {
    const setting = packets[step]!;
    if (step < stands) stands = standsSince(packets, step);
    if (Number.isNaN(setting) || step - stands < SETTLE_STEPS) continue;
    const sums = settings.get(setting) ?? { steps: 0, gBsSum: 0, gBsSteps: 0, copyUs: Number.NaN };
    settings.set(setting, sums);
    if (Number.isNaN(sums.copyUs)) sums.copyUs = copyUs[step]!;
    if (sums.steps++ >= AVERAGED_STEPS || Number.isNaN(gBs[step]!)) continue;
    sums.gBsSum += gBs[step]!;
    sums.gBsSteps++;
  }
  return [...settings]
    .map(([setting, sums]) => ({ packets: setting, gBs: sums.gBsSum / sums.gBsSteps, copyUs: sums.copyUs }))
    .sort((a, b) => a.packets - b.packets);
}

/** The first of the steps up to this one that have its setting. */
function standsSince(packets: Float64Array, step: number): number {
  let since = step;
  while (since > 0 && packets[since - 1] === packets[step]) since--;
  return since;
}

const INVITATION =
  "tune cfsPeriod with - and +: the bandwidth and the LS copies of each setting collect here";

export function paintCfsCurve(canvas: Canvas, { view, history, atNs }: Scene): void {
  const { policy, cfsPeriodPackets } = view.snapshot;
  const points = cfsCurve(history, policy, atNs).filter(
    ({ gBs, copyUs }) => !(Number.isNaN(gBs) && Number.isNaN(copyUs)),
  );
  if (points.length === 0) {
    for (const [y, line] of wrap(INVITATION, canvas.width).entries()) canvas.text(0, y, line, theme.faint);
    return;
  }
  const packets = points.map((point) => point.packets);
  const gBs = points.map((point) => point.gBs);
  const copyUs = points.map((point) => point.copyUs);
  // One setting alone stands in the middle of its neighbours.
  const around = packets.length > 1 ? [] : [packets[0]! / 8, packets[0]! * 8];
  paintChart(canvas, {
    x: {
      scale: scaleAround("log2", packets, [cfsPeriodPackets, ...around]),
      title: "packets",
      format: grouped,
    },
    left: {
      scale: scaleAround("linear", gBs),
      title: "H2D GB/s",
      format: (value) => String(Number(value.toPrecision(3))),
    },
    right: { scale: scaleAround("log", copyUs), title: "us", format: shortUs },
    series: [
      { name: "bandwidth", mark: "●", style: theme.accent, xs: packets, ys: gBs, draw: "both" },
      {
        name: "LS copy in",
        mark: "◆",
        style: CLASS_STYLE.LS,
        xs: packets,
        ys: copyUs,
        draw: "both",
        axis: "right",
      },
    ],
    rules: [
      {
        axis: "x",
        at: cfsPeriodPackets,
        name: `now ${grouped(cfsPeriodPackets)}`,
        glyph: "┊",
        style: theme.warn,
      },
    ],
  });
}

const shortUs = (value: number): string => (value >= 1e6 ? `${value / 1e6}s` : String(value));
