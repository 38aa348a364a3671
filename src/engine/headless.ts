/** Runs a mix for some simulated seconds as fast as this machine can, and reports its figures. */
import { MissileError } from "../core/error.ts";
import type { MixConfig } from "../presets/mix.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import { type Report, reportOf } from "./report.ts";

/** Throws MissileError when the mix cannot be run or `seconds` is no duration; a failed device is one too. */
export function runHeadless(mix: MixConfig, seconds: number, options: EngineOptions = {}): Report {
  if (!(seconds > 0 && Number.isFinite(seconds))) {
    throw new MissileError(`the number of seconds must be above 0, not ${seconds}`, "badSeconds");
  }
  const startedMs = performance.now();
  const engine = new Engine(mix, options);
  try {
    engine.advance(Math.round(seconds * 1e9));
    const snapshot = engine.snapshot();
    if (snapshot.failure !== null) {
      throw new MissileError(
        `the GPU failed ${snapshot.atNs / 1e9} s into the run: ${snapshot.failure}`,
        "deviceFailed",
      );
    }
    return reportOf(mix, snapshot, (performance.now() - startedMs) / 1e3);
  } finally {
    engine.close();
  }
}
