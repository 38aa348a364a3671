/** Runs a mix for some seconds without a screen, simulated as fast as this machine can or real ones, and tells its figures. */
import { MissileError } from "../core/error.ts";
import { type Snapshot, sayFailure } from "../core/snapshot.ts";
import { MAX_SECONDS, type MixConfig } from "../presets/mix.ts";
import { SIMULATED } from "./backend-choice.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { type Report, reportOf } from "./report.ts";
import type { View } from "./session.ts";

/**
 * Seconds before the figures begin, unless told otherwise: every tenant's first request brings all its parameters over
 * PCIe at once, which says nothing of how they live together. Too small: p99 is that of the first request.
 */
export const WARMUP_SECONDS = 1;

const NS_PER_S = 1e9;
/** Between looks at whether the GPU still works: one that has failed tells nothing more, and the run would wait for its end. */
const LOOK_EVERY_NS = 100_000_000;
export interface HeadlessOptions extends EngineOptions {
  readonly warmupSeconds?: number | undefined;
  /** Told what of the backend is not as it was asked for, though the run goes on. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** Goes on to `untilNs`; a GPU that fails ends it. */
function runUntil(engine: Engine, untilNs: number): void {
  while (!engine.deviceHasFailed && engine.nowNs() < untilNs) {
    engine.advance(Math.min(untilNs, engine.nowNs() + LOOK_EVERY_NS));
  }
}

/** How a headless run went. */
interface Ended {
  readonly engine: Engine;
  /** As of its end, its rates since `lastLookSeconds` before. */
  readonly snapshot: Snapshot;
  readonly warmupSeconds: number;
  readonly wallSeconds: number;
}

/**
 * Runs the mix for its warm-up and `seconds`, looks at it (rates are since `lastLookSeconds` before the end), and closes it. Throws
 * MissileError when the mix cannot be run or a duration is none; a failed device is one too.
 */
function runTo<T>(
  mix: MixConfig,
  seconds: number,
  { warmupSeconds = WARMUP_SECONDS, ...options }: HeadlessOptions,
  lastLookSeconds: number,
  read: (ended: Ended) => T,
): T {
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
  if (engine.shortfall !== null) options.warn?.(engine.shortfall);
  try {
    const warmNs = Math.round(warmupSeconds * NS_PER_S);
    // A real GPU has taken some seconds to load the networks.
    const startNs = engine.nowNs();
    if (warmNs > 0) {
      runUntil(engine, startNs + warmNs);
      engine.snapshot();
      engine.act({ kind: "resetStatistics" });
    }
    const endNs = startNs + warmNs + Math.round(seconds * NS_PER_S);
    if (lastLookSeconds < seconds) {
      runUntil(engine, endNs - Math.round(lastLookSeconds * NS_PER_S));
      engine.snapshot();
    }
    runUntil(engine, endNs);
    const snapshot = engine.snapshot();
    if (snapshot.failure !== null) {
      throw new MissileError(
        `${sayFailure(snapshot.failure)}, ${(snapshot.atNs - startNs) / NS_PER_S} s into the run`,
        "deviceFailed",
      );
    }
    const wallSeconds = (performance.now() - startedMs) / 1e3;
    return read({ engine, snapshot, warmupSeconds, wallSeconds });
  } finally {
    engine.close();
  }
}

/** The figures of a run of `seconds`. Throws as runTo does. */
export function runHeadless(mix: MixConfig, seconds: number, options: HeadlessOptions = {}): Report {
  return runTo(mix, seconds, options, seconds, ({ snapshot, warmupSeconds, wallSeconds }) => {
    const { backend } = options.backend ?? SIMULATED;
    return reportOf(mix, snapshot, { backend, warmupSeconds, simSeconds: seconds, wallSeconds });
  });
}

/** What a screen would show after `seconds` of the run, its rates those of the last second. Throws as runTo does. */
export function viewOnce(mix: MixConfig, seconds: number, options: HeadlessOptions = {}): View {
  return runTo(mix, seconds, options, 1, ({ engine, snapshot, warmupSeconds, wallSeconds }) => ({
    backend: (options.backend ?? SIMULATED).backend,
    gpu: engine.gpu,
    mix: mix.name,
    snapshot,
    pace: { paused: false, speed: 1, achievedSpeed: (warmupSeconds + seconds) / wallSeconds },
    health: engine.health(),
    detail: null,
    blocks: null,
  }));
}
