/** The session over the built worker: a worker thread runs JavaScript files, so these tests want `npm run build` first. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { replay } from "../../src/engine/replay.ts";
import type { Session } from "../../src/engine/session.ts";
import { openWorkerSession, type WorkerSessionOptions } from "../../src/engine/worker-session.ts";
import type { MixConfig } from "../../src/presets/mix.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { scratch, smallMix } from "./fixtures.ts";

const workerUrl = pathToFileURL(join(packageRoot, "dist", "src", "engine", "worker.js"));

const sessions: Session[] = [];

async function open(options: WorkerSessionOptions = {}, mix: MixConfig = smallMix): Promise<Session> {
  const session = await openWorkerSession(mix, options, workerUrl);
  sessions.push(session);
  return session;
}

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 100_000, interval: 5 });

const completed = (session: Session): number => session.view().snapshot.tenants[0]?.requests.completed ?? 0;

describe("a worker session", () => {
  it("has a view from the start and new ones as the run goes on", async () => {
    const session = await open();
    expect(session.view().snapshot.tenants.map(({ name }) => name)).toEqual(["camera", "batch"]);
    expect(session.view().pace).toMatchObject({ paused: false, speed: 1 });
    const { gpu, mix } = session.view();
    expect({ gpu: gpu.name, mix }).toEqual({ gpu: session.view().snapshot.gpu, mix: smallMix.name });
    let views = 0;
    const unsubscribe = session.subscribe(() => views++);
    await until(() => views >= 3 && completed(session) >= 3);
    unsubscribe();
    const seen = views;
    const { atNs } = session.view().snapshot;
    await until(() => session.view().snapshot.atNs > atNs);
    expect(views).toBe(seen);
    expect(session.view()).toMatchObject({ gpu, mix });
  });

  it("carries the detail of whoever is watched, each slow request made once", async () => {
    const session = await open();
    expect(session.view().detail).toBeNull();
    session.watch(0);
    await until(() => (session.view().detail?.slowest.length ?? 0) >= 2);
    const [slowest] = session.view().detail!.slowest;
    expect(slowest?.phases.at(-1)?.untilNs).toBeCloseTo(slowest!.arrivedNs + slowest!.latencyMs * 1e6, 3);
    const { atNs } = session.view().snapshot;
    await until(() => session.view().snapshot.atNs > atNs);
    const again = session.view().detail?.slowest.find(({ id }) => id === slowest?.id);
    if (again !== undefined) expect(again).toBe(slowest);
    session.watch(1);
    await until(() => session.view().detail?.tenant === 1);
    session.watch(null);
    await until(() => session.view().detail === null);
  });

  it("does acts while it runs, and says which are refused", async () => {
    const session = await open();
    await session.act({ kind: "changeTenant", tenant: 0, change: { nice: 77 } });
    await session.act({ kind: "choosePolicy", policy: "mpsplus" });
    await until(() => session.view().snapshot.policy === "mpsplus");
    expect(session.view().snapshot.tenants[0]?.nice).toBe(77);
    await expect(
      session.act({ kind: "changeTenant", tenant: 40, change: { nice: 1 } }),
    ).rejects.toMatchObject({
      name: "MissileError",
      code: "noSuchTenant",
      message: "there is no tenant with id 40",
    });
    await expect(session.act({ kind: "setSpeed", factor: -1 })).rejects.toMatchObject({ code: "badSpeed" });
    await expect(session.act({ kind: "step" })).rejects.toMatchObject({ code: "notPaused" });
    const before = completed(session);
    await until(() => completed(session) > before);
  });

  it("pauses, steps and goes on", async () => {
    const session = await open();
    await session.act({ kind: "setPaused", paused: true });
    await until(() => session.view().pace.paused);
    const pausedNs = session.view().snapshot.atNs;
    await session.act({ kind: "step" });
    await until(() => session.view().snapshot.atNs > pausedNs);
    const steppedNs = session.view().snapshot.atNs;
    expect(steppedNs - pausedNs).toBeLessThan(1e9);
    await session.act({ kind: "changeTenant", tenant: 0, change: { nice: 3 } });
    await until(() => session.view().snapshot.tenants[0]?.nice === 3);
    expect(session.view().snapshot.atNs).toBe(steppedNs);
    await session.act({ kind: "setPaused", paused: false });
    await until(() => session.view().snapshot.atNs > steppedNs + 50e6);
  });

  it("changes speed", async () => {
    const session = await open({ speed: 0.01 });
    expect(session.view().pace.speed).toBe(0.01);
    await session.act({ kind: "setSpeed", factor: 4 });
    await until(() => session.view().pace.speed === 4 && session.view().pace.achievedSpeed > 0.05);
  });

  it("does not pile up views while the screen is stalled", async () => {
    const session = await open();
    await until(() => completed(session) > 0);
    let views = 0;
    session.subscribe(() => views++);
    const { atNs } = session.view().snapshot;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    await new Promise((resolve) => setImmediate(resolve));
    expect(views).toBeLessThanOrEqual(2);
    await until(() => session.view().snapshot.atNs > atNs + 100e6);
  });

  it("records a journal that replays", async () => {
    const journalPath = join(scratch(), "console.journal");
    const session = await open({ journalPath });
    await until(() => completed(session) >= 3);
    await session.act({ kind: "setTunable", tunable: "cfsPeriodPackets", value: 128 });
    await session.close();
    expect(replay(journalPath)).toMatchObject({ difference: null, header: { mix: "small" } });
  });

  it("does not open on a mix that cannot run", async () => {
    const mix = { ...smallMix, policy: "nonesuch" };
    await expect(open({}, mix)).rejects.toMatchObject({ name: "MissileError", code: "noSuchPolicy" });
    await expect(open({ speed: 0 })).rejects.toMatchObject({ code: "badSpeed" });
  });

  it("says so when the engine dies, and refuses acts from then on", async () => {
    const session = await open();
    const pending = session.act({ kind: "nonesuch" } as never);
    await expect(pending).rejects.toMatchObject({ code: "sessionOver" });
    expect(await session.died).toMatch(/^the engine died: /);
    await expect(session.act({ kind: "resetStatistics" })).rejects.toMatchObject({ code: "sessionOver" });
  });

  it("refuses acts after it was closed, and may be closed again", async () => {
    const session = await open();
    await session.close();
    await expect(session.act({ kind: "step" })).rejects.toMatchObject({ code: "sessionOver" });
    await session.close();
  });
});
