/** missile_server, asked by a client that shares nothing with it: every call, and what must be refused without harm. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../until.ts";
import { BareClient, encode, type Fields, frame } from "./bare-client.ts";
import { type ServerProcess, startServer, stopServer } from "./server-process.ts";

const MODEL = "ResNet34__shape_1x3x224x224";
const FLOAT_BYTES = 4;
const INPUT_BYTES = 3 * 224 * 224 * FLOAT_BYTES;
const REJECTED = 3n;
const FINISHED = 4n;

let server: ServerProcess;
const clients: BareClient[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  expect(await stopServer(server)).toBe(0);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

function connect(): BareClient {
  const client = new BareClient(`http://127.0.0.1:${server.port}`);
  clients.push(client);
  return client;
}

const succeeds = (reply: Map<number, unknown>): boolean => reply.get(1) === 1n;

/** As Missile's clients begin. Returns the mid. */
async function login(
  client: BareClient,
  { sloMs = 0, estimatedMs = 0, model = MODEL } = {},
): Promise<number> {
  const priority: Fields = [
    [1, true],
    [3, 100],
    [4, 131_072],
    [5, 100_000],
  ];
  const made = await client.ask("SetPriority", priority);
  expect(succeeds(made)).toBe(true);
  const loaded = await client.ask("LoadModel", [
    [1, "models"],
    [2, model],
    [3, (made.get(2) as bigint | undefined) ?? 0],
    [4, true],
    [5, estimatedMs],
    [6, sloMs],
  ]);
  expect(succeeds(loaded)).toBe(true);
  return Number(loaded.get(2) ?? 0n);
}

const shared = (mid: number, name: string): string => `/dev/shm/${mid}_${name}`;

describe("a client's life", () => {
  it("is that of Missile's: a tenant, a model, blobs, inferences, and nothing left behind", async () => {
    const client = connect();
    const mid = await login(client);

    const data = await client.ask("RegisterBlob", [
      [1, mid],
      [2, "data"],
    ]);
    expect([...data]).toEqual([
      [1, 1n],
      [2, `${mid}_data`],
      [3, BigInt(INPUT_BYTES)],
    ]);
    const output = await client.ask("RegisterBlob", [
      [1, mid],
      [2, "output"],
    ]);
    expect([succeeds(output), output.get(2)]).toEqual([true, `${mid}_output`]);
    expect(statSync(shared(mid, "data")).size).toBe(INPUT_BYTES);
    expect(statSync(shared(mid, "output")).size).toBe(Number(output.get(3)));

    writeFileSync(shared(mid, "data"), Buffer.alloc(INPUT_BYTES, 7), { flag: "r+" });
    expect(succeeds(await client.ask("SetBlob", [[1, `${mid}_data`]]))).toBe(true);
    const inference = await client.ask("Infer", [[1, mid]]);
    expect([succeeds(inference), inference.get(3)]).toEqual([true, FINISHED]);
    expect(succeeds(await client.ask("GetBlob", [[1, `${mid}_output`]]))).toBe(true);
    expect(readFileSync(shared(mid, "output"))).toHaveLength(Number(output.get(3)));

    const another = await client.ask("Infer", [
      [1, mid],
      [2, true],
    ]);
    expect(succeeds(another)).toBe(true);
    expect(another.get(2)).not.toBe(inference.get(2));

    expect(succeeds(await client.ask("Logout", [[1, mid]]))).toBe(true);
    expect(succeeds(await client.ask("Infer", [[1, mid]]))).toBe(false);
    expect(["data", "output"].filter((name) => existsSync(shared(mid, name)))).toEqual([]);
  });

  it("ends with its connection", async () => {
    const client = connect();
    const mid = await login(client);
    await client.ask("RegisterBlob", [
      [1, mid],
      [2, "data"],
    ]);
    expect(existsSync(shared(mid, "data"))).toBe(true);
    client.call("/missile.rpc.MISSILEService/Infer", frame(encode([[1, mid]]))).catch(() => {});
    client.destroy();
    await until(() => !existsSync(shared(mid, "data")));
    expect(succeeds(await connect().ask("Infer", [[1, mid]]))).toBe(false);
  });

  it("has requests rejected that cannot meet its SLO", async () => {
    const client = connect();
    const mid = await login(client, { sloMs: 1, estimatedMs: 1000 });
    const inference = await client.ask("Infer", [[1, mid]]);
    expect([succeeds(inference), inference.get(3)]).toEqual([true, REJECTED]);
  });
});

describe("what is refused", () => {
  it.each<[string, Fields]>([
    [
      "LoadModel",
      [
        [2, MODEL],
        [3, 9999],
      ],
    ],
    [
      "RegisterBlob",
      [
        [1, 9999],
        [2, "data"],
      ],
    ],
    ["GetBlob", [[1, "9999_data"]]],
    ["SetBlob", [[1, ""]]],
    ["Infer", [[1, 9999]]],
    ["Infer", [[1, -1]]],
    ["Logout", [[1, 9999]]],
  ])("%s of what there is not: succ is false", async (method, fields) => {
    expect(succeeds(await connect().ask(method, fields))).toBe(false);
  });

  it.each(["../../tmp/data", "a/b", "..", "", "data\0", "x".repeat(300)])("a blob named %j", async (name) => {
    const client = connect();
    const mid = await login(client);
    const reply = await client.ask("RegisterBlob", [
      [1, mid],
      [2, name],
    ]);
    expect(succeeds(reply)).toBe(false);
  });

  it("another client's model and blobs", async () => {
    const [owner, other] = [connect(), connect()];
    const mid = await login(owner);
    await owner.ask("RegisterBlob", [
      [1, mid],
      [2, "data"],
    ]);
    for (const [method, fields] of [
      ["Infer", [[1, mid]]],
      ["SetBlob", [[1, `${mid}_data`]]],
      ["Logout", [[1, mid]]],
    ] as const) {
      expect(succeeds(await other.ask(method, fields)), method).toBe(false);
    }
    expect(succeeds(await owner.ask("Infer", [[1, mid]]))).toBe(true);
  });

  it("a method that there is not, and bytes that are no message, without harm to the connection", async () => {
    const client = connect();
    const mid = await login(client);
    const UNIMPLEMENTED = 12;
    expect(await client.call("/missile.rpc.MISSILEService/Explode", frame(Buffer.alloc(0)))).toMatchObject({
      status: UNIMPLEMENTED,
    });
    const broken = await client.call("/missile.rpc.MISSILEService/Infer", frame(Buffer.from("08ff", "hex")));
    expect(broken.status).not.toBe(0);
    const inference = await client.ask("Infer", [[1, mid]]);
    expect(inference.get(3)).toBe(FINISHED);
  });
});

it("is healthy", async () => {
  const SERVING = "0801";
  const reply = await connect().call("/grpc.health.v1.Health/Check", frame(Buffer.alloc(0)));
  expect([reply.status, reply.message?.toString("hex")]).toEqual([0, SERVING]);
});
