/** The executor on a fake GPU of 16 SMs: what is launched, taken back and copied through the Device port is told as it happens. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Event, EventKind } from "../../src/core/event.ts";
import { asCopyId, asLaunchId, asTenantId, type LaunchId, type TenantId } from "../../src/core/ids.ts";
import { type TpcSet, tpcRange } from "../../src/core/tpc-set.ts";
import { type CudaGpu, openCudaGpu } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { computeKernel, network, streamKernel } from "../native/kernels.ts";
import { buildNative } from "./fake-driver/build.ts";
import { type Alive, loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

const SMS = 16;
const TPCS = SMS / 2;
const BLOCKS = 64;
const ILLEGAL_ADDRESS = 700;
const SECOND = 1e9;

const NOTHING: Alive = {
  deviceBytes: 0,
  pinnedBytes: 0,
  streams: 0,
  events: 0,
  greenContexts: 0,
  contexts: 0,
};

const tenant = asTenantId(3);
const streamer = asTenantId(0);
const stream = streamKernel(4, { threadsPerBlock: 256 });
const everything = tpcRange(0, TPCS);
const net = {
  ...network(computeKernel(BLOCKS, 1e4), computeKernel(BLOCKS, 1e4)),
  inputBytes: 1 << 20,
  outputBytes: 1 << 18,
};
const spec = { ...loadGpu("h200"), sms: SMS };

type EventOf<Kind extends EventKind> = Extract<Event, { kind: Kind }>;

const fake = loadFakeGpu({ SMS });
let gpu: CudaGpu;
const doorbell = new Int32Array(new SharedArrayBuffer(4));
const events: Event[] = [];
let launches = 0;

const open = (): CudaGpu => openCudaGpu({ spec, ordinal: 0, poolMiB: 0, doorbell });

function poll(untilNs: number): void {
  gpu.poll(untilNs, (event) => events.push({ ...event }));
}

/** Polls until such an event has come, for a minute at most. */
function until<Kind extends EventKind>(
  kind: Kind,
  wanted: (event: EventOf<Kind>) => boolean = () => true,
): EventOf<Kind> {
  const limitNs = gpu.nowNs() + 60 * SECOND;
  for (;;) {
    const found = events.find(
      (event): event is EventOf<Kind> => event.kind === kind && wanted(event as EventOf<Kind>),
    );
    if (found !== undefined) return found;
    if (gpu.nowNs() >= limitNs) throw new Error(`no ${kind} comes`);
    poll(limitNs);
  }
}

interface What {
  readonly tenant?: TenantId;
  readonly kernel?: number;
  readonly kernels?: number;
  readonly blocksLeft?: number;
}

function launch(tpcs: TpcSet, what: What = {}): LaunchId {
  const id = asLaunchId(launches++);
  const { kernel = 0, kernels = 2, blocksLeft = 0 } = what;
  const order = { id, tenant: what.tenant ?? tenant, firstKernel: kernel, kernelCount: kernels, blocksLeft };
  gpu.commands.launch({ ...order, priority: 0, slot: 0 }, tpcs);
  return id;
}

const retired = (id: LaunchId) => until("launchRetired", (event) => event.launch === id);

describe("the executor's parts", () => {
  it("hand over in order, and count right", () => {
    const source = join(import.meta.dirname, "native", "executor_parts_check.cc");
    execFileSync(buildNative("executor_parts_check", source), { stdio: "pipe" });
  });
});

describe("a fault", () => {
  it("can be blamed on whoever had kernels that were not done", () => {
    const program = buildNative("blame_check", join(import.meta.dirname, "native", "blame_check.cc"));
    const { status, stderr } = spawnSync(program, { encoding: "utf8", env: fakeEnvironment({ SMS }) });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describeWithKernels("the executor", () => {
  beforeAll(() => {
    gpu = open();
    gpu.load(tenant, net);
  });
  afterAll(() => {
    gpu.close();
    expect(fake.alive()).toEqual(NOTHING);
  });
  beforeEach(() => {
    events.length = 0;
    fake.setBlockNs(0);
  });

  it("profiles every kernel of a network", () => {
    const { kernels } = gpu.load(streamer, network(computeKernel(BLOCKS, 1e6), stream));
    expect(kernels.map(({ name }) => name)).toEqual(["compute", "stream"]);
    expect(kernels.map(({ bound }) => bound)).toEqual(["compute", "memory"]);
    for (const kernel of kernels) {
      expect(kernel.aloneNs).toBeGreaterThan(0);
      expect(kernel.tpcsNeeded).toBeGreaterThanOrEqual(1);
      expect(kernel.tpcsNeeded).toBeLessThanOrEqual(TPCS);
    }
  });

  it("refuses a network for which there is no memory, and works on", () => {
    const huge = { ...network(stream), storedBytes: 2 ** 40 };
    expect(() => gpu.load(asTenantId(5), huge)).toThrow(/CUDA_ERROR_OUT_OF_MEMORY/);
    expect(retired(launch(everything))).toMatchObject({ kernelsDone: 2 });
  });

  it("takes an input that is larger than its memory, and copies into a part again and again", () => {
    const guest = asTenantId(7);
    gpu.load(guest, { ...net, inputBytes: 2 ** 50 });
    const [id, sizeBytes] = [asCopyId(900), 200 * 2 ** 20];
    gpu.commands.copy({ id, tenant: guest, direction: "h2d", purpose: "input", slot: 0 }, 2 ** 40, sizeBytes);
    expect(until("copyRetired", (event) => event.copy === id)).toMatchObject({ movedBytes: sizeBytes });
    gpu.commands.release(guest);
  });

  it("lets a kernel pass over its footprint again and again", () => {
    const guest = asTenantId(7);
    const passes = {
      ...stream,
      readBytes: 2 ** 23,
      writtenBytes: 2 ** 23,
      footprintBytes: 3 * 2 ** 10,
      grid: 97,
    };
    const before = fake.alive().deviceBytes;
    gpu.load(guest, { ...network(passes), inputBytes: 0, outputBytes: 0 });
    expect(fake.alive().deviceBytes - before).toBeLessThan(2 ** 22);
    expect(retired(launch(everything, { tenant: guest, kernels: 1 }))).toMatchObject({ kernelsDone: 1 });
    gpu.commands.release(guest);
  });

  it("keeps a network that is loaded right behind the release of the one before", () => {
    const guest = asTenantId(7);
    gpu.load(guest, net);
    gpu.commands.release(guest);
    gpu.load(guest, net);
    expect(retired(launch(everything, { tenant: guest }))).toMatchObject({ kernelsDone: 2 });
    gpu.commands.release(guest);
  });

  it("retires a launch when all of its kernels are done", () => {
    expect(retired(launch(everything))).toMatchObject({ kernelsDone: 2, blocksLeft: 0 });
  });

  it("keeps count of bytes by channel and of time by TPC", () => {
    const before = gpu.channelBytes().slice();
    retired(launch(tpcRange(2, 4), { tenant: streamer, kernel: 1, kernels: 1 }));
    const moved = gpu.channelBytes().map((bytes, at) => bytes - (before[at] ?? 0));
    const ofStreamer = moved.subarray(streamer * spec.channels, (streamer + 1) * spec.channels);
    expect(moved.reduce((sum, bytes) => sum + bytes)).toBeCloseTo(stream.footprintBytes);
    expect(Math.min(...ofStreamer)).toBeCloseTo(stream.footprintBytes / spec.channels);
    // Fetched within a sixtieth of a second, once the thread blocks have left.
    let times = [0, 0, 0, 0];
    for (let fetches = 0; fetches < 1000 && !(Math.min(...times.slice(2, 4)) > 0); fetches++) {
      poll(gpu.nowNs() + SECOND / 20);
      times = [...gpu.tpcNs().subarray(streamer * 96, (streamer + 1) * 96)];
    }
    expect(Math.min(...times.slice(2, 4))).toBeGreaterThan(0);
    expect(Math.max(...times.slice(TPCS))).toBe(0);
  });

  it("takes TPCs back between blocks, and resumes what it has stopped", () => {
    // Three rounds of thread blocks, each so long that even a busy machine evicts within the first and then the second.
    fake.setBlockNs(5e8);
    const id = launch(everything, { kernels: 1 });
    poll(gpu.presentNs() + 2e8);
    const [some, rest] = [tpcRange(0, 3), tpcRange(3, TPCS)];
    gpu.commands.evict(id, some);
    const yielded = new Set<number>();
    while (yielded.size < 3) {
      until("tpcsYielded", (event) => event.launch === id);
      // One poll may have brought several.
      for (const event of events.splice(0)) {
        if (event.kind !== "tpcsYielded") continue;
        for (let tpc = 0; tpc < TPCS; tpc++) if (event.tpcs.has(tpc)) yielded.add(tpc);
      }
    }
    expect([...yielded].sort()).toEqual([0, 1, 2]);
    gpu.commands.evict(id, rest);
    const stopped = retired(id);
    expect(stopped.kernelsDone).toBe(0);
    expect(stopped.blocksLeft).toBeGreaterThan(0);
    expect(stopped.blocksLeft).toBeLessThan(BLOCKS);
    fake.setBlockNs(0);
    const { blocksLeft } = stopped;
    expect(retired(launch(rest, { kernels: 1, blocksLeft }))).toMatchObject({
      kernelsDone: 1,
      blocksLeft: 0,
    });
  });

  it("tells copies of each direction in the order of their submission, with their bytes", () => {
    const sizes = [4096, 40 * 2 ** 20, 1, 65_536, 3_000_001];
    for (const [at, sizeBytes] of sizes.entries()) {
      gpu.commands.copy(
        { id: asCopyId(at), tenant, direction: "h2d", purpose: "input", slot: 0 },
        0,
        sizeBytes,
      );
      gpu.commands.copy(
        { id: asCopyId(100 + at), tenant, direction: "d2h", purpose: "output", slot: 0 },
        0,
        sizeBytes,
      );
    }
    for (const id of [sizes.length - 1, 100 + sizes.length - 1])
      until("copyRetired", (event) => event.copy === id);
    const told = events.flatMap((event) => (event.kind === "copyRetired" ? [event] : []));
    const h2d = told.filter(({ copy }) => copy < 100);
    const d2h = told.filter(({ copy }) => copy >= 100);
    expect(h2d.map(({ copy }) => copy)).toEqual(sizes.map((_, at) => at));
    expect(h2d.map(({ movedBytes }) => movedBytes)).toEqual(sizes);
    expect(d2h.map(({ movedBytes }) => movedBytes)).toEqual(sizes);
  });

  it("polls until the instant it is given, or until the doorbell rings", () => {
    const endNs = gpu.nowNs() + 3e6;
    poll(endNs);
    expect(gpu.nowNs()).toBe(endNs);
    expect(gpu.presentNs()).toBeGreaterThanOrEqual(endNs);
    poll(endNs);
    expect(gpu.nowNs()).toBe(endNs);
    Atomics.store(doorbell, 0, 1);
    poll(endNs + 100 * SECOND);
    expect(gpu.nowNs()).toBeLessThan(endNs + 50 * SECOND);
    Atomics.store(doorbell, 0, 0);
    expect(events).toEqual([]);
  });

  it("counts decisions where an order answers an event, and only there", () => {
    const before = gpu.statistics();
    retired(launch(everything));
    launch(everything);
    poll(gpu.nowNs());
    poll(gpu.nowNs() + SECOND / 100);
    launch(everything);
    const after = gpu.statistics();
    expect(after.launches - before.launches).toBe(2);
    expect(after.decisions.count - before.decisions.count).toBe(1);
    expect(after.decisions.p50Ns).toBeLessThanOrEqual(after.decisions.p99Ns);
    expect(after.decisions.p99Ns).toBeLessThanOrEqual(after.decisions.maxNs);
    expect(after.partitionsMade).toBeGreaterThan(0);
  });

  it("counts a copy that answers an event too", () => {
    poll(gpu.presentNs());
    for (const id of [500, 501]) {
      const { decisions } = gpu.statistics();
      gpu.commands.copy({ id: asCopyId(id), tenant, direction: "h2d", purpose: "input", slot: 0 }, 0, 4096);
      until("copyRetired", ({ copy }) => copy === id);
      expect(gpu.statistics().decisions.count - decisions.count).toBe(id - 500);
    }
  });

  it("has made the usual sets of TPCs before anybody asks: those that begin or end where the GPU does", () => {
    const { fallbackLaunches } = gpu.statistics();
    for (let edge = 1; edge < TPCS; edge++) {
      retired(launch(tpcRange(0, edge)));
      retired(launch(tpcRange(edge, TPCS)));
    }
    expect(gpu.statistics().fallbackLaunches).toBe(fallbackLaunches);
    retired(launch(tpcRange(3, 7)));
    expect(gpu.statistics().fallbackLaunches).toBe(fallbackLaunches + 1);
  });

  it("tells its health of a moment ago without waiting, and nothing at first", () => {
    const other = open();
    expect(other.health()).toBeNull();
    other.close();
    retired(launch(everything));
    let health = gpu.health();
    for (const endNs = gpu.nowNs() + 10 * SECOND; gpu.nowNs() < endNs; health = gpu.health()) {
      if (health !== null && health.statistics.partitionsMade > 0) break;
      poll(gpu.nowNs() + SECOND / 100);
    }
    expect(health).toMatchObject({ uncolouredTenant: -1, uncolouredWhy: "", colours: { partitions: 0 } });
    expect(health?.statistics.launches).toBe(gpu.statistics().launches);
    expect(health?.statistics.partitionsMade).toBe(gpu.statistics().partitionsMade);
  });
});

describeWithKernels("a GPU that fails", () => {
  beforeEach(() => {
    fake.setBlockNs(0);
    events.length = 0;
    gpu = open();
    gpu.load(tenant, net);
  });
  afterEach(() => {
    gpu.close();
    expect(fake.alive()).toEqual(NOTHING);
  });

  it.each(["cuLaunchKernel", "cuMemcpyHtoDAsync"])("is told with the name of the call: %s", (call) => {
    // Of what is executing then, all is this tenant's.
    fake.setBlockNs(5e6);
    fake.failCall(call, 1, ILLEGAL_ADDRESS);
    // Still there when the copy begins.
    fake.setBlockNs(1e6);
    launch(everything);
    gpu.commands.copy({ id: asCopyId(1), tenant, direction: "h2d", purpose: "input", slot: 0 }, 0, 4096);
    expect(until("deviceFailed")).toMatchObject({ code: `${call}: CUDA_ERROR_ILLEGAL_ADDRESS`, tenant });
  });

  it("takes no orders until it is restored, and works then", () => {
    fake.faultKernel("demand", 1);
    launch(everything);
    expect(until("deviceFailed")).toMatchObject({ code: expect.stringMatching(/ILLEGAL_ADDRESS$/), tenant });
    const late = launch(everything);
    poll(gpu.nowNs() + SECOND / 100);
    expect(() => gpu.load(asTenantId(4), net)).toThrow(/has failed/);
    gpu.restore();
    events.length = 0;
    expect(retired(launch(everything))).toMatchObject({ kernelsDone: 2, blocksLeft: 0 });
    expect(events.some((event) => event.kind === "launchRetired" && event.launch === late)).toBe(false);
  });

  it("fails by a tenant that was misdirected, until it is restored", () => {
    gpu.load(streamer, network(stream));
    const go = () => launch(everything, { tenant: streamer, kernels: 1 });
    gpu.misdirect(streamer);
    go();
    const code = expect.stringMatching(/ILLEGAL_ADDRESS$/);
    expect(until("deviceFailed")).toMatchObject({ code, tenant: streamer });
    gpu.restore();
    expect(retired(go())).toMatchObject({ kernelsDone: 1 });
  });

  it("is told when a kernel has reached outside its memory", () => {
    fake.strayKernel("demand", 1);
    launch(everything);
    expect(until("deviceFailed")).toMatchObject({ code: "a kernel reached outside its memory", tenant });
    gpu.restore();
    expect(retired(launch(everything))).toMatchObject({ kernelsDone: 2 });
  });

  it("may be closed in the middle of a launch", () => {
    fake.setBlockNs(2e6);
    launch(everything);
    poll(gpu.nowNs() + 1e6);
  });
});

describeWithKernels("a process that ends without closing its GPU", () => {
  it("ends at once, though work is in flight", () => {
    const program = `
      import { openCudaGpu } from ${JSON.stringify(join(packageRoot, "dist", "src", "native", "index.js"))};
      const gpu = openCudaGpu({ spec: ${JSON.stringify(spec)}, ordinal: 0, poolMiB: 0, doorbell: new Int32Array(1) });
      gpu.commands.copy({ id: 1, tenant: 0, direction: "h2d", purpose: "input", slot: 0 }, 0, 1);
      process.exit(7);
    `;
    const args = ["--input-type=module", "-e", program];
    const { status, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: fakeEnvironment({ SMS }),
    });
    expect({ status, stderr }).toEqual({ status: 7, stderr: "" });
  });
});
