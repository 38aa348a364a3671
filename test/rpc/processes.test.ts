/** Real processes that are killed: clients in mid-request and mid-blob, and servers. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import type { Address } from "../../src/rpc/address.ts";
import { FIRST_PORT } from "../../src/rpc/address.ts";
import { SHARED_MEMORY } from "../../src/rpc/missile/blob-store.ts";
import { Console } from "../../src/rpc/protos.ts";
import { startClient } from "../clients/client-process.ts";
import { scratch } from "../engine/fixtures.ts";
import { connect, load, MODEL, type RigClient, until } from "./rig.ts";
import { type ServerProcess, startAt, startServer } from "./server-process.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function started(...flags: string[]): Promise<ServerProcess> {
  const server = await startServer("missiletemporal", ...flags);
  closing.push(() => server.child.kill("SIGKILL"));
  return server;
}

const addressOf = ({ port }: ServerProcess): Address => ({ kind: "tcp", host: "127.0.0.1", port });

function joined(server: ServerProcess): RigClient {
  const client = connect(addressOf(server));
  closing.push(() => client.close());
  return client;
}

/** Names of the tenants of the server's run. */
function tenantsOf(server: ServerProcess): Promise<string[]> {
  const stub = new Console(`127.0.0.1:${server.port}`, credentials.createInsecure());
  return new Promise((resolve, reject) =>
    stub.GetMix({}, (error, reply) => {
      stub.close();
      if (error) reject(error);
      else resolve([...reply!.yaml.matchAll(/name: "?([^",]+ #\d+)/g)].map((match) => match[1]!));
    }),
  );
}

/** Its register names what the server has made. */
function blobsOf({ child }: ServerProcess): string[] {
  const register = readdirSync(SHARED_MEMORY).find((name) =>
    name.startsWith(`missile-console.${child.pid}.`),
  );
  if (register === undefined) return [];
  const keys = readFileSync(join(SHARED_MEMORY, register), "latin1").split("\n");
  return keys.filter((key) => key !== "" && existsSync(join(SHARED_MEMORY, key)));
}

describe("kill -9", () => {
  it("of clients in mid-request and mid-blob leaves nothing of them, and others are served", async () => {
    const server = await started();
    const steady = joined(server);
    const mid = await load(steady);
    const filesBefore = server.openFiles();
    const clients = [0, 1, 2, 3].map((number) => {
      const log = join(scratch(), "log.csv");
      const words = [
        "missiletemporal",
        server.port,
        "models",
        MODEL,
        number % 2,
        128_000,
        100_000,
        log,
        "--blobs",
      ];
      return { log, ...startClient("cont", words) };
    });
    for (const { log } of clients)
      await until(() => existsSync(log) && readFileSync(log, "utf8").length > 200);
    await until(() => blobsOf(server).length > 0);
    expect((await tenantsOf(server)).length).toBe(5);
    for (const { child } of clients) child.kill("SIGKILL");
    await Promise.all(clients.map(({ ended }) => ended));
    await until(async () => (await tenantsOf(server)).length === 1);
    await until(() => blobsOf(server).length === 0);
    expect(await steady.Infer({ mid })).toMatchObject({ succ: true });
    await until(() => server.openFiles() <= filesBefore);
  });

  it("of a server leaves shared memory that the next one removes, and that of another one that lives stays", async () => {
    const [dead, alive] = [await started(), await started()];
    for (const server of [dead, alive]) {
      const client = joined(server);
      await client.RegisterBlob({ mid: await load(client), name: "data" });
    }
    const [orphan] = blobsOf(dead);
    dead.child.kill("SIGKILL");
    await dead.ended;
    expect(existsSync(join(SHARED_MEMORY, orphan!))).toBe(true);
    await started();
    expect(existsSync(join(SHARED_MEMORY, orphan!))).toBe(false);
    expect(blobsOf(dead)).toEqual([]);
    expect(blobsOf(alive)).toHaveLength(1);
  });
});

describe("SIGTERM", () => {
  it("ends a server with what was in flight, and all that it had", async () => {
    const server = await started("--speed", "0.1");
    const client = joined(server);
    const mid = await load(client);
    await client.RegisterBlob({ mid, name: "data" });
    const [blob] = blobsOf(server);
    const calls = Array.from({ length: 100 }, () => client.Infer({ mid }));
    const first = await Promise.race(calls);
    expect(first).toMatchObject({ succ: true });
    server.child.kill("SIGTERM");
    const ends = await Promise.all(
      calls.map((call) =>
        call.then(
          () => "answered",
          ({ details }) => details,
        ),
      ),
    );
    expect(new Set(["answered", "the server is stopping"])).toEqual(
      new Set(["the server is stopping", ...ends]),
    );
    expect(await server.ended).toBe(0);
    expect(server.err()).toContain(`listening on 127.0.0.1:${server.port}\n`);
    expect(server.err()).toMatch(/SIGTERM: ending\n$/);
    expect(existsSync(join(SHARED_MEMORY, blob!))).toBe(false);
    expect(blobsOf(server)).toEqual([]);
  });

  it("a wrong command line is one line and exit code 2", async () => {
    await expect(startServer("missiletemporal", "--speed", "0")).rejects.toThrow(
      /^it did not start: missile_server: .*\n$/,
    );
    const taken = await started();
    await expect(startAt(taken.port - FIRST_PORT)).rejects.toThrow(
      `127.0.0.1:${taken.port} is taken; stop what listens there`,
    );
    expect(taken.err()).toMatch(/listening/);
  });
});
