/** The frame of the server: connections with names and ends, limits, health, and stopping. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { type Address, formatAddress, isLocal, parseAddress } from "../../src/rpc/address.ts";
import type { MISSILEServiceHandlers } from "../../src/rpc/generated/missile/rpc/MISSILEService.ts";
import { MISSILEService } from "../../src/rpc/protos.ts";
import { everybodyOperates, type Identify, type Limits, RpcServer } from "../../src/rpc/server.ts";
import { unary } from "../../src/rpc/unary.ts";

const ANYWHERE: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Started {
  readonly server: RpcServer;
  readonly address: Address;
  /** Lets every Infer that waits be answered. */
  readonly release: () => void;
}

/** Infer waits to be released; Logout answers at once whether the caller is an operator. */
async function start(
  address = ANYWHERE,
  limits: Partial<Limits> = {},
  identify?: Identify,
): Promise<Started> {
  const server = new RpcServer({ address, limits, identify });
  const waiting: (() => void)[] = [];
  const not = (): never => {
    throw new Error("not called here");
  };
  const handlers: MISSILEServiceHandlers = {
    LoadModel: not,
    SetPriority: not,
    RegisterBlob: not,
    GetBlob: not,
    SetBlob: not,
    Infer: unary(server.callerOf, async ({ mid }) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { succ: true, tid: mid };
    }),
    Logout: unary(server.callerOf, (_, { identity }) => ({ succ: identity.role === "operator" })),
  };
  server.add({ definition: MISSILEService.service, handlers: { ...handlers } });
  const at = await server.listen();
  closing.push(() => server.stop(0));
  const release = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  return { server, address: at, release };
}

type Missile = InstanceType<typeof MISSILEService>;

function client(address: Address): Missile {
  const made = new MISSILEService(formatAddress(address), credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  closing.push(() => made.close());
  return made;
}

const logout = (from: Missile, metadata = new Metadata()): Promise<boolean> =>
  new Promise((resolve, reject) =>
    from.Logout({ mid: 1 }, metadata, (error, reply) => (error ? reject(error) : resolve(reply!.succ))),
  );

const infer = (from: Missile, mid: number): Promise<number> =>
  new Promise((resolve, reject) =>
    from.Infer({ mid }, (error, reply) => (error ? reject(error) : resolve(reply!.tid))),
  );

const refused = (call: Promise<unknown>): Promise<ServiceError> =>
  call.then(
    () => expect.unreachable("it was answered"),
    (error) => error as ServiceError,
  );

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const raw = (address: Address): Promise<Socket> =>
  new Promise((resolve) => {
    if (address.kind !== "tcp") throw new Error("a port is needed");
    const socket = createConnection(address.port, address.host, () => resolve(socket));
    socket.on("error", () => {});
    closing.push(() => socket.destroy());
  });

describe("an address", () => {
  it.each([
    ["127.0.0.1:5", { kind: "tcp", host: "127.0.0.1", port: 5 }],
    ["34544", { kind: "tcp", host: "127.0.0.1", port: 34544 }],
    ["gpu-7", { kind: "tcp", host: "gpu-7", port: 34543 }],
    ["[::1]:80", { kind: "tcp", host: "::1", port: 80 }],
    ["[fe80::1]", { kind: "tcp", host: "fe80::1", port: 34543 }],
    ["unix:/run/m.sock", { kind: "unix", path: "/run/m.sock" }],
  ] as const)("%s is read, and read again as it is written", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(parseAddress(formatAddress(address))).toEqual(address);
  });

  it.each(["", "a b:3", "h:65536", "h:x", "unix:", "::1", "1:2:3"])("%j is none", (text) => {
    expect(() => parseAddress(text)).toThrow(/is no address; write/);
  });

  it("is local on this machine alone", () => {
    const local = ["127.0.0.1:1", "127.9.0.1:1", "localhost:1", "[::1]:1", "unix:/x"];
    for (const text of local) expect(isLocal(parseAddress(text)), text).toBe(true);
    const others = ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.0.0.1.example.org:1"];
    for (const text of others) expect(isLocal(parseAddress(text)), text).toBe(false);
  });
});

describe("a server", () => {
  it("names each connection and knows its end", async () => {
    const peers: string[] = [];
    const ends: string[] = [];
    // Asked once a call, of which each connection has one.
    const { server, address } = await start(ANYWHERE, {}, (connection, metadata) => {
      peers.push(connection.peer);
      void connection.ended.then(() => ends.push(connection.peer));
      return everybodyOperates(connection, metadata);
    });
    const [one, two] = [client(address), client(address)];
    await logout(one);
    await logout(two);
    expect(new Set(peers).size).toBe(2);
    one.close();
    await until(() => ends.length > 0);
    expect(ends).toEqual([peers[0]]);
    expect(server.load.connections).toBe(1);
  });

  it("listens on a Unix socket that is its owner's alone, in place of a dead server's", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rpc-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "server.sock");
    const peers: string[] = [];
    const { server } = await start({ kind: "unix", path }, {}, (connection, metadata) => {
      peers.push(connection.peer);
      return everybodyOperates(connection, metadata);
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await logout(client({ kind: "unix", path }))).toBe(true);
    expect(await logout(client({ kind: "unix", path }))).toBe(true);
    expect(peers).toEqual(["unix:1", "unix:2"]);
    await expect(start({ kind: "unix", path })).rejects.toThrow(/is taken/);
    await server.stop(0);
    writeFileSync(path, "");
    await expect(start({ kind: "unix", path })).rejects.toThrow(/is taken/);
  });

  it("says which port is taken", async () => {
    const { address } = await start();
    await expect(start(address)).rejects.toThrow(`${formatAddress(address)} is taken`);
  });

  it("refuses who is not known", async () => {
    const identify: Identify = (_, metadata) =>
      metadata.get("authorization")[0] === "Bearer x" ? { role: "viewer", name: "x" } : null;
    const { address } = await start(ANYWHERE, {}, identify);
    const caller = client(address);
    expect((await refused(logout(caller))).code).toBe(status.UNAUTHENTICATED);
    const metadata = new Metadata();
    metadata.set("authorization", "Bearer x");
    expect(await logout(caller, metadata)).toBe(false);
  });

  it("refuses a call too many of one connection, and others go on", async () => {
    const { server, address, release } = await start(ANYWHERE, { callsPerConnection: 3 });
    const greedy = client(address);
    const three = [1, 2, 3].map((mid) => infer(greedy, mid));
    await until(() => server.load.calls === 3);
    const error = await refused(infer(greedy, 4));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.details).toBe("this connection has 3 calls in flight, the most; wait for answers");
    expect(await logout(client(address))).toBe(true);
    release();
    expect(await Promise.all(three)).toEqual([1, 2, 3]);
    await until(() => server.load.calls === 0);
    expect(await logout(greedy)).toBe(true);
  });

  it("refuses a connection too many with a status, until one ends", async () => {
    const { server, address } = await start(ANYWHERE, { connections: 1 });
    const first = client(address);
    await logout(first);
    const error = await refused(logout(client(address)));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.details).toMatch(/1 connections, the most/);
    first.close();
    closing.pop()?.();
    await until(() => server.load.connections === 0);
    expect(await logout(client(address))).toBe(true);
  });

  it("refuses a message that is too large", async () => {
    const { address } = await start(ANYWHERE, { messageBytes: 100 });
    const caller = client(address);
    const call = new Promise((resolve, reject) =>
      caller.GetBlob({ key: "k".repeat(200) }, (error) => (error ? reject(error) : resolve(null))),
    );
    expect((await refused(call)).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await logout(caller)).toBe(true);
  });

  it("forgets the calls of a connection that breaks off", async () => {
    const { server, address } = await start();
    const session = connect(`http://${formatAddress(address)}`);
    const call = session.request({
      ":method": "POST",
      ":path": "/missile.rpc.MISSILEService/Infer",
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.on("error", () => {});
    call.write(Buffer.alloc(5));
    await until(() => server.load.calls === 1);
    session.destroy();
    await until(() => server.load.calls === 0 && server.load.connections === 0);
  });

  it("stands bytes that are no HTTP/2", async () => {
    const { server, address } = await start();
    for (const bytes of [
      "GET / HTTP/1.1\r\n\r\n",
      "\u0000".repeat(5000),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxxxxxxxxxx",
    ]) {
      const socket = await raw(address);
      socket.write(bytes);
      await new Promise((resolve) => socket.resume().once("close", resolve));
    }
    await until(() => server.load.connections === 0);
    expect(await logout(client(address))).toBe(true);
  });
});

describe("a server that stops", () => {
  it("answers what is in flight, and refuses what comes", async () => {
    const { server, address, release } = await start();
    const caller = client(address);
    const call = infer(caller, 7);
    await until(() => server.load.calls === 1);
    const stopped = server.stop(60_000);
    expect((await refused(logout(caller))).code).toBe(status.UNAVAILABLE);
    release();
    expect(await call).toBe(7);
    await stopped;
    expect(server.load).toEqual({ connections: 0, calls: 0 });
    expect((await refused(logout(client(address)))).code).toBe(status.UNAVAILABLE);
  });

  it("answers UNAVAILABLE what its deadline finds in flight", async () => {
    const { server, address } = await start();
    const caller = client(address);
    const calls = [1, 2, 3].map((mid) => refused(infer(caller, mid)));
    await until(() => server.load.calls === 3);
    await server.stop(0);
    for (const { code, details } of await Promise.all(calls)) {
      expect(code).toBe(status.UNAVAILABLE);
      expect(details).toBe("the server is stopping");
    }
  });
});

describe("health and reflection", () => {
  it("are there", async () => {
    const { address } = await start();
    const caller: Client = client(address);
    const health = new Promise<Buffer>((resolve, reject) =>
      caller.makeUnaryRequest(
        "/grpc.health.v1.Health/Check",
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from("\n\u001amissile.rpc.MISSILEService"),
        (error, reply) => (error ? reject(error) : resolve(reply!)),
      ),
    );
    // status (field 1): SERVING (1).
    expect([...(await health)]).toEqual([8, 1]);
    const reflection = caller.makeBidiStreamRequest(
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    );
    // list_services (field 7).
    reflection.write(Buffer.from(":\u0000"));
    const listed = await new Promise<Buffer>((resolve) => reflection.once("data", resolve));
    expect(listed.toString("latin1")).toContain("missile.rpc.MISSILEService");
    expect(listed.toString("latin1")).toContain("missile.console.v1.Console");
    reflection.on("error", () => {}).cancel();
  });
});
