/** The console in words: what changes is said once, what moves all the time is not. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { line } from "../../src/tui/dialogs/sheet.ts";
import { Onlooker } from "../../src/tui/onlooker.ts";
import { Announcer, sheetWords } from "../../src/tui/speech/announcer.ts";
import { changesBetween, figuresOf, SloStates, statementsOf } from "../../src/tui/speech/statements.ts";
import { createUiStore } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("what is said of a run", () => {
  it("is nothing new while only figures move", () => {
    const session = new FakeSession();
    const states = new SloStates();
    const before = statementsOf(session.view(), states);
    session.advance(0.1);
    expect(changesBetween(before, statementsOf(session.view(), states))).toEqual([]);
  });

  it("is what the operator has changed, and who came and left", async () => {
    const session = new FakeSession();
    const states = new SloStates();
    const before = statementsOf(session.view(), states);
    await session.act({ kind: "choosePolicy", policy: "orion" });
    await session.act({ kind: "changeTenant", tenant: 1, change: { nice: 5 } });
    await session.act({ kind: "removeTenant", tenant: 0, how: "abort" });
    expect(changesBetween(before, statementsOf(session.view(), states))).toEqual([
      "policy orion",
      "nice of lidar is 5",
      "camera has left",
    ]);
  });

  it("is that the connection is lost, once, and that it is back", () => {
    const view = new FakeSession().view();
    const states = new SloStates();
    const here = statementsOf(view, states);
    const lost = statementsOf({ ...view, lost: "connection lost 1 s ago" }, states);
    const stillLost = statementsOf({ ...view, lost: "connection lost 2 s ago" }, states);
    expect(changesBetween(here, lost)).toEqual(["the connection to the run is lost"]);
    expect(changesBetween(lost, stillLost)).toEqual([]);
    expect(changesBetween(lost, here)).toEqual(["the connection to the run is back"]);
  });

  it("is that the GPU is being rebuilt, once, and that it works", () => {
    const session = new FakeSession();
    const states = new SloStates();
    const works = statementsOf(session.view(), states);
    session.fail("cuLaunchKernel: ECC error", null);
    const failed = statementsOf(session.view(), states);
    const at = (percent: number) =>
      statementsOf({ ...session.view(), preparing: `finding VRAM channels ${percent} %` }, states);
    expect(changesBetween(works, failed)).toEqual(["the GPU failed: cuLaunchKernel: ECC error"]);
    expect(changesBetween(failed, at(1))).toEqual(["the GPU is being rebuilt"]);
    expect(changesBetween(at(1), at(2))).toEqual([]);
    expect(changesBetween(at(100), works)).toEqual(["the GPU works"]);
  });

  it("does not flap where an SLO is nearly kept", () => {
    const states = new SloStates();
    const [tenant] = new FakeSession().view().snapshot.tenants;
    const at = (sloAttainment: number): boolean | undefined =>
      states.update([{ ...tenant!, sloAttainment }]).get(tenant!.id);
    expect([0.985, 0.995, 0.985, 0.975, 0.985, 0.991].map(at)).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it("has a tenant's figures in one sentence", () => {
    const [tenant] = new FakeSession().view().snapshot.tenants;
    expect(figuresOf(tenant!)).toMatch(
      /^camera, LS: p50 [\d.]+, p99 [\d.]+ ms, SLO kept by [\d.]+ %, .* of the SMs$/,
    );
  });
});

describe("what is said of a dialog", () => {
  const sheet = (title: string, ...texts: string[]) => ({ title, lines: texts.map((text) => line(text)) });

  it("is all of it when it opens", () => {
    expect(sheetWords(null, sheet("policy", "▸ orion", "  temporal", ""))).toEqual([
      "policy",
      "orion",
      "temporal",
    ]);
  });

  it("is the line that a key went to, and what is new", () => {
    const before = sheet("policy", "▸ orion", "  temporal", "in force");
    const after = sheet("policy", "  orion", "▸ temporal", "! stops all launches");
    expect(sheetWords(before, after)).toEqual(["temporal", "! stops all launches"]);
  });
});

describe("the announcer", () => {
  it("says notices at once and changes of the run soon, and is silent once stopped", async () => {
    vi.useFakeTimers();
    const session = new FakeSession();
    const store = createUiStore({ columns: 80, rows: 24 });
    const said: string[] = [];
    const announcer = new Announcer({
      session,
      store,
      onlooker: new Onlooker(session, store),
      sheet: () => null,
      write: (text) => said.push(text),
    });
    expect(said).toContain("policy missiletemporal");
    said.length = 0;
    store.setState({ notice: { text: "no room", tone: "refused" } });
    expect(said).toEqual(["refused: no room"]);
    await session.act({ kind: "choosePolicy", policy: "orion" });
    await session.act({ kind: "choosePolicy", policy: "temporal" });
    vi.advanceTimersByTime(1000);
    expect(said.slice(1)).toEqual(["policy temporal"]);
    store.setState({ caption: { step: 0, text: "p99 1 ms" } });
    store.setState({ caption: { step: 0, text: "p99 2 ms" } });
    store.setState({ caption: { step: 1, text: "the next" } });
    expect(said.slice(2)).toEqual(["p99 1 ms", "the next"]);
    said.length = 0;
    announcer.stop();
    await session.act({ kind: "choosePolicy", policy: "orion" });
    vi.advanceTimersByTime(1000);
    expect(said).toEqual([]);
  });
});
