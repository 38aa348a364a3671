/** Names and numbers of proto/missile.proto, held to bytes that were written by hand from what Missile's clients send. */
import { afterEach, describe, expect, it } from "vitest";
import { fakeServer } from "../clients/fake-server.ts";
import { BareClient, decode, encode, frame } from "./bare-client.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start() {
  const server = await fakeServer({ blobBytes: 2 ** 33 + 5 });
  closing.push(() => server.kill());
  const client = new BareClient(`http://127.0.0.1:${server.port}`);
  closing.push(() => client.destroy());
  const send = (method: string, hex: string) =>
    client.call(`/missile.rpc.MISSILEService/${method}`, frame(Buffer.from(hex.replaceAll(" ", ""), "hex")));
  return { server, client, send };
}

describe("the bare client", () => {
  it("writes numbers as the specification's examples do", () => {
    expect(encode([[1, 150]]).toString("hex")).toBe("089601");
    expect(encode([[2, "testing"]]).toString("hex")).toBe("120774657374696e67");
    expect(encode([[1, -2]]).toString("hex")).toBe("08feffffffffffffffff01");
  });

  it("reads what it writes", () => {
    const fields = [
      [1, "ä"],
      [2, 2 ** 40],
      [16, true],
    ] as const;
    expect([...decode(encode(fields))]).toEqual([
      [1, "ä"],
      [2, 2n ** 40n],
      [16, 1n],
    ]);
  });
});

describe("a request of Missile's clients", () => {
  it.each([
    [
      "SetPriority",
      "08 01  10 0a  18 5a  20 80 80 04  28 a0 8d 06",
      { rt: true, percSmRequest: 10, percSmLimit: 90, allocMemorySizeKib: 65536, percPcieBandwidth: 100000 },
    ],
    [
      "LoadModel",
      "0a 01 64  12 01 6e  18 03  20 01  28 0c  30 28",
      { dir: "d", name: "n", qid: 3, rt: true, estimatedRuntimeMs: 12, sloMs: 40 },
    ],
    ["RegisterBlob", "08 07  12 04 64 61 74 61", { mid: 7, name: "data" }],
    ["SetBlob", "0a 06 37 5f 64 61 74 61", { key: "7_data" }],
    ["GetBlob", "0a 08 37 5f 6f 75 74 70 75 74", { key: "7_output" }],
    ["Logout", "08 07", { mid: 7 }],
    ["Logout", "", { mid: 0 }],
    // What a later version might add is skipped.
    ["Logout", "08 07  72 02 68 69  78 01", { mid: 7 }],
    ["Logout", "08 ff ff ff ff ff ff ff ff ff 01", { mid: -1 }],
  ])("%s is understood: %s", async (method, hex, request) => {
    const { server, send } = await start();
    expect(await send(method, hex)).toMatchObject({ status: 0 });
    expect(server.asked).toEqual([{ call: method, request }]);
  });
});

describe("an answer", () => {
  it.each([
    ["SetPriority", "08 01  10 03"],
    ["LoadModel", "08 01  10 07"],
    ["SetBlob", "08 01"],
    ["GetBlob", "08 01"],
    ["Infer", "08 01  10 01  18 04"],
    ["Logout", "08 01"],
  ])("of %s has its numbers: %s", async (method, hex) => {
    const { send } = await start();
    const { status, message } = await send(method, "");
    expect([status, message?.toString("hex")]).toEqual([0, hex.replaceAll(" ", "")]);
  });

  it("of RegisterBlob has its numbers, and a size of more than 32 bits", async () => {
    const { client } = await start();
    const reply = await client.ask("RegisterBlob", [
      [1, 7],
      [2, "data"],
    ]);
    expect([...reply]).toEqual([
      [1, 1n],
      [2, `${process.pid}-7_data`],
      [3, 2n ** 33n + 5n],
    ]);
  });
});
