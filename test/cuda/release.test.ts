/** A tenant that leaves a fake GPU gives its memory back, and not before nothing of it is on its way. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Event } from "../../src/core/event.ts";
import { asCopyId, asLaunchId, asTenantId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { type CudaGpu, openCudaGpu } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { computeKernel, network } from "../native/kernels.ts";
import { loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";

const SMS = 16;
const SECOND = 1e9;
const MIB = 2 ** 20;

const fake = loadFakeGpu({ SMS });
const tenant = asTenantId(3);
const net = { ...network(computeKernel(64, 1e4)), outputBytes: 4096 };

describeWithKernels("a tenant that is released", () => {
  let gpu: CudaGpu;
  let idleBytes: number;
  beforeAll(() => {
    const doorbell = new Int32Array(new SharedArrayBuffer(4));
    gpu = openCudaGpu({ spec: { ...loadGpu("h200"), sms: SMS }, ordinal: 0, poolMiB: 0, doorbell });
    idleBytes = fake.alive().deviceBytes;
  });
  afterAll(() => gpu.close());

  /** All events until the wanted one, for a minute at most. */
  function eventsUntil(isWanted: (event: Event) => boolean): Event[] {
    const events: Event[] = [];
    const limitNs = gpu.presentNs() + 60 * SECOND;
    while (!events.some(isWanted)) {
      if (gpu.nowNs() >= limitNs) throw new Error("it does not come");
      gpu.poll(limitNs, (event) => events.push({ ...event }));
    }
    return events;
  }

  function release(): void {
    gpu.commands.release(tenant);
    gpu.poll(gpu.nowNs(), () => {});
  }

  it("gives its memory back", () => {
    gpu.load(tenant, { ...net, storedBytes: 16 * MIB, inputBytes: MIB });
    expect(fake.alive().deviceBytes).toBeGreaterThanOrEqual(idleBytes + 17 * MIB);
    release();
    // Behind the order.
    gpu.statistics();
    expect(fake.alive().deviceBytes).toBe(idleBytes);
  });

  it("keeps its memory until copies that are on their way have arrived, also if another comes in its place", () => {
    const [ids, sizeBytes] = [Array.from({ length: 40 }, (_, at) => asCopyId(at)), 24 * MIB];
    const large = { ...net, inputBytes: sizeBytes };
    gpu.load(tenant, large);
    const loadedBytes = fake.alive().deviceBytes;
    for (const id of ids) {
      gpu.commands.copy({ id, tenant, direction: "h2d", purpose: "input", slot: 0 }, 0, sizeBytes);
    }
    gpu.commands.release(tenant);
    gpu.load(tenant, large);
    const copied = eventsUntil((event) => event.kind === "copyRetired" && event.copy === ids.at(-1));
    expect(copied.map((event) => event.kind === "copyRetired" && event.copy)).toEqual(ids);
    const order = { id: asLaunchId(0), tenant, firstKernel: 0, kernelCount: 1, blocksLeft: 0 };
    gpu.commands.launch({ ...order, priority: 0, slot: 0 }, tpcRange(0, SMS / 2));
    eventsUntil(({ kind }) => kind === "launchRetired");
    expect(fake.alive().deviceBytes).toBe(loadedBytes);
    release();
    // Once the launch has drained.
    for (let looks = 0; looks < 1000 && fake.alive().deviceBytes > idleBytes; looks++) gpu.statistics();
    expect(fake.alive().deviceBytes).toBe(idleBytes);
  });
});
