/** The clock of the clients: what it promises at any load of the machine. */
import { expect, it } from "vitest";
import { epochMs, wallClock } from "../../src/clients/clock.ts";

const MS = 1e6;

it("wakes no sooner than asked, also within a millisecond and for the past", async () => {
  for (const aheadNs of [-5 * MS, 0, 0.1 * MS, 1.5 * MS, 7.9 * MS]) {
    const dueNs = wallClock.nowNs() + aheadNs;
    await new Promise<void>((resolve) => wallClock.at(dueNs, resolve));
    expect(wallClock.nowNs()).toBeGreaterThanOrEqual(dueNs);
  }
});

it("does not wake once that is taken back, whatever it waited by", async () => {
  let woken = 0;
  const take = (aheadNs: number): (() => void) => wallClock.at(wallClock.nowNs() + aheadNs, () => woken++);
  const takeBack = [take(0), take(0.5 * MS), take(3 * MS)];
  // The last one waits by a timer by then.
  await new Promise(setImmediate);
  woken = 0;
  for (const forget of takeBack) forget();
  await new Promise<void>((resolve) => wallClock.at(wallClock.nowNs() + 10 * MS, resolve));
  expect(woken).toBe(0);
});

it("tells the hour, as Date does", () => {
  expect(Math.abs(epochMs(wallClock.nowNs()) - Date.now())).toBeLessThan(1000);
});
