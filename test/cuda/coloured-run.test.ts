/** The executor with a coloured pool on a fake GPU: it is probed, tenants move into their channels, and move when the split does. */
import { afterAll, expect, it } from "vitest";
import { colourPool } from "../../src/channels/index.ts";
import { channelRange } from "../../src/core/channel-set.ts";
import { asLaunchId, asTenantId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { type BlockMap, type ColourFacts, openCudaGpu, readBlockMap } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { network, streamKernel } from "../native/kernels.ts";
import { loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";

const SMS = 8;
const POOL_MIB = 4;
const CHANNELS = 24;

const fake = loadFakeGpu({ SMS });
afterAll(() => {
  expect(fake.alive()).toMatchObject({ deviceBytes: 0, streams: 0, events: 0, contexts: 0 });
});

describeWithKernels("a coloured pool", () => {
  it("has tenants live in their channels", () => {
    const gpu = openCudaGpu({
      spec: { ...loadGpu("h200"), sms: SMS, channels: CHANNELS },
      ordinal: 0,
      poolMiB: POOL_MIB,
      prepare: (fresh) => {
        expect(fresh.colourFacts().partitions).toBe(0);
        expect(colourPool(fresh, POOL_MIB, () => {})).toMatchObject({ lostBlocks: 0 });
      },
      doorbell: new Int32Array(new SharedArrayBuffer(4)),
    });
    const pool = gpu.colourPool;
    /** Polls until it is so, for a minute at most. */
    const until = (isSo: (facts: ColourFacts) => boolean): ColourFacts => {
      for (const endNs = gpu.nowNs() + 6e10; gpu.nowNs() < endNs; ) {
        gpu.poll(gpu.nowNs() + 1e7, () => {});
        if (isSo(pool.colourFacts())) break;
      }
      expect(pool.colourFacts()).toSatisfy(isSo);
      return pool.colourFacts();
    };
    expect(pool.colourFacts().partitions).toBe(12);

    const be = asTenantId(1);
    const stream = streamKernel(0.04, { threadsPerBlock: 256 });
    gpu.load(be, network(stream, stream));
    gpu.commands.place(be, channelRange(16, CHANNELS));
    const third = until(({ beFreeBlocks, beBlocks }) => beFreeBlocks < beBlocks);
    expect(third.bePartitions).toBe(4);
    expect(third.lsFreeBlocks).toBe(third.lsBlocks);
    expect(third.lsBlocks + third.beBlocks + third.wastedBlocks).toBe(POOL_MIB * 1024);

    const mapOf = (isSo: (map: BlockMap) => boolean): BlockMap => {
      let map: BlockMap | null = null;
      for (const endNs = gpu.nowNs() + 6e10; gpu.nowNs() < endNs && !(map !== null && isSo(map)); ) {
        gpu.poll(gpu.nowNs() + 1e6, () => {});
        const numbers = gpu.blocks(be);
        map = numbers === null ? null : readBlockMap(numbers);
      }
      expect(map).toSatisfy((known) => known !== null && isSo(known as BlockMap));
      return map!;
    };
    const isSettled = ({ rows }: BlockMap): boolean =>
      rows.every(({ missing, misplaced, behind }) => missing + misplaced + behind === 0);
    const coloured = ({ rows }: BlockMap) => rows.filter(({ hasColours }) => hasColours);
    const map = mapOf(isSettled);
    expect(map).toMatchObject({ tenant: be, side: "BE", poolBlocks: POOL_MIB * 1024 });
    expect(map.isBe.filter(Boolean)).toHaveLength(4);
    const blocks = coloured(map).reduce((sum, row) => sum + row.blocks, 0);
    expect(blocks).toBe(pool.colourFacts().beBlocks - pool.colourFacts().beFreeBlocks);
    expect(map.rows.map(({ use }) => use)).toEqual(
      expect.arrayContaining(["parameters", "activations", "input", "output"]),
    );
    for (const row of coloured(map)) {
      const [ls, own] = [false, true].map((isBe) => row.inPartition.filter((_, at) => map.isBe[at] === isBe));
      expect(Math.max(...ls!)).toBe(0);
      expect(own!.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(row.blocks);
    }

    // Kernels go on in whichever mode is wanted while they run, and blocks move while they do.
    const [everywhere, narrow] = [channelRange(0, CHANNELS), channelRange(20, CHANNELS)];
    const launch = { tenant: be, firstKernel: 0, kernelCount: 2, blocksLeft: 0 };
    for (let id = 0; id < 40; id++) {
      gpu.commands.launch({ ...launch, id: asLaunchId(id), priority: 0, slot: 0 }, tpcRange(0, SMS / 2));
      gpu.commands.place(be, id % 4 < 2 ? everywhere : narrow);
      let retired = false;
      while (!retired) {
        gpu.poll(gpu.nowNs() + 1e9, (event) => {
          expect(event).toMatchObject({ kind: "launchRetired", launch: id, kernelsDone: 2, blocksLeft: 0 });
          retired = true;
        });
      }
    }

    gpu.commands.place(be, narrow);
    const least = until(({ migratedBytes }) => migratedBytes > 0);
    expect(least.bePartitions).toBe(2);
    expect(mapOf(({ isBe }) => isBe.filter(Boolean).length === 2).side).toBe("BE");

    gpu.restore();
    expect(pool.colourFacts()).toMatchObject({ partitions: 12, migratedBytes: 0 });
    gpu.commands.place(be, narrow);
    until(({ beFreeBlocks, beBlocks }) => beFreeBlocks < beBlocks);

    gpu.commands.release(be);
    until(({ beFreeBlocks, beBlocks }) => beFreeBlocks === beBlocks);
    gpu.close();
  });
});
