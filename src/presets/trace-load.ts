/** What every trace file becomes: whole nanoseconds in rising order. */
import type { LoadSpec } from "../core/spec.ts";

export type TraceLoad = Extract<LoadSpec, { kind: "trace" }>;

const NS_PER_MS = 1e6;

/** Offsets may come in any order, as recordings of several threads do; all must lie in [0, periodMs). */
export function traceLoad(offsetsMs: readonly number[], periodMs: number): TraceLoad {
  const periodNs = Math.round(periodMs * NS_PER_MS);
  return {
    kind: "trace",
    offsetsNs: offsetsMs
      .map((offset) => Math.min(Math.round(offset * NS_PER_MS), periodNs - 1))
      .sort((first, second) => first - second),
    periodNs,
  };
}
