import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { replay } from "../../src/engine/replay.ts";
import {
  nthJournal,
  openSession,
  SessionHolder,
  type SessionMaker,
} from "../../src/engine/session-holder.ts";
import { packageRoot } from "../../src/presets/paths.ts";
import { FakeSession } from "../tui/fake-session.ts";
import { scratch, smallMix } from "./fixtures.ts";

const other = { ...smallMix, name: "other" };
const refused = (): never => {
  throw new MissileError("no room", "outOfMemory");
};

interface Stage {
  readonly holder: SessionHolder;
  readonly opened: FakeSession[];
}

function stage(changes: Partial<SessionMaker> = {}): Stage {
  const opened: FakeSession[] = [new FakeSession()];
  const open = async (): Promise<FakeSession> => {
    const session = new FakeSession();
    opened.push(session);
    return session;
  };
  const holder = new SessionHolder({ open, check: () => {}, isExclusive: false, ...changes }, opened[0]!);
  return { holder, opened };
}

describe("a session that is opened again", () => {
  it("shows the new run to those who looked at the old one, and closes that", async () => {
    const { holder, opened } = stage();
    let views = 0;
    holder.subscribe(() => views++);
    await holder.reopen(other);
    const [former, next] = opened as [FakeSession, FakeSession];
    expect([former.closed, next.closed, views]).toEqual([true, false, 1]);
    next.advance(1);
    former.advance(1);
    expect(views).toBe(2);
    expect(holder.view()).toBe(next.view());
    await holder.act({ kind: "resetStatistics" });
    expect([former.acts, next.acts]).toEqual([[], [{ kind: "resetStatistics" }]]);
  });

  it("goes on at the speed of the run before, and paused if that was", async () => {
    const open = vi.fn(async () => new FakeSession());
    const { holder } = stage({ open });
    await holder.act({ kind: "setSpeed", factor: 4 });
    await holder.act({ kind: "setPaused", paused: true });
    await holder.reopen(other);
    expect(open).toHaveBeenCalledWith(other, 4, expect.anything());
    expect(holder.view().pace.paused).toBe(true);
  });

  it("dies with the run that it shows alone", async () => {
    const { holder, opened } = stage();
    await holder.reopen(other);
    opened[0]!.die("the old one");
    opened[1]!.die("the new one");
    expect(await holder.died).toBe("the new one");
  });

  it("keeps the run before when the next is refused", async () => {
    const { holder, opened } = stage({ open: async () => refused() });
    await expect(holder.reopen(other)).rejects.toMatchObject({ code: "outOfMemory" });
    expect(opened[0]!.closed).toBe(false);
    expect(holder.view()).toBe(opened[0]!.view());
  });

  it("opens one after another", async () => {
    const { holder } = stage();
    const both = [holder.reopen(other), holder.reopen(other)];
    await expect(both[1]).rejects.toMatchObject({ code: "reopening" });
    await both[0];
    await expect(holder.reopen(other)).resolves.toBeUndefined();
  });

  it("leaves nothing running when it is closed meanwhile", async () => {
    const { holder, opened } = stage();
    const reopened = holder.reopen(other);
    await holder.close();
    await expect(reopened).rejects.toMatchObject({ code: "sessionOver" });
    expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
  });
});

describe("where there can be one run at a time", () => {
  it("closes the run before first, but only for a mix that could run", async () => {
    let closedFirst = false;
    const { holder, opened } = stage({
      isExclusive: true,
      check: (mix) => (mix === other ? undefined : refused()),
      open: async () => {
        closedFirst = opened[0]!.closed;
        return new FakeSession();
      },
    });
    await expect(holder.reopen(smallMix)).rejects.toMatchObject({ code: "outOfMemory" });
    expect(opened[0]!.closed).toBe(false);
    await holder.reopen(other);
    expect(closedFirst).toBe(true);
  });

  it("begins the mix before anew when the next cannot be opened after all", async () => {
    const again = new FakeSession();
    const { holder } = stage({
      isExclusive: true,
      open: async (mix) => (mix === other ? refused() : again),
    });
    await expect(holder.reopen(other)).rejects.toThrow("no room; the run before has begun anew");
    expect(holder.view()).toBe(again.view());
  });

  it("leaves nothing running when it is closed while the mix before begins anew", async () => {
    const again = new FakeSession();
    const { holder } = stage({
      isExclusive: true,
      open: async (mix) => {
        if (mix === other) refused();
        await holder.close();
        return again;
      },
    });
    await expect(holder.reopen(other)).rejects.toMatchObject({ code: "sessionOver" });
    expect(again.closed).toBe(true);
  });

  it("dies when neither can be opened", async () => {
    const { holder } = stage({ isExclusive: true, open: async () => refused() });
    await expect(holder.reopen(other)).rejects.toMatchObject({ code: "outOfMemory" });
    expect(await holder.died).toBe("no run can be opened any more: no room");
  });
});

describe("runs in worker threads", () => {
  const workerUrl = pathToFileURL(join(packageRoot, "dist", "src", "engine", "worker.js"));
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });

  it("follow one another on other GPUs, each with a journal of its own", async () => {
    const journalPath = join(scratch(), "run.journal");
    const session = await openSession(smallMix, { journalPath }, workerUrl);
    closing.push(() => session.close());
    await session.act({ kind: "changeTenant", tenant: 0, change: { nice: 9 } });
    await session.reopen({ ...(await session.mix()), gpu: "v100" });
    expect(session.view().snapshot).toMatchObject({ gpu: expect.stringContaining("V100"), sms: 80 });
    expect(session.view().snapshot.tenants[0]).toMatchObject({ name: "camera", nice: 9 });
    await expect(session.reopen({ ...smallMix, gpu: "nonesuch" })).rejects.toMatchObject({
      code: "unknownGpu",
    });
    await expect(session.reopen({ ...smallMix, policy: "nonesuch" })).rejects.toMatchObject({
      code: "noSuchPolicy",
    });
    const { atNs } = session.view().snapshot;
    await vi.waitFor(() => expect(session.view().snapshot.atNs).toBeGreaterThan(atNs), { timeout: 60_000 });
    await session.close();
    const second = nthJournal(journalPath, 2);
    expect(replay(journalPath).difference).toBeNull();
    expect(replay(second)).toMatchObject({ difference: null, header: { gpu: { sms: 80 } } });
    expect(existsSync(nthJournal(journalPath, 3))).toBe(false);
  });

  it("tell what has ended, and are run again under another policy", async () => {
    const session = await openSession(smallMix, {}, workerUrl);
    closing.push(() => session.close());
    await vi.waitFor(() => expect(session.view().snapshot.atNs).toBeGreaterThan(300e6), { timeout: 60_000 });
    expect((await session.requests(0)).count).toBeGreaterThan(5);
    const settings = { policy: "temporal", cfsPeriodPackets: 512, beChannelShare: 1 / 3, sinceNs: 0 };
    const comparison = await session.shadow(settings, () => {});
    expect(comparison).toMatchObject({ shadow: { policy: "temporal" }, actualIsReal: false });
    expect(comparison.tenants[0]!.shadow.completed).toBeGreaterThan(5);
    await expect(session.shadow({ ...settings, policy: "nonesuch" }, () => {})).rejects.toMatchObject({
      code: "noSuchPolicy",
    });
    const stopped = new AbortController();
    const aborted = session.shadow(settings, () => {}, stopped.signal);
    stopped.abort();
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
    const atClosing = expect(session.shadow(settings, () => {})).rejects.toMatchObject({
      code: "sessionOver",
    });
    await session.close();
    await atClosing;
  });
});
