/** Runs a mix for some simulated seconds as fast as this machine can, and reports its figures. */
import { MissileError } from "../core/error.ts";
import { MAX_SECONDS, type MixConfig } from "../presets/mix.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { type Report, reportOf } from "./report.ts";

/**
 * Simulated seconds before the figures begin, unless told otherwise: every tenant's first request brings all its parameters over
 * PCIe at once, which says nothing of how they live together. Too small: p99 is that of the first request.
 */
export const WARMUP_SECONDS = 1;

const NS_PER_S = 1e9;

export interface HeadlessOptions extends EngineOptions {
  readonly warmupSeconds?: number | undefined;
}

/** Throws MissileError when the mix cannot be run or a duration is none; a failed device is one too. */
export function runHeadless(
  mix: MixConfig,
  seconds: number,
  { warmupSeconds = WARMUP_SECONDS, ...options }: HeadlessOptions = {},
): Report {
  if (!(seconds >= 1 / NS_PER_S)) {
    throw new MissileError(`the seconds to run must be at least 1e-9, not ${seconds}`, "badSeconds");
  }
  if (!(warmupSeconds >= 0 && Number.isFinite(warmupSeconds))) {
    throw new MissileError(`the seconds of warm-up must be 0 or more, not ${warmupSeconds}`, "badSeconds");
  }
  if (warmupSeconds + seconds > MAX_SECONDS) {
    throw new MissileError(`a run lasts at most ${MAX_SECONDS} s, its warm-up included`, "badSeconds");
  }
  const startedMs = performance.now();
  const engine = new Engine(mix, options);
  try {
    const warmNs = Math.round(warmupSeconds * NS_PER_S);
    if (warmNs > 0) {
      engine.advance(warmNs);
      engine.snapshot();
      engine.act({ kind: "resetStatistics" });
    }
    engine.advance(warmNs + Math.round(seconds * NS_PER_S));
    const snapshot = engine.snapshot();
    if (snapshot.failure !== null) {
      throw new MissileError(
        `the GPU failed ${snapshot.atNs / NS_PER_S} s into the run: ${snapshot.failure}`,
        "deviceFailed",
      );
    }
    const wallSeconds = (performance.now() - startedMs) / 1e3;
    return reportOf(mix, snapshot, { warmupSeconds, simSeconds: seconds, wallSeconds });
  } finally {
    engine.close();
  }
}
