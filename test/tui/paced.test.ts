import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import { FRAME_MS, paced } from "../../src/tui/paced.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const open = () => {
  const source = createStore(() => ({ keys: 0, size: 0 }));
  const follower = paced(source, ({ size }, before) => size !== before.size);
  const seen: number[] = [];
  follower.store.subscribe(({ keys }) => seen.push(keys));
  return { source, follower, seen };
};

it("a first change shows at once, those of a frame's time together at its end", () => {
  const { source, seen } = open();
  for (let keys = 1; keys <= 50; keys++) source.setState({ keys });
  expect(seen).toEqual([1]);
  vi.advanceTimersByTime(FRAME_MS + 1);
  expect(seen).toEqual([1, 50]);
  // The frame of the trailing one counts as well.
  source.setState({ keys: 51 });
  expect(seen).toEqual([1, 50]);
  vi.advanceTimersByTime(2 * FRAME_MS + 2);
  expect(seen).toEqual([1, 50, 51]);
  source.setState({ keys: 52 });
  expect(seen.at(-1)).toBe(52);
});

it("what is urgent shows at once, with all that waited", () => {
  const { source, follower } = open();
  source.setState({ keys: 1 });
  source.setState({ keys: 2 });
  source.setState({ size: 9 });
  expect(follower.store.getState()).toEqual({ keys: 2, size: 9 });
});

it("nothing shows once it is stopped", () => {
  const { source, follower, seen } = open();
  source.setState({ keys: 1 });
  source.setState({ keys: 2 });
  follower.stop();
  source.setState({ keys: 3 });
  vi.advanceTimersByTime(5 * FRAME_MS);
  expect(seen).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

it("whatever the rhythm, it shows the last state a frame later, and never more often than frames come", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 60 }), (pausesMs) => {
      const { source, follower, seen } = open();
      const startMs = Date.now();
      for (const [at, pauseMs] of pausesMs.entries()) {
        source.setState({ keys: at + 1 });
        vi.advanceTimersByTime(pauseMs);
      }
      expect(seen.length).toBeLessThanOrEqual(2 + (Date.now() - startMs) / Math.floor(FRAME_MS));
      vi.advanceTimersByTime(FRAME_MS + 1);
      expect(follower.store.getState()).toBe(source.getState());
      follower.stop();
    }),
  );
});
