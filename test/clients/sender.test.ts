/** The send loop on a clock of the test's own. Times are ns. */
import { describe, expect, it } from "vitest";
import { type Answer, type Answered, Sender } from "../../src/clients/sender.ts";
import { arrivalSource, CLOSED_LOOP_GAP_NS } from "../../src/core/arrival-source.ts";
import { Prng } from "../../src/core/prng.ts";
import type { LoadSpec } from "../../src/core/spec.ts";
import { FakeClock } from "./fake-clock.ts";

/** A sender whose requests are answered when the test says so, in the order in which they were sent. */
function stage(load: LoadSpec, { mostInFlight = 1000, durationNs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new FakeClock();
  const answered: Answered[] = [];
  const open: ((answer: Answer) => void)[] = [];
  const sender = new Sender({
    source: arrivalSource(load, new Prng(1, "stage")),
    clock,
    mostInFlight,
    durationNs,
    infer: () => new Promise((resolve) => open.push(resolve)),
    ended: (request) => answered.push(request),
  });
  let isOver = false;
  sender.run().then(() => {
    isOver = true;
  });
  const answer = async (what: Answer = "accepted"): Promise<void> => {
    open.shift()?.(what);
    await new Promise(setImmediate);
  };
  return { clock, sender, answered, open, answer, isOver: () => isOver };
}

const every10: LoadSpec = { kind: "uniform", ratePerS: 1e8 };

describe("an open loop", () => {
  it("sends when requests are due, answered or not", async () => {
    const { clock, open, sender } = stage(every10);
    await clock.goTo(45);
    expect(open).toHaveLength(5);
    expect(sender).toMatchObject({ inFlight: 5, due: 5, backlog: 0 });
  });

  it("enqueues at the due time what it could not send in time", async () => {
    const { clock, answered, answer } = stage(every10);
    await clock.goTo(5);
    clock.jumpTo(35);
    await clock.goTo(36);
    for (let index = 0; index < 4; index++) await answer();
    expect(answered.map(({ enqueuedNs, submittedNs }) => [enqueuedNs, submittedNs])).toEqual([
      [0, 0],
      [10, 35],
      [20, 35],
      [30, 35],
    ]);
  });

  it("keeps what is beyond the limit here, in order, and counts the wait", async () => {
    const { clock, answered, answer, sender, open } = stage(every10, { mostInFlight: 2 });
    await clock.goTo(39);
    expect(open).toHaveLength(2);
    expect(sender).toMatchObject({ inFlight: 2, due: 4, backlog: 2 });
    for (let index = 0; index < 4; index++) await answer();
    expect(answered.map(({ enqueuedNs, submittedNs }) => [enqueuedNs, submittedNs])).toEqual([
      [0, 0],
      [10, 10],
      [20, 39],
      [30, 39],
    ]);
  });

  it("keeps their order when thousands have waited", async () => {
    const { clock, answered, answer } = stage(every10, { mostInFlight: 1, durationNs: 100_000 });
    await clock.goTo(100_000);
    for (let index = 0; index < 10_000; index++) await answer();
    expect(answered.map(({ enqueuedNs }) => enqueuedNs)).toEqual(
      Array.from({ length: 10_000 }, (_, index) => index * 10),
    );
  });

  it("repeats a trace after its period", async () => {
    const { clock, answer, answered } = stage({ kind: "trace", offsetsNs: [3, 8], periodNs: 20 });
    await clock.goTo(45);
    for (let index = 0; index < 5; index++) await answer();
    expect(answered.map(({ enqueuedNs }) => enqueuedNs)).toEqual([3, 8, 23, 28, 43]);
  });
});

describe("a closed loop", () => {
  const two: LoadSpec = { kind: "closed", inFlight: 2, thinkNs: 0 };

  it("sends the next request after an answer", async () => {
    const { clock, open, answer, answered } = stage(two);
    await clock.goTo(100);
    expect(open).toHaveLength(2);
    await answer("rejected");
    await clock.goTo(100 + CLOSED_LOOP_GAP_NS);
    expect(open).toHaveLength(2);
    await answer();
    await answer();
    expect(answered.map(({ enqueuedNs, answer }) => [enqueuedNs, answer])).toEqual([
      [0, "rejected"],
      [0, "accepted"],
      [100 + CLOSED_LOOP_GAP_NS, "accepted"],
    ]);
  });

  it("gives a server that fails some time", async () => {
    const { clock, open, answer } = stage(two);
    await clock.goTo(100);
    await answer("failed");
    await clock.goTo(50e6);
    expect(open).toHaveLength(1);
    await clock.goTo(150e6);
    expect(open).toHaveLength(2);
  });
});

describe("the end", () => {
  it("comes once the last request that was due within the duration has ended", async () => {
    const { clock, answer, isOver, sender } = stage(every10, { mostInFlight: 1, durationNs: 20 });
    await clock.goTo(500);
    await answer();
    expect({ due: sender.due, isOver: isOver() }).toEqual({ due: 2, isOver: false });
    await answer();
    expect(isOver()).toBe(true);
  });

  it("does not come before the duration is over, though nothing is due any more", async () => {
    const { clock, isOver } = stage({ kind: "trace", offsetsNs: [50], periodNs: 60 }, { durationNs: 20 });
    await clock.goTo(19);
    expect(isOver()).toBe(false);
    await clock.goTo(20);
    await clock.goTo(20);
    expect(isOver()).toBe(true);
  });

  it("once stopped, comes with the last answer, and what was not sent never is", async () => {
    const { clock, answer, open, sender, isOver } = stage(every10, { mostInFlight: 1 });
    await clock.goTo(35);
    sender.stop();
    await clock.goTo(90);
    expect(isOver()).toBe(false);
    await answer();
    expect({ open: open.length, isOver: isOver(), due: sender.due }).toEqual({
      open: 0,
      isOver: true,
      due: 4,
    });
  });

  it("once abandoned, comes at once, and nothing is told any more", async () => {
    const { clock, answer, answered, sender, isOver } = stage(every10);
    await clock.goTo(15);
    sender.abandon();
    await clock.goTo(16);
    expect(isOver()).toBe(true);
    await answer();
    expect(answered).toEqual([]);
  });
});
