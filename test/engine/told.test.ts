/** On the simulated GPU: what is told of slow requests holds, and nearly all of their waits is put down to somebody. */
import { describe, expect, it } from "vitest";
import { policyNames } from "../../src/core/policies/index.ts";
import { Engine } from "../../src/engine/engine.ts";
import { loadMix } from "../../src/presets/index.ts";
import { expectDetail, partsMs } from "../core/told.ts";

/** Of launches that were hardly slowed, and of engines that started from idle, nobody is told. */
const LEAST_TOLD = 0.95;

describe.each(policyNames)("%s", (policy) => {
  it("leaves hardly any wait unexplained", () => {
    const engine = new Engine({ ...loadMix("two-tenants"), policy });
    engine.advance(1e9);
    let waitedMs = 0;
    let toldMs = 0;
    for (const { id } of engine.snapshot().tenants) {
      const detail = engine.detail(id)!;
      expectDetail(detail);
      for (const request of detail.slowest) {
        const { queue, copyWait, smWait, sharing } = partsMs(request);
        waitedMs += queue + copyWait + smWait + sharing;
        toldMs += request.delays.reduce((sum, { ms }) => sum + ms, 0);
      }
    }
    engine.close();
    expect(toldMs / waitedMs).toBeGreaterThan(LEAST_TOLD);
  });
});
