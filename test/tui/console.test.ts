import { afterEach, describe, expect, it } from "vitest";
import { MissileError } from "../../src/core/error.ts";
import { runConsole } from "../../src/tui/console.ts";
import { LEAVE } from "../../src/tui/terminal.ts";
import { FakeSession, HEALTH } from "./fake-session.ts";
import { FakeTerminal } from "./fake-terminal.ts";

interface Stage {
  readonly session: FakeSession;
  readonly terminal: FakeTerminal;
  readonly quitted: Promise<void>;
}

let stage: Stage | null = null;

async function open(columns: number, rows: number, prepare?: (session: FakeSession) => void): Promise<Stage> {
  const session = new FakeSession();
  prepare?.(session);
  const terminal = new FakeTerminal(columns, rows);
  stage = { session, terminal, quitted: runConsole(session, terminal.options()) };
  await terminal.until((text) => /help|too small/.test(text), "anything");
  return stage;
}

afterEach(async () => {
  if (stage === null) return;
  stage.terminal.press("\x03");
  await stage.quitted;
  stage = null;
});

describe("screens", () => {
  it.each([
    [80, 24],
    [120, 36],
    [200, 50],
    [60, 16],
  ])("%ix%i is as it was", async (columns, rows) => {
    const { terminal } = await open(columns, rows);
    await expect(await terminal.text()).toMatchFileSnapshot(`__screens__/${columns}x${rows}.txt`);
  });

  it.each([
    [80, 24],
    [120, 36],
  ])("%ix%i on a real GPU is as it was", async (columns, rows) => {
    const { terminal } = await open(columns, rows, (session) => {
      session.backend = "cuda";
      session.health = HEALTH;
      session.publish();
    });
    await expect(await terminal.text()).toMatchFileSnapshot(`__screens__/${columns}x${rows}-cuda.txt`);
  });

  it("twelve tenants under shared policy at 80x24 are as they were", async () => {
    const { terminal } = await open(80, 24, (session) => {
      session.populate(12);
      void session.act({ kind: "choosePolicy", policy: "streams" });
    });
    await expect(await terminal.text()).toMatchFileSnapshot("__screens__/80x24-streams.txt");
  });

  it.each([
    ["p", "policy"],
    ["a", "add a tenant"],
    ["x", "remove camera"],
    ["?", "choose the policy"],
  ])("the dialog of %s at 80x24 is as it was", async (key, title) => {
    const { terminal } = await open(80, 24);
    terminal.press(key);
    const text = await terminal.until((screen) => screen.includes(title), title);
    await expect(text).toMatchFileSnapshot(`__screens__/80x24-${key === "?" ? "help" : key}.txt`);
  });

  it("tells what a terminal needs that is too small, and goes on once it is larger", async () => {
    const { terminal } = await open(59, 20);
    expect(await terminal.text()).toContain("needs 60x16, has 59x20");
    terminal.resize(20, 3);
    await terminal.until((text) => text.includes("20x3"), "the new size");
    terminal.resize(90, 30);
    const text = await terminal.until((screen) => screen.includes("decisions"), "the panes");
    expect(text.split("\n").some((line) => line.startsWith("╰") && line.length === 90)).toBe(true);
  });

  it("say that there is no tenant, and that the device failed", async () => {
    const { terminal, session } = await open(80, 24, (fresh) => fresh.populate(0));
    expect(await terminal.text()).toContain("no tenants: press a to add one");
    session.fail("cuLaunchKernel: ECC error", "tagger");
    await terminal.until(
      (text) => text.includes("the GPU failed: cuLaunchKernel: ECC error (tagger's launch); R rebuilds it"),
      "the failure",
    );
    terminal.press("R");
    await terminal.until((text) => text.includes("everything begins anew"), "the notice");
    expect(session.acts).toEqual([{ kind: "restoreDevice" }]);
  });
});

describe("writes", () => {
  it("come in synchronized updates, and none while nothing changes", async () => {
    const { terminal, session } = await open(120, 36);
    const settled = terminal.output.written.length;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(terminal.output.written.length).toBe(settled);
    session.advance(0.033);
    await terminal.until((text) => text.includes("00:12.378"), "the new time");
    const update = terminal.output.written.slice(settled);
    expect(update.startsWith("\x1b[?2026h")).toBe(true);
    expect(update.endsWith("\x1b[?2026l")).toBe(true);
    expect(update.split("\x1b[?2026h")).toHaveLength(2);
  });

  it("are far fewer than the views", async () => {
    const { terminal, session } = await open(80, 24);
    const before = terminal.output.written.split("\x1b[?2026h").length;
    for (let view = 0; view < 500; view++) session.advance(0.001);
    await terminal.until((text) => text.includes("00:12.845"), "the last view");
    expect(terminal.output.written.split("\x1b[?2026h").length - before).toBeLessThan(10);
  });
});

describe("the terminal is given back", () => {
  it("on q, with the session left to its owner", async () => {
    const { terminal, session, quitted } = await open(80, 24);
    expect(terminal.input.raw).toBe(true);
    const listeners = process.listenerCount("SIGTERM");
    terminal.press("q");
    await quitted;
    stage = null;
    expect(terminal.output.written.endsWith(LEAVE)).toBe(true);
    expect(terminal.input.raw).toBe(false);
    expect(session.closed).toBe(false);
    expect(process.listenerCount("SIGTERM")).toBeLessThan(listeners);
    const written = terminal.output.written.length;
    session.advance(1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(terminal.output.written.length).toBe(written);
  });
});

describe("keys", () => {
  it("choose a policy from the list", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press("p");
    await terminal.until((text) => text.includes("▸ missiletemporal  in force"), "the list");
    terminal.press("jj\r");
    await terminal.until((text) => text.includes("policy: missiletemporal → mpsplus"), "the notice");
    expect(session.acts).toEqual([{ kind: "choosePolicy", policy: "mpsplus" }]);
  });

  it("change nice from what was last asked for, however fast they come", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press("j]]]");
    await terminal.until((text) => text.includes("nice of lidar: 160,000 → 200,000"), "the notice");
    const nices = session.acts.map((act) =>
      act.kind === "changeTenant" ? [act.tenant, act.change.nice] : [],
    );
    expect(nices).toEqual([
      [1, 125_000],
      [1, 160_000],
      [1, 200_000],
    ]);
    terminal.press("[[[");
    await terminal.until((text) => text.includes("125,000 → 100,000"), "nice as it was");
  });

  it("halve and double cfsPeriod within its bounds", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press("+".repeat(12));
    await terminal.until((text) => text.includes("cfsPeriod is at 1,048,576, as far"), "the upper bound");
    terminal.press("-".repeat(21));
    await terminal.until((text) => text.includes("cfsPeriod is at 1, as far as it goes"), "the lower bound");
    const values = session.acts.map((act) => (act.kind === "setTunable" ? act.value : 0));
    expect(Math.max(...values)).toBe(1_048_576);
    expect(Math.min(...values)).toBe(1);
  });

  it("add a tenant: model, then class", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press("a");
    await terminal.until((text) => text.includes("add a tenant: model"), "the models");
    terminal.press("j\r");
    await terminal.until((text) => text.includes("add squeezenet1.1: class"), "the classes");
    terminal.press("j\r");
    await terminal.until((text) => text.includes("added squeezenet1.1-be (BE)"), "the notice");
    expect(session.view().snapshot.tenants).toHaveLength(7);
  });

  it("remove a tenant: drain, abort, or neither", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press("x");
    await terminal.until((text) => text.includes("remove camera"), "the choice");
    terminal.press("\x1b");
    await terminal.until((text) => !text.includes("remove camera"), "no dialog");
    terminal.press("jx");
    await terminal.until((text) => text.includes("remove lidar"), "the choice");
    terminal.press("j\r");
    await terminal.until((text) => text.includes("lidar was removed"), "the notice");
    expect(session.acts).toEqual([{ kind: "removeTenant", tenant: 1, how: "abort" }]);
    // The choice moves on to a tenant that is there.
    await terminal.until((text) => text.includes("▸A camera"), "the first tenant chosen");
  });

  it("pause, step and change the speed", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press(".");
    await terminal.until((text) => text.includes("press space first"), "the refusal");
    terminal.press(" ");
    await terminal.until((text) => text.includes("PAUSED"), "the badge");
    terminal.press(".>");
    await terminal.until((text) => text.includes("speed: ×1 → ×2"), "the speed");
    expect(session.acts).toEqual([
      { kind: "setPaused", paused: true },
      { kind: "step" },
      { kind: "setSpeed", factor: 2 },
    ]);
  });

  it("show why an act was refused", async () => {
    const { terminal } = await open(80, 24, (session) => session.populate(12));
    terminal.press("a\r\r");
    await terminal.until(
      (text) => text.includes("✗ no room for mobilenetv3-large: 12 tenants run"),
      "the refusal",
    );
  });

  it("say why a tenant could not even be asked for", async () => {
    const session = new FakeSession();
    const terminal = new FakeTerminal(80, 24);
    const makeTenant = (): never => {
      throw new MissileError("no profile of that model on this GPU", "NO_PROFILE");
    };
    stage = { session, terminal, quitted: runConsole(session, { ...terminal.options(), makeTenant }) };
    terminal.press("a\r\r");
    await terminal.until((text) => text.includes("✗ no profile of that model"), "the refusal");
  });

  it("scroll the help no further than its end", async () => {
    const { terminal } = await open(80, 24);
    terminal.press(`?${"j".repeat(50)}`);
    await terminal.until((text) => text.includes("close without a choice"), "the last line");
    terminal.press("k");
    await terminal.until((text) => !text.includes("close without a choice"), "one line up");
  });

  it("do nothing when pasted", async () => {
    const { terminal, session } = await open(80, 24);
    terminal.press("\x1b[200~q]x\r\x1b[201~j");
    await terminal.until((text) => text.includes("▸B lidar"), "only the key after the paste");
    expect(session.acts).toEqual([]);
  });
});
