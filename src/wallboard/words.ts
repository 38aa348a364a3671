/** The board's lines of text. */
import type { Link } from "./feed.ts";
import type { BoardSnapshot } from "./snapshot.ts";
import type { LatencyChart } from "./tenant-charts.ts";
import { clip, widthOf } from "./text.ts";

const MS_PER_S = 1000;

const known = (value: number | null, say: (value: number) => string): string =>
  value === null ? "-" : say(value);

/** Three digits, as far as they say something. */
const sayMs = (ms: number): string => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2));

export const sayPercent = (share: number): string => `${(share * 100).toFixed(share >= 0.0995 ? 0 : 1)}%`;

/** Rounded down: what has missed one in ten thousand has not met all. */
export const sayAttainment = (share: number): string => `${(Math.floor(share * 10_000) / 100).toFixed(2)}%`;

export const sayGBs = (gBs: number): string => (gBs >= 9.95 ? gBs.toFixed(0) : gBs.toFixed(1));

/** HH:MM:SS of this machine's clock. */
const sayTime = (ms: number): string => new Date(ms).toTimeString().slice(0, 8);

export function sayLink(link: Link, nowMs: number): string {
  if (link.kind === "live") return "live";
  const seconds = Math.max(0, Math.round((nowMs - link.sinceMs) / MS_PER_S));
  return `${link.kind.toUpperCase()} since ${sayTime(link.sinceMs)} (${seconds} s)`;
}

/** What runs on what, how far it is, and what is wrong with it. */
export function sayRun({ gpu, backend, policy, atS, paused, failure }: BoardSnapshot): string {
  const state = failure !== null ? `  GPU FAILED: ${failure}` : paused === 1 ? "  PAUSED" : "";
  return `${gpu} (${backend})  ${policy}  ${known(atS, (seconds) => seconds.toFixed(0))} s${state}`;
}

/** What is said of a chart in so many columns: the figures first, then who, then what they are. */
export function chartTitle({ name, nowMs, sloMs, verdict }: LatencyChart, columns: number): string {
  const mark = verdict === "bad" ? "OVER " : "";
  const now = known(nowMs, sayMs);
  const full = `${mark}${name} p99 ${now}${sloMs === null ? "" : ` of ${sayMs(sloMs)}`} ms`;
  if (widthOf(full) <= columns) return full;
  const figures = ` ${now}${sloMs === null ? "" : `/${sayMs(sloMs)}`} ms`;
  const short = verdict === "bad" ? "!" : "";
  return `${short}${clip(name, columns - widthOf(short + figures))}${figures}`;
}

export const logLine = ({ atS, by, who, text }: BoardSnapshot["log"][number]): string =>
  `${atS.toFixed(3).padStart(9)} s  ${by.padEnd(9)}  ${who === null ? "" : `${who}: `}${text}`;
