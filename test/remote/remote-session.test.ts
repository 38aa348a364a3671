/** A run elsewhere looks and acts like one of this process. */
import { once } from "node:events";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import type { ReopenableSession, View } from "../../src/engine/session.ts";
import { openRemoteSession } from "../../src/remote/remote-session.ts";
import { consoleClient } from "../../src/rpc/connect.ts";
import { ATTACH_VERSION, TAKEN_EVERY } from "../../src/rpc/console/attach-messages.ts";
import { diff } from "../../src/rpc/console/delta.ts";
import { toWire } from "../../src/rpc/console/wire.ts";
import { Console } from "../../src/rpc/protos.ts";
import { smallMix } from "../engine/fixtures.ts";
import { atEnd, attach, closeAll, openRun, PRODUCT, serve, until } from "./fixtures.ts";

afterEach(closeAll);

/** As a view is sent: measured figures to seven digits. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part) =>
      typeof part === "number" && !Number.isInteger(part) ? Number(part.toPrecision(7)) : part,
    ),
  );

const actsIn = ({ snapshot }: View) =>
  snapshot.log.filter(({ by }) => by === "operator").map(({ text, who }) => ({ text, who }));

const paused = async (session: ReopenableSession): Promise<void> => {
  await session.act({ kind: "setPaused", paused: true });
  await until(() => session.view().pace.paused);
};

describe("a console attached to a run", () => {
  it("sees the run's own view, detail of the chosen tenant included", async () => {
    const run = await openRun();
    const { address } = await serve(run);
    const { session, standing } = await attach(address);
    expect(standing.role).toBe("operator");
    const [camera] = session.view().snapshot.tenants;
    session.watch(camera!.id);
    await until(() => (session.view().detail?.slowest.length ?? 0) > 0);
    await paused(session);
    await until(() => run.view().pace.paused && session.view().snapshot.atNs === run.view().snapshot.atNs);
    const { snapshot, gpu, mix, backend, detail } = run.view();
    const seen = session.view();
    // Rates are since the view before: those of a view that was not sent are another's.
    const steady = ({ tenants, log, marks, policy, atNs }: View["snapshot"]) => ({
      tenants: tenants.map(({ tpcRan: _, evictedTpcs: __, ...tenant }) => tenant),
      log,
      marks,
      policy,
      atNs,
    });
    expect(rounded(steady(seen.snapshot))).toEqual(rounded(steady(snapshot)));
    expect({ gpu: rounded(seen.gpu), mix: seen.mix, backend: seen.backend }).toEqual({
      gpu: rounded(gpu),
      mix,
      backend,
    });
    await until(() => JSON.stringify(rounded(session.view().detail)) === JSON.stringify(rounded(detail)));
  });

  it("acts, and every console sees who did it", async () => {
    const run = await openRun();
    const { address, service } = await serve(run);
    const local = service.run.seat("here");
    const one = await attach(address);
    const other = await attach(address);
    const [camera] = one.session.view().snapshot.tenants;
    await one.session.act({ kind: "changeTenant", tenant: camera!.id, change: { nice: 5 } });
    await other.session.act({ kind: "setSpeed", factor: 2 });
    await local.act({ kind: "mark", text: "look" });
    const done = [
      { text: "camera: nice 100000 -> 5", who: one.standing.name },
      { text: "speed -> 2", who: other.standing.name },
      { text: "mark: look", who: "here" },
    ];
    expect(one.standing.name).not.toBe(other.standing.name);
    for (const session of [one.session, other.session, local])
      await until(() =>
        done.every((act) =>
          actsIn(session.view()).some((seen) => JSON.stringify(seen) === JSON.stringify(act)),
        ),
      );
  });

  it("watches another tenant than its neighbour does", async () => {
    const run = await openRun();
    const { address } = await serve(run);
    const one = (await attach(address)).session;
    const other = (await attach(address)).session;
    const [camera, batch] = one.view().snapshot.tenants;
    one.watch(camera!.id);
    other.watch(batch!.id);
    await until(() => one.view().detail?.tenant === camera!.id && other.view().detail?.tenant === batch!.id);
  });

  it("is told why an act is refused, with the code", async () => {
    const { address } = await serve(await openRun());
    const { session } = await attach(address);
    await expect(session.act({ kind: "choosePolicy", policy: "orio" })).rejects.toMatchObject({
      code: "noSuchPolicy",
      message: expect.stringContaining('did you mean "orion"'),
    });
    await expect(session.tenantConfig(99)).rejects.toMatchObject({ code: "noSuchTenant" });
  });

  it("has the mix, a tenant's configuration, the requests and a shadow run as the run has them", async () => {
    const run = await openRun();
    const { address } = await serve(run);
    const { session } = await attach(address);
    const { id } = session.view().snapshot.tenants[0]!;
    expect(await session.mix()).toEqual(smallMix);
    expect(await session.tenantConfig(id)).toEqual(smallMix.tenants[0]);
    const kernels = await session.kernels(id);
    expect(kernels).toEqual(await run.kernels(id));
    expect(kernels).toMatchObject({ tenant: id, model: "resnet34", batch: 1, isMeasured: false });
    for (const { curve, aloneNs } of kernels.kernels) expect(curve.at(-1)).toEqual({ tpcs: 66, ns: aloneNs });
    await expect(session.kernels(99)).rejects.toMatchObject({ code: "noSuchTenant" });
    await until(() => session.view().snapshot.atNs > 1e9);
    await paused(session);
    expect(await session.requests(0)).toEqual(await run.requests(0));
    const options = { policy: "orion", cfsPeriodPackets: 512, beChannelShare: 1 / 3, sinceNs: 0 };
    const shares: number[] = [];
    const compared = await session.shadow(options, (share) => shares.push(share));
    expect(compared).toEqual(await run.shadow(options, () => {}));
    expect(shares.length).toBeGreaterThan(0);
  });

  it("stops a shadow run that it asked for", async () => {
    const { address } = await serve(await openRun());
    const { session } = await attach(address);
    await until(() => session.view().snapshot.atNs > 1e9);
    const stop = new AbortController();
    const options = { policy: "orion", cfsPeriodPackets: 512, beChannelShare: 1 / 3, sinceNs: 0 };
    const compared = session.shadow(options, () => stop.abort(), stop.signal);
    await expect(compared).rejects.toMatchObject({ code: "aborted" });
  });

  it("is refused a comparison beyond those of all consoles", async () => {
    const { address } = await serve(await openRun());
    const { session } = await attach(address);
    await until(() => session.view().snapshot.atNs > 1e9);
    const stop = new AbortController();
    const options = { policy: "orion", cfsPeriodPackets: 512, beChannelShare: 1 / 3, sinceNs: 0 };
    const compared = Array.from({ length: 5 }, () => session.shadow(options, () => {}, stop.signal));
    const settled = Promise.allSettled(compared);
    await expect(compared[4]).rejects.toMatchObject({ code: "tooManyShadows" });
    stop.abort();
    await settled;
  });

  it("opens another run for all", async () => {
    const { address } = await serve(await openRun());
    const one = (await attach(address)).session;
    const other = (await attach(address)).session;
    await one.reopen({ ...smallMix, name: "another", tenants: smallMix.tenants.slice(0, 1) });
    await until(() => other.view().mix === "another" && other.view().snapshot.tenants.length === 1);
    await until(() =>
      actsIn(other.view()).some(
        ({ text, who }) => text === "mark: opened another on h200" && who !== undefined,
      ),
    );
  });

  it("has no files of the server's machine read", async () => {
    const { address } = await serve(await openRun());
    const { session } = await attach(address);
    const load = { kind: "trace", file: "/etc/passwd" } as const;
    const { id } = session.view().snapshot.tenants[0]!;
    await expect(session.act({ kind: "changeLoad", tenant: id, load })).rejects.toMatchObject({
      code: "traceElsewhere",
    });
    const config = { ...smallMix.tenants[0]!, name: "spy", load };
    await expect(session.act({ kind: "addTenant", config })).rejects.toMatchObject({
      code: "traceElsewhere",
    });
    await expect(session.reopen({ ...smallMix, tenants: [config] })).rejects.toMatchObject({
      code: "traceElsewhere",
    });
  });
});

describe("the connection of an attached console", () => {
  it("comes back by itself after the server was started again, and says meanwhile that it is lost", async () => {
    const run = await openRun();
    const first = await serve(run);
    const { session } = await attach(first.address);
    await first.server.stop(0);
    await until(() => session.view().lost?.includes("trying again") === true);
    const { atNs } = session.view().snapshot;
    await expect(session.act({ kind: "mark", text: "gone" })).rejects.toMatchObject({
      code: "connectionLost",
    });
    const [host, port] = first.address.split(":");
    const again = await serve(run, { address: { kind: "tcp", host: host!, port: Number(port) } });
    expect(again.address).toBe(first.address);
    await until(() => session.view().lost === undefined && session.view().snapshot.atNs > atNs);
    await session.act({ kind: "mark", text: "back" });
    await until(() => actsIn(session.view()).some(({ text }) => text === "mark: back"));
  });

  it("refuses what is asked once it has ended", async () => {
    const { address } = await serve(await openRun());
    const { session } = await attach(address);
    await session.close();
    await expect(session.mix()).rejects.toMatchObject({ code: "sessionOver" });
    await expect(session.act({ kind: "mark", text: "late" })).rejects.toMatchObject({ code: "sessionOver" });
  });

  it("is refused in one line where nobody listens", async () => {
    await expect(attach("127.0.0.1:1")).rejects.toMatchObject({
      code: "noServer",
      message: expect.stringMatching(/^127\.0\.0\.1:1: no server answers there/),
    });
  });

  it("is refused by a server of another version", async () => {
    const { address } = await serve(await openRun());
    await expect(openRemoteSession({ address, product: "9.9.9" })).rejects.toMatchObject({
      code: "otherVersion",
      message: expect.stringContaining("attach with the same version"),
    });
  });

  it("gives its seat back when it ends", async () => {
    const { address, server } = await serve(await openRun());
    const { session } = await attach(address);
    expect(server.load).toEqual({ connections: 1, calls: 1 });
    await session.close();
    await until(() => server.load.connections === 0 && server.load.calls === 0);
  });

  it("hears nothing once it is closed, also not of views that are under way", async () => {
    const server = new Server();
    atEnd(() => server.forceShutdown());
    const ended = new Promise<void>((resolve) => {
      const attached = async (stream: ServerDuplexStream<unknown, { message: Uint8Array }>) => {
        const patch = diff(undefined, { snapshot: { tenants: [] } });
        let sequence = 0;
        const view = () =>
          stream.write({ message: toWire({ kind: "view", sequence: ++sequence, base: 0, patch }) });
        stream.write({ message: toWire({ kind: "ready", product: PRODUCT, role: "operator", name: "one" }) });
        view();
        stream.resume();
        await once(stream, "end");
        for (let left = 0; left < 2 * TAKEN_EVERY; left++) view();
        stream.end();
        resolve();
      };
      server.addService(Console.service, { attach: attached });
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const { session } = await attach(`127.0.0.1:${port}`);
    let heard = 0;
    session.subscribe(() => heard++);
    await session.close();
    await ended;
    await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    expect(heard).toBe(0);
  });

  it("that takes nothing is sent no more than a few views", async () => {
    const run = await openRun();
    const { address } = await serve(run);
    const client = consoleClient(address);
    atEnd(() => client.close());
    const stream = client.attach();
    let messages = 0;
    stream.on("data", () => messages++).on("error", () => {});
    stream.write({ message: toWire({ kind: "hello", version: ATTACH_VERSION, product: PRODUCT }) });
    const watching = (await attach(address)).session;
    let views = 0;
    watching.subscribe(() => views++);
    await until(() => views > 30);
    // One of them is the greeting.
    expect(messages).toBeLessThanOrEqual(9);
  });

  it.each([
    ["bytes that are none", Buffer.from("nonsense")],
    ["no hello", toWire({ kind: "watch", tenant: 1 })],
    [
      "an act that is none",
      toWire({ kind: "ask", id: 0, question: { kind: "act", act: { kind: "setSpeed", factor: "fast" } } }),
    ],
    ["a bomb", toWire({ kind: "hello", version: 1, product: "x".repeat(8 << 20) })],
  ])("that sends %s is ended, and nobody else is", async (_, message) => {
    const run = await openRun();
    const { address, server } = await serve(run);
    const { session } = await attach(address);
    const client = consoleClient(address);
    atEnd(() => client.close());
    const stream = client.attach();
    stream.on("data", () => {}).on("error", () => {});
    stream.write({ message });
    await new Promise<void>((resolve) => stream.on("end", resolve));
    await until(() => server.load.calls === 1);
    const { atNs } = session.view().snapshot;
    await until(() => session.view().snapshot.atNs > atNs);
  });
});
