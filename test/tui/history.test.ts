import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { View } from "../../src/engine/session.ts";
import { History } from "../../src/tui/history.ts";
import { FakeSession } from "./fake-session.ts";

const FIRST = new FakeSession().view();

const viewAt = (atNs: number, change: Partial<View["snapshot"]> = {}): View => ({
  ...FIRST,
  snapshot: { ...FIRST.snapshot, ...change, atNs },
});

const secondsOf = (view: View): number => view.snapshot.atNs / 1e9;

/** A view each thirtieth of a second of the run. */
function ran(seconds: number): History {
  const history = new History();
  for (let view = 0; view <= seconds * 30; view++) history.push(viewAt(Math.round((view * 1e9) / 30)));
  return history;
}

describe("history", () => {
  it("has the newest view that is not after a moment", () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 5e9 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(times, fc.integer({ min: -10, max: 6e9 }), (unordered, askedNs) => {
        const history = new History();
        const sorted = unordered.sort((a, b) => a - b);
        for (const atNs of sorted) history.push(viewAt(atNs));
        const expected = sorted.findLast((atNs) => atNs <= askedNs) ?? sorted[0]!;
        expect(history.at(askedNs).snapshot.atNs).toBe(expected);
        expect(history.span).toEqual({ fromNs: sorted[0], untilNs: sorted.at(-1) });
      }),
    );
  });

  it("keeps ten minutes: all of the last 30 s, and two a second of those before", () => {
    const history = ran(700);
    const seen = (fromS: number, untilS: number): number => {
      const found = new Set<number>();
      for (let at = fromS; at < untilS; at += 1 / 120) found.add(history.at(at * 1e9).snapshot.atNs);
      return found.size;
    };
    expect(700 - history.span.fromNs / 1e9).toBeGreaterThan(599);
    expect(700 - history.span.fromNs / 1e9).toBeLessThan(601);
    expect(seen(680, 690)).toBeGreaterThanOrEqual(300);
    expect(seen(200, 210)).toBeGreaterThanOrEqual(20);
    expect(seen(200, 210)).toBeLessThanOrEqual(21);
  });

  it("is not filled by a paused run, and starts anew where time goes back", () => {
    const history = ran(2);
    for (let view = 0; view < 5000; view++) history.push(viewAt(2e9, { events: view }));
    expect(history.span).toEqual({ fromNs: 0, untilNs: 2e9 });
    expect(history.latest().view.snapshot.events).toBe(4999);
    history.push(viewAt(1e9));
    expect(history.span).toEqual({ fromNs: 1e9, untilNs: 1e9 });
  });

  it("keeps of each moment who was who then", () => {
    const [first, second] = FIRST.snapshot.tenants;
    const history = new History();
    history.push(viewAt(1, { tenants: [first!, second!] }));
    history.push(viewAt(2, { tenants: [second!] }));
    expect(history.momentAt(1).identities.of(first!.id).letter).toBe("A");
    expect(history.momentAt(2).identities.of(first!.id).letter).toBe("?");
    expect(history.momentAt(2).identities.of(second!.id).letter).toBe("B");
  });

  it("keeps an entry of the log once, however many views show it", () => {
    const history = new History();
    history.push(viewAt(1));
    const copied = structuredClone(FIRST.snapshot.log);
    history.push(viewAt(2, { log: [...copied, { ...copied[0]!, sequence: 99, text: "new" }] }));
    const { log } = history.at(2).snapshot;
    expect(log[0]).toBe(FIRST.snapshot.log[0]);
    expect(log.at(-1)?.text).toBe("new");
  });
});

describe("series", () => {
  it("has the figure at the end of each step, the last one at the moment itself", () => {
    const series = ran(10).series(secondsOf, "seconds", 8.25e9, 500, 4);
    const expected = [7, 7.5, 8, 8.25];
    for (const [index, value] of series.entries()) expect(value).toBeCloseTo(expected[index]!, 1);
  });

  it("has nothing before the run was seen", () => {
    const history = new History();
    history.push(viewAt(3e9));
    history.push(viewAt(4e9));
    const series = history.series(secondsOf, "seconds", 4e9, 1000, 4);
    expect([...series]).toEqual([Number.NaN, 3, 4, 4]);
  });

  it("says of any moment what it says without its memory, in whatever order it is asked", () => {
    const asked = fc.record({
      untilNs: fc.integer({ min: 0, max: 5e9 }),
      stepMs: fc.constantFrom(33, 100, 1000),
      count: fc.integer({ min: 1, max: 40 }),
    });
    const history = ran(5);
    fc.assert(
      fc.property(fc.array(asked, { minLength: 1, maxLength: 8 }), (questions) => {
        for (const { untilNs, stepMs, count } of questions) {
          const remembered = history.series(secondsOf, "seconds", untilNs, stepMs, count);
          const fresh = history.series(secondsOf, `${Math.random()}`, untilNs, stepMs, count);
          expect(remembered).toEqual(fresh);
        }
      }),
    );
  });

  it("works a figure out once a step, not once a frame", () => {
    const history = ran(20);
    let calls = 0;
    const counted = (view: View): number => {
      calls++;
      return secondsOf(view);
    };
    for (let frame = 0; frame < 30; frame++) {
      history.push(viewAt((20 + (frame + 1) / 30) * 1e9));
      history.series(counted, "counted", history.span.untilNs, 500, 30);
    }
    expect(calls).toBeLessThan(30 + 30 + 5);
  });
});
