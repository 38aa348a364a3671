/** The control service as scripts see it. */
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { type ClientHttp2Stream, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientReadableStream, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { controlActions } from "../../src/actions/index.ts";
import type { ConsoleSession } from "../../src/engine/session.ts";
import { snapshotSchema } from "../../src/export/snapshot-json.ts";
import { mixOfText } from "../../src/presets/mixes.ts";
import { consoleClient } from "../../src/rpc/connect.ts";
import type { ActReply__Output } from "../../src/rpc/generated/missile/console/v1/ActReply.ts";
import type { ActRequest } from "../../src/rpc/generated/missile/console/v1/ActRequest.ts";
import type { ConsoleClient } from "../../src/rpc/generated/missile/console/v1/Console.ts";
import type { Event__Output } from "../../src/rpc/generated/missile/console/v1/Event.ts";
import type { Snapshot__Output } from "../../src/rpc/generated/missile/console/v1/Snapshot.ts";
import { Console } from "../../src/rpc/protos.ts";
import type { Identify } from "../../src/rpc/server.ts";
import { smallMix } from "../engine/fixtures.ts";
import { atEnd, attach, closeAll, openRun, PRODUCT, serve, until } from "./fixtures.ts";

afterEach(closeAll);

interface Control {
  readonly run: ConsoleSession;
  readonly client: ConsoleClient;
  readonly address: string;
}

async function control(identify?: Identify, journalPath?: string): Promise<Control> {
  const run = await openRun(smallMix, journalPath);
  const { address } = await serve(run, { identify }, journalPath ?? null);
  const client = consoleClient(address);
  atEnd(() => client.close());
  return { run, client, address };
}

const viewer: Identify = ({ peer }) => ({ role: "viewer", name: peer });
const named: Identify = () => ({ role: "operator", name: "ann" });

/** Resolves to the reply, or to the error. */
const answer = <Reply>(
  start: (done: (error: ServiceError | null, reply?: Reply) => void) => void,
): Promise<Reply | ServiceError> =>
  new Promise((resolve) => start((error, reply) => resolve(error ?? reply!)));

const act = (client: ConsoleClient, request: ActRequest): Promise<ActReply__Output | ServiceError> =>
  answer((done) => client.act(request, done));

const told = <Message>(stream: ClientReadableStream<Message>): Message[] => {
  const messages: Message[] = [];
  stream.on("data", (message: Message) => messages.push(message)).on("error", () => {});
  atEnd(() => stream.cancel());
  return messages;
};

interface Slow {
  readonly stream: ClientHttp2Stream;
  readonly messages: () => readonly Snapshot__Output[];
}

/** Thirty snapshots a second that are not read: grpc-js would keep them all for who pauses, so this speaks HTTP/2 itself. */
async function slowly(address: string): Promise<Slow> {
  const { path, requestSerialize, responseDeserialize } = Console.service.WatchSnapshots;
  const session = connect(`http://${address}`);
  atEnd(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const message = requestSerialize({ ratePerS: 30 });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
  await once(stream, "response");
  stream.pause();
  let bytes = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  stream.pause();
  const messages = (): Snapshot__Output[] => {
    const all: Snapshot__Output[] = [];
    for (let at = 0; at + 5 <= bytes.length; ) {
      const end = at + 5 + bytes.readUInt32BE(at + 1);
      if (end <= bytes.length) all.push(responseDeserialize(bytes.subarray(at + 5, end)) as Snapshot__Output);
      at = end;
    }
    return all;
  };
  return { stream, messages };
}

const ended = (stream: ClientReadableStream<unknown>): Promise<ServiceError | null> =>
  new Promise((resolve) =>
    stream
      .on("data", () => {})
      .on("error", resolve)
      .on("end", () => resolve(null)),
  );

describe("what runs there", () => {
  it("is told, with what the caller may do", async () => {
    const { client } = await control(viewer);
    expect(await answer((done) => client.getVersion({}, done))).toEqual({
      version: PRODUCT,
      backend: "sim",
      gpu: "NVIDIA H200",
      policy: "missiletemporal",
      mix: "small",
      role: "viewer",
    });
  });

  it("is given as a mix that is the run", async () => {
    const { client, run } = await control();
    const { yaml } = (await answer((done) => client.getMix({}, done))) as { yaml: string };
    expect(mixOfText(yaml, "/small.yaml")).toEqual(await run.mix());
  });
});

describe("acts", () => {
  it("are those of the console's table", async () => {
    const { client } = await control();
    const { actions } = (await answer((done) => client.listActions({}, done))) as {
      actions: { id: string }[];
    };
    const here = controlActions.map(({ id }) => id).filter((id) => id !== "save-mix");
    expect(actions.map(({ id }) => id)).toEqual(here);
  });

  it("are done with the words that a person would write, and told with who did them", async () => {
    const { client, run } = await control(named);
    const reply = await act(client, { action: "nice", tenants: ["camera"], arguments: { nice: "200k" } });
    expect(reply).toMatchObject({
      done: true,
      says: expect.stringContaining("100,000 → 200,000"),
      warnings: [],
    });
    await until(() => run.view().snapshot.tenants[0]!.nice === 200_000);
    const entry = run.view().snapshot.log.find(({ text }) => text === "camera: nice 100000 -> 200000");
    expect(entry).toMatchObject({ by: "operator", who: "ann" });
  });

  it("that disturb wait for a yes", async () => {
    const { client, run } = await control();
    const request = { action: "policy", arguments: { policy: "orion" } };
    const asked = await act(client, request);
    expect(asked).toMatchObject({ done: false, warnings: [expect.stringContaining("orion begins")] });
    expect(run.view().snapshot.policy).toBe("missiletemporal");
    expect(await act(client, { ...request, preview: true, confirmed: true })).toMatchObject({ done: false });
    expect(await act(client, { ...request, confirmed: true })).toMatchObject({ done: true });
    await until(() => run.view().snapshot.policy === "orion");
  });

  it("say what they are expected to change", async () => {
    const { client } = await control();
    const reply = await act(client, {
      action: "be-channel-share",
      arguments: { share: "50" },
      preview: true,
    });
    expect(reply).toMatchObject({
      effects: expect.arrayContaining([expect.objectContaining({ what: "BE" })]),
    });
  });

  it("add a tenant of whom no more is said than there must be", async () => {
    const { client, run } = await control();
    const said = { model: "resnet34", name: "third", load: "poisson 20", precision: "bf16" };
    expect(await act(client, { action: "add", arguments: said })).toMatchObject({ done: true });
    expect(await run.mix()).toMatchObject({
      tenants: [{}, {}, { name: "third", model: "resnet34", batch: 1, precision: "bf16" }],
    });
  });

  it.each([
    ["no such action", { action: "polcy" }, /there is no action "polcy"; did you mean "policy"/],
    ["no tenant", { action: "nice", arguments: { nice: "5" } }, /nice acts on tenants: name one/],
    ["an unknown tenant", { action: "nice", tenants: ["x"], arguments: { nice: "5" } }, /no tenant "x"/],
    ["a tenant too many", { action: "pause", tenants: ["camera"] }, /pause acts on the run/],
    ["no value", { action: "nice", tenants: ["camera"] }, /nice: say a whole number/],
    [
      "a choice that is none",
      { action: "add", arguments: { model: "resnet34", precision: "fp8" } },
      /precision: "fp8" is not one of tf32, fp16, bf16/,
    ],
    [
      "a value that is none",
      { action: "nice", tenants: ["camera"], arguments: { nice: "much" } },
      /"much" is not/,
    ],
    [
      "an unknown argument",
      { action: "pause", arguments: { for: "1" } },
      /no argument "for"; it takes no argument/,
    ],
    ["a file of the server", { action: "save-mix", arguments: { file: "/tmp/x" } }, /ctl mix/],
    [
      "a trace of the server",
      { action: "add", arguments: { model: "resnet34", load: "trace /etc/passwd" } },
      /one of presets\/traces/,
    ],
  ] as const)("are refused with %s", async (_, request, details) => {
    const { client } = await control();
    const error = await act(client, request as ActRequest);
    expect(error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(details),
    });
  });

  it("are for operators: a viewer may only ask what they would do", async () => {
    const { client, run, address } = await control(viewer);
    const request = { action: "pause" };
    expect(await act(client, request)).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(await act(client, { ...request, preview: true })).toMatchObject({ done: false });
    const { session, standing } = await attach(address);
    expect(standing.role).toBe("viewer");
    await expect(session.act({ kind: "setPaused", paused: true })).rejects.toMatchObject({
      code: "readOnly",
    });
    await expect(session.reopen(smallMix)).rejects.toMatchObject({ code: "readOnly" });
    expect(run.view().pace.paused).toBe(false);
  });
});

describe("snapshots", () => {
  it("are of the published schema, and come at the rate that was asked for", async () => {
    const { client } = await control();
    const got: Snapshot__Output[] = told(client.watchSnapshots({ ratePerS: 10 }));
    await until(() => got.length >= 5);
    for (const { json } of got) snapshotSchema.parse(JSON.parse(json));
    const seconds = got.map(({ json }) => JSON.parse(json).atS as number);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    expect(got.every(({ dropped }) => dropped === 0)).toBe(true);
  });

  it("are dropped for a slow reader, who gets the newest and is told how many he missed", async () => {
    const { run, address } = await control();
    const { stream, messages } = await slowly(address);
    // More than all buffers on the way can hold.
    await until(() => run.view().snapshot.atNs > 5e9);
    const resumedAtS = run.view().snapshot.atNs / 1e9;
    stream.resume();
    await until(() => messages().some(({ dropped }) => dropped > 0));
    const index = messages().findIndex(({ dropped }) => dropped > 0);
    const late = messages()[index]!;
    expect(JSON.parse(late.json).atS).toBeGreaterThanOrEqual(resumedAtS - 0.1);
    // Some 150 were due: a buffer that grows would have kept them all.
    expect(index).toBeLessThan(60);
    expect(late.dropped).toBeGreaterThan(60);
  });

  it.each([-1, 31, Number.NaN])("are refused at a rate of %f", async (ratePerS) => {
    const { client } = await control();
    expect(await ended(client.watchSnapshots({ ratePerS }))).toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
  });
});

describe("events", () => {
  it("are decisions and acts as they come, without gaps that are not told", async () => {
    const { client } = await control(named);
    const got: Event__Output[] = told(client.watchEvents({}));
    await until(() => got.some(({ kind }) => kind === "decision"));
    await act(client, { action: "mark", arguments: { text: "here" } });
    await until(() => got.some(({ text }) => text === "mark: here"));
    expect(got.find(({ text }) => text === "mark: here")).toMatchObject({ kind: "act", by: "ann" });
    expect(got.find(({ kind }) => kind === "decision")).toMatchObject({ by: "" });
    for (const [index, { sequence, dropped }] of got.entries())
      if (index > 0) expect(sequence - got[index - 1]!.sequence).toBe(dropped + 1);
  });
});

describe("the journal", () => {
  it("is what the file has", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "missile-control-")), "run.journal");
    const { client, run } = await control(undefined, path);
    await until(() => run.view().snapshot.atNs > 1e9);
    const chunks: Buffer[] = [];
    const stream = client.downloadJournal({});
    stream.on("data", ({ text }: { text: Buffer }) => chunks.push(text));
    expect(await ended(stream)).toBeNull();
    const text = Buffer.concat(chunks).toString("utf8");
    expect(text.length).toBeGreaterThan(1000);
    expect(readFileSync(path, "utf8").startsWith(text)).toBe(true);
  });

  it("is refused where there is none", async () => {
    const { client } = await control();
    expect(await ended(client.downloadJournal({}))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining("--journal"),
    });
  });
});
