import { expect, test } from "vitest";
import type { Event } from "../../src/core/event.ts";
import { Harness } from "./harness.ts";

const CHUNK_NS = 2400;
const IDLE_NS = 5600;
const chunkNs = (bytes: number) => Math.round(CHUNK_NS + bytes / 55.2);

const copied = (harness: Harness) =>
  harness.events
    .filter((event): event is Extract<Event, { kind: "copyRetired" }> => event.kind === "copyRetired")
    .map(({ copy, atNs, movedBytes }) => ({ copy, atNs, movedBytes }));

test("a chunk takes its fixed cost and its bytes, and more when the engine was idle", () => {
  const harness = new Harness();
  harness.copy(1, "h2d", 1 << 20);
  harness.runUntil(1e6);
  harness.copy(2, "h2d", 4096);
  harness.runUntil(2e6);
  expect(copied(harness)).toEqual([
    { copy: 1, atNs: IDLE_NS + chunkNs(1 << 20), movedBytes: 1 << 20 },
    { copy: 2, atNs: 1e6 + IDLE_NS + chunkNs(4096), movedBytes: 4096 },
  ]);
});

test("an engine serves its direction in order, and the other direction has its own", () => {
  const harness = new Harness();
  const sizes = [64, 1024, 262_144, 1024];
  for (const [id, size] of sizes.entries()) harness.copy(id, "h2d", size);
  harness.copy(9, "d2h", 4096);
  harness.runUntil(1e6);
  const endsNs = sizes.map((_, nth) =>
    sizes.slice(0, nth + 1).reduce((sum, size) => sum + chunkNs(size), IDLE_NS),
  );
  const inOrder = sizes.map((size, copy) => ({ copy, atNs: endsNs[copy], movedBytes: size }));
  const h2d = copied(harness).filter(({ copy }) => copy !== 9);
  expect(h2d).toEqual(inOrder);
  expect(copied(harness).find(({ copy }) => copy === 9)?.atNs).toBe(IDLE_NS + chunkNs(4096));
});

test("a chunk ordered while the engine works starts when the one before it ends", () => {
  const harness = new Harness();
  harness.copy(1, "d2h", 1 << 20);
  harness.runUntil(10_000);
  harness.copy(2, "d2h", 1000);
  harness.runUntil(1e6);
  expect(copied(harness)[1]?.atNs).toBe(IDLE_NS + chunkNs(1 << 20) + chunkNs(1000));
});

test("more events than the buffer holds arrive at the same instant, none lost", () => {
  const instant = { chunkNs: 0, idleStartNs: 0, h2dGBs: 1e12, d2hGBs: 1e12 };
  const harness = new Harness({ ...new Harness().gpu.spec, pcie: instant });
  for (let id = 0; id < 1000; id++) harness.copy(id, "h2d", 1);
  harness.runUntil(10);
  expect(copied(harness).map(({ copy }) => copy)).toEqual([...Array(1000).keys()]);
  expect(new Set(copied(harness).map(({ atNs }) => atNs))).toEqual(new Set([0]));
});
