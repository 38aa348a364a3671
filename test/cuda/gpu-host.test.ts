/** The process that holds the GPU's context, on a fake GPU: what becomes of a run when it dies, and of it when the run does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Event } from "../../src/core/event.ts";
import { asLaunchId, asTenantId } from "../../src/core/ids.ts";
import { tpcRange } from "../../src/core/tpc-set.ts";
import { type CudaGpu, openCudaGpu } from "../../src/native/index.ts";
import { loadGpu } from "../../src/presets/gpu.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { computeKernel, network } from "../native/kernels.ts";
import { loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { fakeEnvironment } from "./fake-driver/run.ts";

const SMS = 8;
const SECOND = 1e9;
const spec = { ...loadGpu("h200"), sms: SMS };
const tenant = asTenantId(0);
const kernel = computeKernel(64, 1e4);
const net = network(kernel, kernel);

const fake = loadFakeGpu({ SMS });
const open = (): CudaGpu =>
  openCudaGpu({ spec, ordinal: 0, poolMiB: 0, doorbell: new Int32Array(new SharedArrayBuffer(4)) });

let gpu: CudaGpu;
let launches = 0;
const events: Event[] = [];

function launch(): void {
  const order = { id: asLaunchId(launches++), tenant, firstKernel: 0, kernelCount: 2, blocksLeft: 0 };
  gpu.commands.launch({ ...order, priority: 0, slot: 0 }, tpcRange(0, SMS / 2));
}

/** The next event, within a minute. */
function next(): Event {
  const untilNs = gpu.nowNs() + 60 * SECOND;
  events.length = 0;
  while (events.length === 0 && gpu.nowNs() < untilNs)
    gpu.poll(untilNs, (event) => events.push({ ...event }));
  return events[0]!;
}

/** What the kernel says of a process: its state, parent and process group; none of one that is gone. */
function statOf(pid: number): readonly string[] {
  const path = `/proc/${pid}/stat`;
  const stat = existsSync(path) ? readFileSync(path, "utf8") : "";
  // Behind its name.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Nobody may have looked at the end of one whose parent was killed. */
const isThere = (pid: number): boolean => !["", "X", "Z"].includes(statOf(pid)[0]!);

/** Until a process of somebody else's is gone. */
async function gone(pid: number): Promise<void> {
  while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function killAndRestore(): void {
  process.kill(gpu.hostPid, "SIGKILL");
  expect(next()).toMatchObject({ kind: "deviceFailed", code: "the GPU host died: Killed", tenant: -1 });
  expect(gpu.hostPid).toBe(-1);
  // Neither of these is carried out.
  launch();
  expect(() => gpu.load(asTenantId(1), net)).toThrow("the GPU has failed");
  gpu.restore();
  launch();
  expect(next()).toMatchObject({ kind: "launchRetired", launch: launches - 1, kernelsDone: 2 });
}

describeWithKernels("the GPU host", () => {
  beforeEach(() => {
    fake.setBlockNs(0);
    gpu = open();
    gpu.load(tenant, net);
  });
  afterEach(() => {
    const pid = gpu.hostPid;
    gpu.close();
    expect(isThere(pid)).toBe(false);
  });

  it("is a process that the terminal's signals do not reach", () => {
    const [, parent, group] = statOf(gpu.hostPid);
    expect([parent, group]).toEqual([`${process.pid}`, `${gpu.hostPid}`]);
  });

  it("may be killed at any time, and is replaced by a restore", () => {
    // Idle, and with a launch that would take seconds, which is polled for.
    killAndRestore();
    fake.setBlockNs(1e9);
    launch();
    gpu.poll(gpu.presentNs() + 1e6, () => {});
    fake.setBlockNs(0);
    killAndRestore();
  });

  it("may be killed while it is waited for", () => {
    fake.setBlockNs(1e8);
    const killer = spawn("sh", ["-c", `sleep 0.3; kill -9 ${gpu.hostPid}`]);
    expect(() => gpu.load(asTenantId(1), net)).toThrow("the GPU host died: Killed");
    expect(next()).toMatchObject({ kind: "deviceFailed", code: "the GPU host died: Killed" });
    killer.kill();
    fake.setBlockNs(0);
    gpu.restore();
    gpu.load(asTenantId(1), net);
  });

  it("tells with its last words why it died", () => {
    appendFileSync(`/proc/${gpu.hostPid}/fd/2`, "all is well\nthe driver has lost its way\n");
    process.kill(gpu.hostPid, "SIGABRT");
    expect(next()).toMatchObject({ code: "the GPU host died: Aborted (the driver has lost its way)" });
  });

  it("says what keeps a restore from working, and may be restored later", () => {
    process.kill(gpu.hostPid, "SIGKILL");
    expect(next().kind).toBe("deviceFailed");
    process.env.FAKE_CUDA_FAIL = "cuDevicePrimaryCtxRetain:1=101";
    expect(() => gpu.restore()).toThrow(
      "the GPU cannot be rebuilt: cuDevicePrimaryCtxRetain: CUDA_ERROR_INVALID_DEVICE",
    );
    delete process.env.FAKE_CUDA_FAIL;
    expect(() => gpu.load(asTenantId(1), net)).toThrow("the GPU has failed");
    gpu.restore();
    launch();
    expect(next()).toMatchObject({ kind: "launchRetired", kernelsDone: 2 });
  });

  it("ends though a kernel would run for years", () => {
    fake.setBlockNs(2 ** 54);
    launch();
    gpu.poll(gpu.presentNs() + 1e7, () => {});
  });
});

describeWithKernels("a console that is killed", () => {
  it("leaves no GPU host behind", async () => {
    const program = `
      import { openCudaGpu } from ${JSON.stringify(pathToFileURL(join(packageRoot, "dist", "src", "native", "index.js")))};
      const gpu = openCudaGpu({ spec: ${JSON.stringify(spec)}, ordinal: 0, poolMiB: 0, doorbell: new Int32Array(1) });
      console.log(gpu.hostPid);
      for (;;) gpu.poll(gpu.nowNs() + 1e9, () => {});
    `;
    const env = fakeEnvironment({ SMS });
    const console = spawn(process.execPath, ["--input-type=module", "-e", program], { env });
    const [said] = (await once(console.stdout, "data")) as [Buffer];
    const host = Number(said);
    expect(isThere(host)).toBe(true);
    console.kill("SIGKILL");
    await gone(host);
  });
});
