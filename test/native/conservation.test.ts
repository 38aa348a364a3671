import fc from "fast-check";
import { expect, test } from "vitest";
import { asLaunchId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { Harness } from "./harness.ts";
import { computeKernel, streamKernel } from "./kernels.ts";

const MB = 1e6;
/** Streams that never hit L2: every block moves its bytes through VRAM exactly once, so bytes count blocks. */
const kernels = [
  streamKernel(150),
  streamKernel(190, { grid: 777, threadsPerBlock: 256 }),
  computeKernel(900, 4e6, { readBytes: 100 * MB, writtenBytes: 60 * MB, footprintBytes: 160 * MB }),
  streamKernel(170, { grid: 40, threadsPerBlock: 1024 }),
];
const bytesOf = kernels.map(({ readBytes, writtenBytes }) => readBytes + writtenBytes);

const range = fc.tuple(fc.nat(65), fc.integer({ min: 1, max: 66 })).map(([from, size]) => ({
  from,
  to: Math.min(66, from + size),
}));
const step = fc.oneof(
  fc.record({
    kind: fc.constant("launch" as const),
    tenant: fc.nat(2),
    range,
    firstKernel: fc.nat(3),
    kernelCount: fc.integer({ min: 1, max: 4 }),
    priority: fc.constantFrom(0 as const, 1 as const),
  }),
  fc.record({ kind: fc.constant("extend" as const), nth: fc.nat(20), range }),
  fc.record({ kind: fc.constant("evict" as const), nth: fc.nat(20), range }),
  fc.record({ kind: fc.constant("wait" as const), ns: fc.integer({ min: 1, max: 60_000 }) }),
);

test("every block is done exactly once, whatever is launched, extended and evicted meanwhile", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const harness = new Harness();
      for (const tenant of [0, 1, 2]) harness.load(tenant, ...kernels);
      const orders: { tenant: number; firstKernel: number; kernelCount: number }[] = [];
      const expectedBytes = [0, 0, 0];
      for (const at of steps) {
        if (at.kind === "launch") {
          const kernelCount = Math.min(at.kernelCount, kernels.length - at.firstKernel);
          const { tenant, firstKernel, priority } = at;
          harness.launch(tenant, tpcRange(at.range.from, at.range.to), {
            firstKernel,
            kernelCount,
            priority,
          });
          orders.push({ tenant, firstKernel, kernelCount });
          for (let i = 0; i < kernelCount; i++) expectedBytes[tenant]! += bytesOf[firstKernel + i]!;
        } else if (at.kind === "wait") {
          harness.runFor(at.ns);
        } else {
          harness.gpu.commands[at.kind](asLaunchId(at.nth), tpcRange(at.range.from, at.range.to));
        }
      }
      // What was stopped goes on elsewhere, until all is done.
      for (let id = 0; id < orders.length; id++) {
        const { tenant, firstKernel, kernelCount } = orders[id]!;
        const { kernelsDone, blocksLeft } = harness.retired(asLaunchId(id));
        expect(kernelsDone).toBeLessThanOrEqual(kernelCount);
        if (kernelsDone === kernelCount) {
          expect(blocksLeft).toBe(0);
          continue;
        }
        expect(blocksLeft).toBeGreaterThan(0);
        const rest = { firstKernel: firstKernel + kernelsDone, kernelCount: kernelCount - kernelsDone };
        harness.launch(tenant, tpcRange(id % 66, 66), { ...rest, blocksLeft });
        orders.push({ tenant, ...rest });
      }
      for (const tenant of [0, 1, 2]) {
        expect(harness.vramBytes(tenant) / MB).toBeCloseTo(expectedBytes[tenant]! / MB, 3);
      }
      const times = harness.events.map(({ atNs }) => atNs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.every(Number.isSafeInteger)).toBe(true);
      const retired = harness.events.filter(({ kind }) => kind === "launchRetired");
      expect(retired).toHaveLength(orders.length);
    }),
    { numRuns: 300 },
  );
});
