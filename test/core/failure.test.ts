/** A device that fails: what was on it is void, whose fault it was, and how everything begins anew. */
import { describe, expect, it } from "vitest";
import { policyNames } from "../../src/core/policies/index.ts";
import { Stage } from "./stage.ts";

const requestsOf = (stage: Stage, name: string) =>
  stage.snapshot().tenants.find((tenant) => tenant.name === name)?.requests;

/** "ls" executes, with one request staged and one queued behind it; "be" runs beside it. */
function busyStage(policy: string): Stage {
  const stage = new Stage(policy)
    .join("be", { class: "BE", weightBytes: 400_000, needs: [12, 12] })
    .join("ls", { class: "LS", needs: [4, 4], weightBytes: 8000 });
  stage.at(1000).arrive("be").copyDone().copyDone();
  return stage.at(2000).arrive("ls").copyDone().copyDone().arrive("ls").arrive("ls");
}

describe.each(policyNames)("under %s, a device that fails", (policy) => {
  it("is told nothing until it works again", () => {
    const stage = busyStage(policy);
    stage.said();
    stage.at(5000).fail("cuLaunchKernel: CUDA_ERROR_ILLEGAL_ADDRESS", "be");
    stage.at(6000).arrive("ls").join("late", { class: "LS" }).arrive("late").choose("streams").wait();
    expect(stage.said()).toEqual([]);
    expect(stage.snapshot().failure).toEqual({
      code: "cuLaunchKernel: CUDA_ERROR_ILLEGAL_ADDRESS",
      tenant: "be",
    });
    expect(stage.snapshot().smShare.LS).toBeLessThan(1);
    for (const { tpcs } of stage.snapshot().tenants) expect(tpcs).toEqual([0, 0, 0]);
  });

  it("costs the blamed tenant its requests and its load, and nobody else any", () => {
    const stage = busyStage(policy).arrive("be");
    stage.at(5000).fail("gone", "be");
    const [be, ls] = stage.snapshot().tenants;
    expect(be).toMatchObject({ loadOn: false, requests: { arrived: 2, failed: 2, inFlight: 0 } });
    expect(ls).toMatchObject({ loadOn: true, requests: { arrived: 3, failed: 0, inFlight: 3 } });
  });

  it("begins anew once it is restored: places, input, all parameters, first kernel", () => {
    const stage = busyStage(policy);
    stage.at(5000).fail("gone", "be").said();
    const lines = stage.at(9000).restore().said();
    expect(lines.filter((line) => line.startsWith("place"))).toHaveLength(2);
    expect(lines).toContain("copy h2d ls 0+4096");
    stage.copyDone();
    while (stage.launches.length === 0) stage.copyDone();
    expect(stage.said().find((line) => line.startsWith("launch"))).toMatch(/^launch ls kernels 0-/);
    expect(stage.snapshot()).toMatchObject({ failure: null });
  });
});

describe("a failed device", () => {
  it("blames nobody where it is not known whose launch it was", () => {
    const stage = busyStage("missiletemporal");
    stage.at(5000).fail("gone").said();
    expect(stage.snapshot().failure).toEqual({ code: "gone", tenant: null });
    expect(requestsOf(stage, "be")).toMatchObject({ failed: 0, inFlight: 1 });
    expect(stage.snapshot().tenants.every((tenant) => tenant.loadOn)).toBe(true);
    // LS's input goes first, though BE's request came before.
    const copies = stage
      .at(9000)
      .restore()
      .said()
      .filter((line) => line.startsWith("copy"));
    expect(copies).toEqual(["copy h2d ls 0+4096", "copy h2d be 0+4096"]);
  });

  it("keeps the parts of a latency that it cost summing to it", () => {
    const stage = new Stage("streams").join("ls", { class: "LS" });
    stage.at(1000).arrive("ls").at(2000).copyDone().at(7000).fail("gone").at(9000).restore();
    stage.at(10_000).copyDone().at(25_000).launchDone("ls").at(26_000).copyDone("d2h");
    const { blameMs, latencyMs } = stage.snapshot().tenants[0]!;
    expect(latencyMs.mean).toBeCloseTo(0.025, 9);
    const sum = Object.values(blameMs).reduce((total, part) => total + part, 0);
    expect(sum).toBeCloseTo(latencyMs.mean, 12);
    expect(blameMs.queue).toBeCloseTo(0.002, 9);
  });

  it("lets those go who were leaving by abort, and may fail again before it works", () => {
    const stage = busyStage("missiletemporal").leave("be", "abort");
    expect(requestsOf(stage, "be")).toMatchObject({ inFlight: 1 });
    stage.at(5000).fail("gone").said();
    expect(requestsOf(stage, "be")).toBeUndefined();
    stage.at(6000).fail("gone for good", "ls");
    expect(requestsOf(stage, "ls")).toMatchObject({ failed: 3, inFlight: 0 });
    expect(stage.at(7000).restore().arrive("ls").said()).toContain("copy h2d ls 0+4096");
  });
});

describe("a snapshot in pieces, amid which the device fails", () => {
  it("leaves it to the next one, whose tenants all know of it", () => {
    const stage = busyStage("missiletemporal").at(5000);
    const pieces = stage.scheduler.snapshotPieces(stage);
    expect(pieces.next().value).toMatchObject({ name: "be", loadOn: true });
    stage.fail("gone", "be");
    let piece = pieces.next();
    while (piece.done !== true) piece = pieces.next();
    expect(piece.value).toMatchObject({ failure: null, tenants: [{ loadOn: true }, {}] });
    const { failure, tenants } = stage.snapshot();
    expect(failure).toEqual({ code: "gone", tenant: "be" });
    expect(tenants.map(({ loadOn }) => loadOn)).toEqual([false, true]);
  });
});
