/** What clients do to a server without meaning to, or meaning to: nothing of it stays, nothing crashes, others are served. */

import { readdirSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { type ServiceError, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { Connection } from "../../src/rpc/connection.ts";
import { everybodyOperates } from "../../src/rpc/server.ts";
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

/** What a client may leave behind. */
const left = async (rig: Rig) => ({
  ...rig.server.load,
  clients: rig.service.size,
  blobs: rig.store.size,
  shared: rig.shared(),
  tenants: await rig.tenants(),
});

const NOTHING = { connections: 0, calls: 0, clients: 0, blobs: 0, shared: [], tenants: [] };

const openFiles = (): number => readdirSync("/proc/self/fd").length;

const raw = (rig: Rig): Promise<Socket> =>
  new Promise((resolve) => {
    if (rig.address.kind !== "tcp") throw new Error("a port is needed");
    const socket = createConnection(rig.address.port, rig.address.host, () => resolve(socket));
    socket.on("error", () => {});
    closing.push(() => socket.destroy());
  });

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

describe("a client that goes", () => {
  it("takes along all that it had, 200 times", async () => {
    const rig = await rigged();
    const steady = joined(rig);
    const mid = await load(steady);
    const filesBefore = openFiles();
    for (let cycle = 0; cycle < 200; cycle++) {
      const client = connect(rig.address);
      const own = await load(client, {}, { rt: false });
      if (cycle % 2 === 0) await client.RegisterBlob({ mid: own, name: "data" });
      if (cycle % 3 === 0) void client.Infer({ mid: own }).catch(() => {});
      else await client.Infer({ mid: own });
      client.close();
      if (cycle % 20 === 0) expect(await steady.Infer({ mid })).toMatchObject({ succ: true });
    }
    await until(() => rig.server.load.connections === 1);
    await until(async () => (await rig.tenants()).length === 1);
    expect(await left(rig)).toEqual({ ...NOTHING, connections: 1, clients: 1, tenants: ["resnet34 #1"] });
    expect(openFiles()).toBeLessThanOrEqual(filesBefore);
  });

  it("and breaks off in the middle of anything takes it along too", async () => {
    const connections = new Set<Connection>();
    const rig = await rigged({
      identify: (connection, metadata) => {
        connections.add(connection);
        return everybodyOperates(connection, metadata);
      },
    });
    await rig.session.act({ kind: "setPaused", paused: true });
    const client = connect(rig.address);
    const mid = await load(client);
    await client.RegisterBlob({ mid, name: "data" });
    const waiting = Array.from({ length: 50 }, () =>
      client.Infer({ mid }).catch((error: ServiceError) => error.code),
    );
    await until(() => rig.server.load.calls === 50);
    // LoadModel and RegisterBlob on their way.
    const { qid } = await client.SetPriority({});
    const late = [client.LoadModel({ name: MODEL, qid }), client.RegisterBlob({ mid, name: "output" })];
    for (const call of late) call.catch(() => {});
    await until(() => rig.server.load.calls >= 50);
    for (const { socket } of connections) socket.destroy();
    await rig.session.act({ kind: "setPaused", paused: false });
    await Promise.all(waiting);
    client.close();
    await until(async () => (await rig.tenants()).length === 0);
    await until(() => rig.store.size === 0 && rig.server.load.connections === 0);
    expect(await left(rig)).toEqual(NOTHING);
  });

  it("and cancels a call has it dropped", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const mid = await load(client);
    await rig.session.act({ kind: "setPaused", paused: true });
    const requests = () => rig.session.view().snapshot.tenants[0]?.requests;
    const cancelled = new Promise<number>((resolve) => {
      const call = client.stub.Infer({ mid }, (error) => resolve(error?.code ?? status.OK));
      void until(() => requests()?.inFlight === 1).then(() => call.cancel());
    });
    expect(await cancelled).toBe(status.CANCELLED);
    // On a busy machine its time may be up before it arrives: then it has another try.
    for (let [patienceMs, hasArrived] = [1_000, false]; !hasArrived; patienceMs *= 2) {
      let code: number | null = null;
      client.stub.Infer({ mid }, { deadline: Date.now() + patienceMs }, (error) => {
        code = error?.code ?? status.OK;
      });
      await until(() => {
        // Behind the other, of which a chunk is on its way for as long as the run is paused.
        hasArrived ||= requests()?.inFlight === 2;
        return code !== null;
      });
      expect(code).toBe(status.DEADLINE_EXCEEDED);
    }
    // The client knows first, and a run that goes on sooner than the server would complete it.
    await until(() => requests()?.inFlight === 1);
    await rig.session.act({ kind: "setPaused", paused: false });
    await until(() => (requests()?.aborted ?? 0) >= 2 && requests()?.inFlight === 0);
    expect(await client.Infer({ mid })).toMatchObject({ succ: true });
  });

  it("without a word is found by asking", async () => {
    const rig = await rigged({ keepalive: { everyMs: 50, answerMs: 50 } });
    const socket = await raw(rig);
    socket.write(Buffer.concat([PREFACE, SETTINGS]));
    await raw(rig);
    await until(() => rig.server.load.connections === 2);
    const steady = joined(rig);
    const mid = await load(steady);
    await until(() => rig.server.load.connections === 1);
    expect(await steady.Infer({ mid })).toMatchObject({ succ: true });
  });
});

describe("bytes that mean nothing", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  /** Frames whose headers are right, of any type, flags and stream. */
  const frame = fc
    .tuple(bytes, fc.nat(10), fc.nat(255), fc.nat(9))
    .map(([payload, type, flags, stream]) =>
      Buffer.concat([
        Buffer.from([0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream]),
        payload,
      ]),
    );
  const beginnings = fc.oneof(
    bytes.map((noise) => Buffer.from(noise)),
    fc.array(frame, { maxLength: 8 }).map((frames) => Buffer.concat([PREFACE, SETTINGS, ...frames])),
  );

  it("end their own connection at most", async () => {
    // Who began a frame and says no more is found by asking.
    const rig = await rigged({ keepalive: { everyMs: 500, answerMs: 2000 } });
    const steady = joined(rig);
    const mid = await load(steady);
    await fc.assert(
      fc.asyncProperty(beginnings, async (noise) => {
        const socket = await raw(rig);
        socket.resume();
        await new Promise((resolve) => socket.end(noise, () => resolve(null)));
        expect(await steady.Infer({ mid })).toMatchObject({ succ: true });
        socket.destroy();
      }),
      { numRuns: 80 },
    );
    await until(() => rig.server.load.connections === 1);
    expect(await left(rig)).toMatchObject({ clients: 1, calls: 0 });
  });

  it("as messages are refused or answered", async () => {
    const rig = await rigged();
    const client = joined(rig);
    const calls = [
      "SetPriority",
      "LoadModel",
      "RegisterBlob",
      "SetBlob",
      "GetBlob",
      "Infer",
      "Logout",
      "Nonesuch",
    ];
    const same = (message: Buffer): Buffer => message;
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...calls), bytes, async (call, noise) => {
        const path = `/missile.rpc.MISSILEService/${call}`;
        const code = await new Promise<number>((resolve) =>
          client.stub.makeUnaryRequest(path, same, same, Buffer.from(noise), (error) =>
            resolve(error?.code ?? 0),
          ),
        );
        statuses.add(code);
      }),
      { numRuns: 300 },
    );
    for (const code of statuses)
      expect([status.OK, status.INTERNAL, status.UNIMPLEMENTED, status.RESOURCE_EXHAUSTED]).toContain(code);
    expect(statuses).toContain(status.UNIMPLEMENTED);
    const other = joined(rig);
    expect(await other.Infer({ mid: await load(other) })).toMatchObject({ succ: true });
  });
});

describe("a server that stops", () => {
  it("with 100 inferences in flight answers those that end, then the others UNAVAILABLE", async () => {
    const rig = await rigged();
    const [quick, stuck] = [joined(rig), joined(rig)];
    const mids = [
      await load(quick),
      await load(stuck, { name: "vgg19" }, { allocMemorySizeKib: 1 }),
    ] as const;
    await rig.session.act({ kind: "setPaused", paused: true });
    const outcome = (call: Promise<{ succ: boolean }>): Promise<string> =>
      call.then(
        ({ succ }) => (succ ? "answered" : "failed"),
        ({ code, details }: ServiceError) => `${status[code]}: ${details}`,
      );
    const first = Array.from({ length: 50 }, () => outcome(quick.Infer({ mid: mids[0] })));
    await until(() => rig.server.load.calls === 50);
    await rig.session.act({ kind: "setPaused", paused: false });
    await until(() => rig.server.load.calls === 0);
    await rig.session.act({ kind: "setSpeed", factor: 0.01 });
    const second = Array.from({ length: 100 }, () => outcome(stuck.Infer({ mid: mids[1] })));
    await until(() => rig.server.load.calls === 100);
    const stopped = rig.server.stop(1_500);
    expect(new Set(await Promise.all(first))).toEqual(new Set(["answered"]));
    const ends = await Promise.all(second);
    await stopped;
    expect(new Set(ends)).toEqual(new Set(["answered", "UNAVAILABLE: the server is stopping"]));
    // In the order in which they came.
    expect(ends.lastIndexOf("answered")).toBeLessThan(ends.indexOf("UNAVAILABLE: the server is stopping"));
    await until(() => rig.service.size === 0);
    expect(await left(rig)).toMatchObject({ connections: 0, calls: 0, clients: 0, shared: [] });
  });
});
