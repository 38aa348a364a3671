import { describe, expect, it } from "vitest";
import { asTenantId } from "../../src/core/ids.ts";
import { Recorder } from "../../src/engine/recorder.ts";
import { CHUNK_ROWS, recordsOf } from "../../src/engine/recording.ts";
import { tenantSpec } from "../core/stage.ts";

const ls = asTenantId(0);

function recorder(): Recorder {
  const one = new Recorder();
  one.hear({ kind: "tenantJoined", atNs: 0, tenant: ls, spec: tenantSpec("a", { class: "LS" }) });
  return one;
}

/** `count` requests that end `gapNs` apart, each 1 us after it came. */
function end(one: Recorder, count: number, gapNs: number): void {
  for (let index = 1; index <= count; index++) {
    one.ended(ls, index * gapNs, index * gapNs - 1000, "completed");
  }
}

const untilNs = 0;

describe("the recorder", () => {
  it("keeps ten minutes", () => {
    const one = recorder();
    end(one, 4 * CHUNK_ROWS + 1, 20e6);
    const kept = one.recording();
    const records = recordsOf({ ...kept, untilNs } as never, 0);
    const lastNs = (4 * CHUNK_ROWS + 1) * 20e6;
    expect(kept.completeFromNs).toBeGreaterThan(0);
    expect(kept.completeFromNs).toBeLessThan(lastNs - 600e9);
    expect(records.arrivedNs[0]).toBeGreaterThanOrEqual(kept.completeFromNs - 1000);
    expect(records.arrivedNs.at(-1)).toBe(lastNs - 1000);
  });

  it("keeps no more than a million, and says from when on they are all", () => {
    const one = recorder();
    end(one, 70 * CHUNK_ROWS, 10);
    const { chunks, completeFromNs } = one.recording();
    expect(chunks).toHaveLength(64);
    expect(completeFromNs).toBe(6 * CHUNK_ROWS * 10 + 1);
  });

  it("tells tenants apart that had the same id", () => {
    const one = recorder();
    one.ended(ls, 10, 5, "completed");
    one.hear({ kind: "tenantLeft", atNs: 11, tenant: ls, how: "drain" });
    one.hear({ kind: "tenantJoined", atNs: 12, tenant: ls, spec: tenantSpec("b", { class: "BE" }) });
    one.ended(ls, 20, 13, "rejected");
    const records = recordsOf({ ...one.recording(), untilNs } as never, 0);
    expect(records.tenancies.map(({ name, joinedNs }) => [name, joinedNs])).toEqual([
      ["a", 0],
      ["b", 12],
    ]);
    expect([...records.tenancy]).toEqual([0, 1]);
    expect([...records.outcome]).toEqual([0, 2]);
    expect([...records.latencyNs]).toEqual([5, 7]);
  });
});
