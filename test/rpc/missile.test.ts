/** Missile's service: what its seven calls do, and what they answer where they can do nothing. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { replay } from "../../src/engine/replay.ts";
import { scratch } from "../engine/fixtures.ts";
import { connect, load, MODEL, type Rig, type RigClient, type RigOptions, startRig, until } from "./rig.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function rigged(options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(options);
  closing.push(() => rig.close());
  return rig;
}

function joined(rig: Rig): RigClient {
  const client = connect(rig.address);
  closing.push(() => client.close());
  return client;
}

const codeOf = (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => status.OK,
    (error: ServiceError) => error.code,
  );

const FINISHED = 4;
const REJECTED = 3;

describe("Missile's service", () => {
  it("brings no tenant of whose inputs and outputs the sizes cannot be told", async () => {
    const sizes = (): never => {
      throw new MissileError("the model folder is gone", "fileNotReadable");
    };
    const rig = await rigged({ sizes });
    const client = joined(rig);
    const { qid } = await client.SetPriority({});
    expect(await client.LoadModel({ name: MODEL, qid })).toMatchObject({ succ: false });
    expect(await rig.log()).toEqual([expect.stringContaining("the model folder is gone")]);
    expect(await rig.tenants()).toEqual([]);
  });

  it("serves a client from its first call to its last", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const mid = await load(client, {}, { allocMemorySizeKib: 128_000 });
    const { key, size, succ } = await client.RegisterBlob({ mid, name: "data" });
    expect({ key, size, succ }).toEqual({ key: `${mid}_data`, size: 3 * 224 * 224 * 4, succ: true });
    const path = join(rig.directory, key);
    expect([statSync(path).size, statSync(path).mode & 0o777]).toEqual([size, 0o600]);
    expect(await client.RegisterBlob({ mid, name: "data" })).toMatchObject({ key, succ: true });
    const output = await client.RegisterBlob({ mid, name: "output" });
    expect(output).toMatchObject({ key: `${mid}_output`, succ: true });
    writeFileSync(path, Buffer.alloc(size, 7));
    expect(await client.SetBlob({ key })).toEqual({ succ: true });
    writeFileSync(path, Buffer.alloc(size, 8));
    expect(await client.GetBlob({ key })).toEqual({ succ: true });
    expect(readFileSync(path)).toEqual(Buffer.alloc(size, 7));
    expect(await client.GetBlob({ key: output.key })).toEqual({ succ: true });
    const first = await client.Infer({ mid });
    expect(first).toMatchObject({ succ: true, response: FINISHED });
    const second = await client.Infer({ mid });
    expect(second.tid).toBe(first.tid + 1);
    expect(await rig.tenants()).toEqual(["resnet34 #1"]);
    expect(await client.Logout({ mid })).toEqual({ succ: true });
    expect(rig.shared()).toEqual([]);
    expect(await rig.tenants()).toEqual([]);
    expect(await client.Infer({ mid })).toMatchObject({ succ: false });
  });

  it("does what the fields say", async () => {
    const rig = await rigged();
    const settings = { percSmRequest: 10, percSmLimit: 50, allocMemorySizeKib: 5000, percPcieBandwidth: 77 };
    await load(joined(rig), { sloMs: 40, name: "DenseNet161__shape_4x3x224x224" }, settings);
    await load(
      joined(rig),
      { rt: false, name: "whatever", dir: "/models/VGG-19__shape_2x3x224x224" },
      { rt: false },
    );
    await rig.tenants();
    expect(rig.session.view().snapshot.tenants).toMatchObject([
      {
        class: "LS",
        model: "densenet161",
        batch: 4,
        smRequestPercent: 10,
        smLimitPercent: 50,
        vramKiB: 5000,
        nice: 77,
        sloMs: 40,
        load: "clients",
        client: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      },
      {
        class: "BE",
        model: "vgg19",
        batch: 2,
        smRequestPercent: 0,
        smLimitPercent: 100,
        nice: 100_000,
        sloMs: null,
      },
    ]);
  });

  it("rejects by the estimate and the SLO, both in ms", async () => {
    const client = joined(await rigged());
    const late = await load(client, { sloMs: 10, estimatedRuntimeMs: 11 });
    expect(await client.Infer({ mid: late })).toMatchObject({ succ: true, response: REJECTED });
    const inTime = await load(client, { sloMs: 1000, estimatedRuntimeMs: 900 });
    expect(await client.Infer({ mid: inTime })).toMatchObject({ succ: true, response: FINISHED });
  });

  it("answers an asynchronous inference at once, and does it", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const mid = await load(client);
    const { succ, tid, response } = await client.Infer({ mid, async: true });
    expect([succ, tid > 0, response]).toEqual([true, true, 0]);
    await until(() => rig.session.view().snapshot.tenants[0]?.requests.completed === 1);
  });

  it("is recorded in a journal that replays", async () => {
    const journalPath = join(scratch(), "run.journal");
    const rig = await rigged({ journalPath });
    const client = joined(rig);
    const mid = await load(client);
    await Promise.all(Array.from({ length: 20 }, () => client.Infer({ mid })));
    await client.Logout({ mid: -1 });
    await client.Logout({ mid });
    await rig.session.close();
    expect(replay(journalPath)).toMatchObject({ difference: null });
    const text = readFileSync(journalPath, "utf8");
    expect(text.match(/^requestArrived /gm)).toHaveLength(20);
    expect(text).toMatch(/^clientRefused .*this client has no model -1/m);
  });
});

describe("what cannot be", () => {
  it("is answered succ = false, and the log says why", async () => {
    const rig = await rigged();
    const [client, other] = [joined(rig), joined(rig)];
    const mid = await load(client);
    const foreign = await load(other);
    const { key: foreignKey } = await other.RegisterBlob({ mid: foreign, name: "data" });
    const { qid } = await client.SetPriority({ rt: true });
    const wrong: (readonly [Promise<{ succ: boolean }>, RegExp])[] = [
      [client.LoadModel({ name: MODEL, qid: 999 }), /no queue 999; call SetPriority first/],
      [
        client.LoadModel({ name: "ResNet43__shape_1x3x224x224", qid }),
        /no network .*ResNet43.*did you mean "resnet34"/,
      ],
      [client.LoadModel({ name: "", dir: "", qid }), /no network ""/],
      [client.LoadModel({ name: "resnet34__shape_0x3x224x224", qid }), /a batch has 1 to 1024 inputs, not 0/],
      [client.LoadModel({ name: MODEL, qid, sloMs: -1 }), /slo_ms must be at least 0, not -1/],
      [client.LoadModel({ name: MODEL, qid, estimatedRuntimeMs: -1 }), /estimated_runtime_ms must be/],
      [client.SetPriority({ percPcieBandwidth: -5 }), /perc_pcie_bandwidth must be at least 0, not -5/],
      [client.Infer({ mid: 12 }), /no model 12; call LoadModel first/],
      [client.Infer({ mid: foreign }), /this client has no model/],
      [client.Logout({ mid: foreign }), /this client has no model/],
      [client.RegisterBlob({ mid: foreign, name: "data" }), /this client has no model/],
      [client.GetBlob({ key: foreignKey }), /no such blob/],
      [client.SetBlob({ key: `${mid}_data` }), /no such blob/],
      ...["../x", "..", "a/b", "/etc/passwd", "", "Data", "constructor", "data\u0000", "x".repeat(5000)].map(
        (name) => [client.RegisterBlob({ mid, name }), /the blobs data and output, and no other/] as const,
      ),
    ];
    for (const [call] of wrong) expect((await call).succ).toBe(false);
    const log = (await rig.log()).join("\n");
    for (const [, says] of wrong.slice(0, 20)) expect(log).toMatch(says);
    expect(rig.shared().filter((name) => !name.startsWith("missile-console."))).toEqual([foreignKey]);
    expect(await client.Infer({ mid })).toMatchObject({ succ: true });
    expect(await other.Infer({ mid: foreign })).toMatchObject({ succ: true });
  });

  it("is a tenant with settings that cannot be", async () => {
    const rig = await rigged();
    const client = joined(rig);
    for (const settings of [
      { percSmRequest: 101 },
      { percSmRequest: 60, percSmLimit: 50 },
      { allocMemorySizeKib: 2e9 },
    ]) {
      const { qid } = await client.SetPriority(settings);
      expect(await client.LoadModel({ name: MODEL, qid })).toMatchObject({ succ: false });
    }
    expect((await rig.log()).join("\n")).toMatch(
      /smRequest must be within.*\n.*smRequest \(60.*\n.*lower its vramKiB/,
    );
  });

  it("is an inference while the operator has paused the load, and after he has removed the tenant", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const mid = await load(client);
    await rig.session.act({ kind: "changeTenant", tenant: 0, change: { loadOn: false } });
    expect(await client.Infer({ mid })).toMatchObject({ succ: false });
    await rig.session.act({ kind: "changeTenant", tenant: 0, change: { loadOn: true } });
    expect(await client.Infer({ mid })).toMatchObject({ succ: true });
    await rig.session.act({ kind: "setPaused", paused: true });
    await rig.tenants();
    const waiting = client.Infer({ mid });
    await until(() => rig.session.view().snapshot.tenants[0]?.requests.inFlight === 1);
    await rig.session.act({ kind: "removeTenant", tenant: 0, how: "abort" });
    await rig.session.act({ kind: "setPaused", paused: false });
    expect(await waiting).toMatchObject({ succ: false, response: 0 });
    expect(await client.Infer({ mid })).toMatchObject({ succ: false });
    expect((await rig.log()).join("\n")).toMatch(/load is off.*was dropped.*the tenant has left the run/s);
    expect(await client.Logout({ mid })).toMatchObject({ succ: true });
  });

  it("is what a run had that another has followed", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const mid = await load(client);
    await rig.session.reopen({ ...(await rig.session.mix()), tenants: [] });
    expect(await client.Infer({ mid })).toMatchObject({ succ: false });
    expect((await rig.log()).join("\n")).toMatch(/has ended; load it into the next one/);
    expect(await client.Logout({ mid })).toMatchObject({ succ: true });
    expect(await client.Infer({ mid: await load(client) })).toMatchObject({ succ: true });
  });

  it("is shared memory where there is none left: nothing of it stays", async () => {
    const full = async (): Promise<void> => {
      throw new Error("ENOSPC: no space left on device, write");
    };
    const rig = await rigged({ store: { allocate: full } });
    const client = joined(rig);
    const mid = await load(client);
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await client.RegisterBlob({ mid, name: "data" })).toMatchObject({ succ: false });
    expect(rig.shared().filter((name) => !name.startsWith("missile-console."))).toEqual([]);
    expect((await rig.log()).join("\n")).toMatch(/no shared memory of 602112 bytes .* ENOSPC/);
    expect(await client.Infer({ mid })).toMatchObject({ succ: true });
  });

  it("is shared memory under a name that is somebody's", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const mid = await load(client);
    writeFileSync(join(rig.directory, `${mid}_data`), "theirs");
    expect(await client.RegisterBlob({ mid, name: "data" })).toMatchObject({ succ: false });
    await client.Logout({ mid });
    expect(readFileSync(join(rig.directory, `${mid}_data`), "utf8")).toBe("theirs");
  });
});

describe("limits", () => {
  it("are told by a status, and others are served", async () => {
    const rig = await rigged();
    const client = joined(rig);
    for (let queue = 0; queue < 64; queue++) expect((await client.SetPriority({})).succ).toBe(true);
    expect(await codeOf(client.SetPriority({}))).toBe(status.RESOURCE_EXHAUSTED);
    const other = joined(rig);
    expect(await other.Infer({ mid: await load(other) })).toMatchObject({ succ: true });
  });

  it("hold for tenants", async () => {
    const rig = await rigged();
    const client = joined(rig);
    for (let tenant = 0; tenant < 64; tenant++) await load(client, {}, { allocMemorySizeKib: 100 });
    const { qid } = await joined(rig).SetPriority({});
    expect(qid).toBe(65);
    const crowded = joined(rig);
    const queue = await crowded.SetPriority({});
    expect(await codeOf(crowded.LoadModel({ name: MODEL, qid: queue.qid }))).toBe(status.RESOURCE_EXHAUSTED);
    client.close();
    await until(() => rig.service.size === 2);
    await until(async () => (await rig.tenants()).length === 0);
    expect(await crowded.LoadModel({ name: MODEL, qid: queue.qid })).toMatchObject({ succ: true });
  });

  it("are a viewer's", async () => {
    const rig = await rigged({ identify: () => ({ role: "viewer", name: "eve" }) });
    expect(await codeOf(joined(rig).SetPriority({}))).toBe(status.PERMISSION_DENIED);
  });
});
