/** Time as a client's schedule sees it: ns since the process began, and what hour that is. */

const NS_PER_MS = 1e6;
/** What setTimeout can wait at most. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

export interface Clock {
  nowNs(): number;
  /** Calls once, at that time or as soon after as can be. Returns what takes it back. */
  at(dueNs: number, wake: () => void): () => void;
}

/** ms since 1970 of a moment of the clock below. It never goes back, as a wall clock may that is set right. */
export const epochMs = (atNs: number): number => performance.timeOrigin + atNs / NS_PER_MS;

/**
 * Node's timers go by whole milliseconds and come up to one late. So the timer is for what is whole, and the rest is looked for
 * between whatever else there is to do: requests leave within some 20 us of their time, for at most 1 ms of work each.
 */
export const wallClock: Clock = {
  nowNs: () => performance.now() * NS_PER_MS,
  at(dueNs, wake) {
    let timer: NodeJS.Timeout | undefined;
    let immediate: NodeJS.Immediate | undefined;
    const look = (): void => {
      const leftMs = Math.floor((dueNs - wallClock.nowNs()) / NS_PER_MS);
      if (leftMs >= 1) timer = setTimeout(look, Math.min(leftMs, MOST_TIMEOUT_MS));
      else if (wallClock.nowNs() < dueNs) immediate = setImmediate(look);
      else wake();
    };
    immediate = setImmediate(look);
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  },
};
