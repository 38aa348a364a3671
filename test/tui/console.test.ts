import { afterEach, describe, expect, it } from "vitest";
import { runConsole } from "../../src/tui/console.ts";
import { LEAVE } from "../../src/tui/terminal.ts";
import { HEALTH } from "./fake-health.ts";
import { FakeSession } from "./fake-session.ts";
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

  it("say how far the rebuilding of a GPU is, and go on taking keys", async () => {
    const { terminal, session } = await open(80, 24);
    const viewOf = session.view.bind(session);
    session.view = () => ({ ...viewOf(), preparing: "finding VRAM channels 42 %" });
    session.fail("cuLaunchKernel: ECC error", null);
    await terminal.until(
      (text) => text.includes("the GPU failed: cuLaunchKernel: ECC error; finding VRAM channels 42 %"),
      "the progress",
    );
    terminal.press("?");
    await terminal.until((text) => text.includes("show this help"), "the help");
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

  it("wait for a terminal that takes nothing for a while, and go on with the newest", async () => {
    const { terminal, session } = await open(80, 24);
    const { output } = terminal;
    output.writableNeedDrain = true;
    const written = output.written.length;
    for (let view = 0; view < 4; view++) {
      session.advance(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(output.written.length).toBe(written);
    expect(output.listenerCount("drain")).toBe(1);
    output.writableNeedDrain = false;
    output.emit("drain");
    await terminal.until((text) => text.includes("00:16.345"), "the newest view");
    expect(output.listenerCount("drain")).toBe(0);
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
