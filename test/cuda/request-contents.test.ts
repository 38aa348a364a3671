/**
 * What clients bring to their requests and what those compute, on a fake GPU whose kernels are cpp/dnn's references: each request has its own
 * input, whatever else is in flight and whatever happens to it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { LoweredNetwork } from "../../src/core/kernel.ts";
import { Prng } from "../../src/core/prng.ts";
import type { Program } from "../../src/core/program.ts";
import { Engine } from "../../src/engine/engine.ts";
import { replay } from "../../src/engine/replay.ts";
import { anyTimes } from "../../src/engine/run-on-gpu.ts";
import { seeded } from "../../src/models/seeded.ts";
import { type CudaGpu, openCudaGpu, portBytes } from "../../src/native/index.ts";
import { readModelFolder, writeModelFolder } from "../../src/plan/folder.ts";
import { plan } from "../../src/plan/make-plan.ts";
import { loweredOf } from "../../src/plan/program.ts";
import { loadGpu, tenantWithDefaults } from "../../src/presets/index.ts";
import { SHARED_MEMORY } from "../../src/rpc/missile/blob-store.ts";
import { scratch, smallMix } from "../engine/fixtures.ts";
import { connect, type RigClient } from "../rpc/rig.ts";
import { type ServerProcess, startServer, stopServer } from "../rpc/server-process.ts";
import { loadFakeGpu } from "./fake-driver/handle.ts";
import { describeWithKernels } from "./fake-driver/kernels.ts";
import { small } from "./small-network.ts";
import { runWithGpuWeights } from "./weights-on-gpu.ts";

const SMS = 8;
const LONGEST_NS = 60e9;
const SLICE_NS = 2e8;

const folder = mkdtempSync(join(tmpdir(), "missile-contents-"));
const path = join(folder, "small");
const fake = loadFakeGpu({ SMS });
let network: LoweredNetwork;
let program: Program;

beforeAll(() => {
  writeModelFolder(path, plan(seeded(small(2)), { precision: "tf32" }));
  network = loweredOf(readModelFolder(path));
  program = network.program as Program;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The nth input: other numbers for each. */
function inputAt(nth: number): Float32Array {
  const random = new Prng(nth, "contents");
  return Float32Array.from(
    { length: portBytes(program.inputs) / Float32Array.BYTES_PER_ELEMENT },
    () => 2 * random.nextUnit() - 1,
  );
}

const bytesOf = (values: Float32Array | Int32Array): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** What is computed of that. */
function wantedAt(nth: number): Buffer {
  const inputs = new Map([[program.inputs[0]!.name, inputAt(nth)]]);
  return Buffer.concat([...runWithGpuWeights(network, inputs).values()].map(bytesOf));
}

describeWithKernels("contents of requests", () => {
  let gpu: CudaGpu;
  let engine: Engine;
  const journalPath = join(scratch(), "contents.journal");
  const client = { address: "test", estimatedMs: null };

  beforeAll(() => {
    fake.setBlockNs(20_000);
    gpu = openCudaGpu({
      spec: { ...loadGpu("h200"), sms: SMS },
      ordinal: 0,
      poolMiB: 0,
      doorbell: new Int32Array(new SharedArrayBuffer(4)),
    });
    const tenants = [tenantWithDefaults({ name: "neighbour", class: "BE", model: path })];
    const timed = anyTimes(network, gpu.spec);
    engine = new Engine(
      { ...smallMix, policy: "missiletemporal", tenants },
      {
        openDevice: () => gpu,
        contents: gpu,
        networks: () => ({ network: timed, home: path }),
        journalPath,
      },
    );
  });
  afterAll(() => {
    engine?.close();
    expect(fake.alive()).toMatchObject({ deviceBytes: 0, pinnedBytes: 0, streams: 0 });
  });

  const bring = (name: string): number =>
    engine.bring(tenantWithDefaults({ name, class: "LS", model: path, load: { kind: "clients" } }), client);

  function advanceUntil(isEnough: () => boolean): void {
    while (engine.nowNs() < LONGEST_NS && !isEnough()) engine.advance(engine.nowNs() + SLICE_NS, 100);
    expect(isEnough()).toBe(true);
  }

  /** Those of so many requests, by their tickets. */
  function outputsOf(requests: number): Map<number, Buffer> {
    advanceUntil(() => !engine.isAwaited);
    expect(engine.takeEnds()).toHaveLength(4 * requests);
    return new Map(engine.takeOutputs().map(([ticket, output]) => [ticket, Buffer.from(output)]));
  }

  it("are each request's own, with several in flight and others beside", () => {
    const tenancy = bring("many");
    engine.wantOutputs(tenancy);
    const inputs = [1, 1, 2, 3, 1, 4, 4, 2];
    for (const [ticket, nth] of inputs.entries()) {
      engine.setInput(tenancy, bytesOf(inputAt(nth)));
      engine.infer(ticket, tenancy);
    }
    const outputs = outputsOf(inputs.length);
    for (const [ticket, nth] of inputs.entries()) expect(outputs.get(ticket)).toEqual(wantedAt(nth));
    expect(wantedAt(1)).not.toEqual(wantedAt(2));
    engine.dismiss(tenancy);
  });

  it("stay whose they are when some are cancelled, and when the GPU is lost and rebuilt", () => {
    const tenancy = bring("unlucky");
    engine.wantOutputs(tenancy);
    for (let ticket = 0; ticket < 6; ticket++) {
      engine.setInput(tenancy, bytesOf(inputAt(ticket)));
      engine.infer(ticket, tenancy);
    }
    engine.cancel(0);
    engine.cancel(3);
    process.kill(gpu.hostPid, "SIGKILL");
    advanceUntil(() => engine.deviceHasFailed);
    engine.act({ kind: "restoreDevice" });
    const outputs = outputsOf(6);
    expect([...outputs.keys()]).toEqual([1, 2, 4, 5]);
    for (const [ticket, output] of outputs) expect(output).toEqual(wantedAt(ticket));
    engine.dismiss(tenancy);
  });

  it("are of the network's size, and nobody's where nobody wants them", () => {
    const tenancy = bring("wrong");
    const wrong = (): void => engine.setInput(tenancy, new Uint8Array(5));
    expect(wrong).toThrow(`an input of ${network.name} has ${portBytes(program.inputs)} bytes, not 5`);
    engine.infer(0, tenancy);
    expect(outputsOf(1).size).toBe(0);
    engine.dismiss(tenancy);
  });

  it("need pinned memory: a network that gets none is refused in one line, and others run on", () => {
    fake.failCall("cuMemHostRegister", 1, 2);
    expect(() => bring("unpinned")).toThrow(
      /^small cannot run on .*: cuMemHostRegister: CUDA_ERROR_OUT_OF_MEMORY$/,
    );
    const tenancy = bring("pinned");
    engine.infer(0, tenancy);
    expect(outputsOf(1).size).toBe(0);
    engine.dismiss(tenancy);
  });

  it("are no part of what is decided: the journal replays without them", () => {
    engine.flushJournal();
    expect(replay(journalPath)).toMatchObject({ difference: null });
  });
});

describeWithKernels("a server on a GPU", () => {
  let server: ServerProcess;
  const clients: RigClient[] = [];

  beforeAll(async () => {
    server = await startServer("missiletemporal", "--backend", "cuda", "--pool-mib", "0");
  });
  afterAll(async () => {
    if (server !== undefined) expect(await stopServer(server)).toBe(0);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  /** A client with the model folder loaded. */
  async function joined(): Promise<{ client: RigClient; mid: number; data: string; output: string }> {
    const client = connect({ kind: "tcp", host: "127.0.0.1", port: server.port });
    clients.push(client);
    const { qid } = await client.SetPriority({ rt: true });
    const { succ, mid } = await client.LoadModel({ dir: folder, name: "small", qid });
    expect(succ).toBe(true);
    const data = await client.RegisterBlob({ mid, name: "data" });
    const output = await client.RegisterBlob({ mid, name: "output" });
    expect([data.size, output.size]).toEqual([portBytes(program.inputs), portBytes(program.outputs)]);
    return { client, mid, data: data.key, output: output.key };
  }

  it("computes what its clients set, each its own", { timeout: 60_000 }, async () => {
    const turns = [
      [1, 2, 3],
      [4, 4, 5],
    ].map(async (inputs) => {
      const { client, mid, data, output } = await joined();
      for (const nth of inputs) {
        writeFileSync(join(SHARED_MEMORY, data), bytesOf(inputAt(nth)), { flag: "r+" });
        expect(await client.SetBlob({ key: data })).toEqual({ succ: true });
        expect(await client.Infer({ mid })).toMatchObject({ succ: true, response: 4 });
        expect(await client.GetBlob({ key: output })).toEqual({ succ: true });
        expect(readFileSync(join(SHARED_MEMORY, output))).toEqual(wantedAt(nth));
      }
    });
    await Promise.all(turns);
  });

  it("fetches what the inference has computed that was answered last", { timeout: 60_000 }, async () => {
    const { client, mid, data, output } = await joined();
    const set = async (nth: number): Promise<void> => {
      writeFileSync(join(SHARED_MEMORY, data), bytesOf(inputAt(nth)), { flag: "r+" });
      expect(await client.SetBlob({ key: data })).toEqual({ succ: true });
    };
    const fetched = async (): Promise<Buffer> => {
      expect(await client.GetBlob({ key: output })).toEqual({ succ: true });
      return readFileSync(join(SHARED_MEMORY, output));
    };
    expect(await fetched()).toEqual(Buffer.alloc(portBytes(program.outputs)));
    for (const nth of [6, 7, 8]) {
      await set(nth);
      expect(await client.Infer({ mid, async: true })).toMatchObject({ succ: true });
    }
    await set(9);
    expect(await client.Infer({ mid })).toMatchObject({ succ: true });
    await set(10);
    expect(await fetched()).toEqual(wantedAt(9));
  });
});
