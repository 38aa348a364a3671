import { describe, expect, it } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { OUTCOMES } from "../../src/core/request.ts";
import { InferenceDesk, type RequestBatch } from "../../src/engine/inference-desk.ts";

function stage() {
  const batches: RequestBatch[] = [];
  const desk = new InferenceDesk((batch) => batches.push(batch));
  return { desk, batches };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the desk for requests from outside", () => {
  it("sends all of one turn of the event loop together", async () => {
    const { desk, batches } = stage();
    for (let request = 0; request < 100; request++) void desk.infer(7);
    expect(batches).toEqual([]);
    await turn();
    expect(batches).toHaveLength(1);
    expect(batches[0]!.sent).toHaveLength(200);
    expect(batches[0]!.sent.slice(-2)).toEqual([99, 7]);
    void desk.infer(8);
    await turn();
    expect(batches.slice(1)).toEqual([{ sent: [100, 8], cancelled: [] }]);
  });

  it("tells each how it ended", async () => {
    const { desk } = stage();
    const [first, second] = [desk.infer(0), desk.infer(0)];
    await turn();
    desk.ended([1, OUTCOMES.indexOf("late"), 5, 9]);
    expect(await second).toEqual({ outcome: "late", arrivedNs: 5, endedNs: 9 });
    desk.refused(0, new MissileError("no", "loadOff"));
    await expect(first).rejects.toMatchObject({ code: "loadOff" });
  });

  it("cancels what has not ended, before it is sent too, and nothing else", async () => {
    const { desk, batches } = stage();
    const [gone, early, late] = [new AbortController(), new AbortController(), new AbortController()];
    gone.abort();
    void desk.infer(0, gone.signal);
    void desk.infer(0, early.signal);
    const ended = desk.infer(0, late.signal);
    early.abort();
    await turn();
    expect(batches).toEqual([{ sent: [0, 0, 1, 0, 2, 0], cancelled: [0, 1] }]);
    desk.ended([2, 0, 0, 1]);
    await ended;
    late.abort();
    await turn();
    expect(batches).toHaveLength(1);
  });

  it("rejects all once the session is over", async () => {
    const { desk } = stage();
    const waiting = desk.infer(0);
    desk.end(new MissileError("closed", "sessionOver"));
    await expect(waiting).rejects.toMatchObject({ code: "sessionOver" });
  });
});
