/** Looking around in the whole console: panes, layouts, time, the mouse. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { runConsole } from "../../src/tui/console.ts";
import { panes } from "../../src/tui/panes/index.ts";
import type { UiStart } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";
import { FakeTerminal } from "./fake-terminal.ts";

let close: (() => Promise<void>) | null = null;

async function open(
  columns: number,
  rows: number,
  start: UiStart = {},
): Promise<{ session: FakeSession; terminal: FakeTerminal }> {
  const session = new FakeSession();
  const terminal = new FakeTerminal(columns, rows);
  const quitted = runConsole(session, { ...terminal.options(), start });
  close = async () => {
    terminal.press("\x03");
    await quitted;
  };
  await terminal.until((text) => text.includes("tenants"), "the tenants");
  return { session, terminal };
}

afterEach(async () => {
  await close?.();
  close = null;
  vi.restoreAllMocks();
});

describe("panes", () => {
  it("take the focus by Tab, number and click, and say so by a mark", async () => {
    const { terminal } = await open(80, 24);
    terminal.press("\t");
    await terminal.until((text) => text.includes("▸2 SMs"), "the focus on the SMs");
    terminal.press("\x1b[Z\x1b[Z");
    await terminal.until((text) => text.includes("▸6 decisions"), "the focus gone round");
    terminal.press("3");
    await terminal.until((text) => text.includes("▸3 VRAM"), "the focus on the channels");
    terminal.press("\x1b[<0;5;18M\x1b[<0;5;18m");
    await terminal.until((text) => text.includes("▸4 "), "the focus where the click was");
  });

  it("have the whole screen when zoomed, and give it back", async () => {
    const { terminal } = await open(80, 24);
    terminal.press("2e");
    const zoomed = await terminal.until((text) => !text.includes("1 tenants"), "one pane");
    expect(zoomed).toContain("▸2 SMs");
    terminal.press("\x1b");
    await terminal.until((text) => text.includes("1 tenants"), "the others again");
  });

  it("that a layout has no place for show alone", async () => {
    const { terminal } = await open(80, 24);
    terminal.press("\x1b3");
    await terminal.until((text) => !text.includes("decisions"), "the layout isolation");
    terminal.press("6");
    await terminal.until((text) => text.includes("▸6 ") && !text.includes("2 SMs"), "the decisions alone");
    terminal.press("w");
    await terminal.until((text) => text.includes("6 decisions"), "the next layout");
  });

  it("of one's own are told to be kept first where there are none", async () => {
    const { terminal } = await open(80, 24);
    terminal.press("\x1b5");
    await terminal.until((text) => text.includes("✗ there is no layout of your own yet"), "the refusal");
    terminal.press("W\x1b1\x1b5");
    await terminal.until((text) => text.includes("✓ this is your own layout now"), "the layout kept");
  });

  it("may leave one's own layout, and come back into it", async () => {
    const { terminal } = await open(80, 24);
    terminal.press("3\x17");
    await terminal.until((text) => !text.includes("3 VRAM"), "no channels");
    terminal.press("3\x17");
    const text = await terminal.until(
      (screen) => screen.includes("▸3 VRAM") && screen.includes("2 SMs"),
      "both",
    );
    expect(text).toContain("1 tenants");
  });

  it("that are painted less often show the last view all the same, though none comes after it", async () => {
    const { terminal, session } = await open(120, 36);
    session.advance(0.01);
    await terminal.until((text) => text.includes("00:12.355"), "the view before");
    await session.act({ kind: "resetStatistics" });
    await terminal.until((text) => text.includes("the operator asked: resetStatistics"), "the decision");
  });

  it("that throw say so in their place, the others live on, and it is told once", async () => {
    const paint = vi.spyOn(panes.sms, "paint").mockImplementation(() => {
      throw new Error("no such TPC");
    });
    const { terminal, session } = await open(80, 24);
    await terminal.until((text) => text.includes("this pane failed: no such TPC"), "the failure");
    await terminal.until((text) => text.includes("✗ pane sms failed: no such TPC"), "the notice");
    session.advance(0.1);
    await terminal.until((text) => text.includes("00:12.445"), "the next view");
    paint.mockRestore();
    session.advance(0.1);
    await terminal.until((text) => !text.includes("this pane failed"), "the pane again");
  });
});

describe("a frozen screen", () => {
  it("stays while the run goes on, goes back and forth, and comes back to the present", async () => {
    const { terminal, session } = await open(120, 36);
    for (let view = 0; view < 600; view++) session.advance(1 / 30);
    await terminal.until((text) => text.includes("00:32.345"), "the newest moment");
    terminal.press("f");
    await terminal.until((text) => text.includes("FROZEN 0.0 s back"), "the mark");
    await terminal.until((text) => text.includes("esc live  ← → 1 s  pgup pgdn 10 s"), "its keys");
    session.advance(1);
    await terminal.until((text) => text.includes("FROZEN 1.0 s back"), "time gone by");
    expect(await terminal.text()).toContain("00:32.345");
    terminal.press("\x1b[D\x1b[D");
    await terminal.until((text) => text.includes("00:30.345"), "two seconds earlier");
    terminal.press("\x1b[1;2D");
    await terminal.until((text) => text.includes("00:20.345"), "twelve seconds earlier");
    terminal.press("\x1b[H");
    await terminal.until((text) => text.includes("00:12.345"), "the oldest moment");
    terminal.press("\x1b[C\x1b[6~");
    await terminal.until((text) => text.includes("00:23.345"), "eleven seconds on");
    terminal.press("\x1b");
    const text = await terminal.until((screen) => screen.includes("00:33.345"), "the present");
    expect(text).not.toContain("FROZEN");
  });

  it("shows a tenant that has left since under the letter that it had", async () => {
    const { terminal, session } = await open(120, 36);
    session.advance(1);
    terminal.press("f");
    await terminal.until((text) => text.includes("FROZEN"), "the mark");
    session.advance(0.5);
    await session.act({ kind: "removeTenant", tenant: 1, how: "abort" });
    session.advance(0.5);
    const text = await terminal.until((screen) => screen.includes("FROZEN 1.0 s"), "time gone by");
    expect(text).toContain(" B lidar");
    terminal.press("f");
    await terminal.until((screen) => !screen.includes(" B lidar"), "the present without it");
  });
});

describe("the mouse", () => {
  it("is reported once asked for, and never after the end", async () => {
    const { terminal } = await open(80, 24);
    expect(terminal.output.written).not.toContain("\x1b[?1002h");
    terminal.press("M");
    await terminal.until((text) => text.includes("the mouse clicks"), "the notice");
    expect(terminal.output.written).toContain("\x1b[?1002h\x1b[?1006h");
    await close?.();
    close = null;
    expect(terminal.output.written.lastIndexOf("\x1b[?1002l")).toBeGreaterThan(
      terminal.output.written.lastIndexOf("\x1b[?1002h"),
    );
  });

  it("chooses tenants with the wheel over their table", async () => {
    const { terminal } = await open(80, 24);
    terminal.press("\x1b[<65;10;5M\x1b[<65;10;5M\x1b[<64;10;5M");
    await terminal.until((text) => text.includes("▸B lidar"), "the second tenant");
  });

  it("sorts by a column whose head is clicked, and chooses the tenant whose row is", async () => {
    const { terminal } = await open(80, 24);
    const lines = (await terminal.text()).split("\n");
    const head = lines.findIndex((line) => line.includes("p99 ms"));
    const x = lines[head]!.indexOf("p99 ms") + 2;
    terminal.press(`\x1b[<0;${x};${head + 1}M\x1b[<0;${x};${head + 1}m`);
    const rowOf = (text: string, name: string): number =>
      text.split("\n").findIndex((line) => line.includes(name));
    const sorted = await terminal.until((text) => rowOf(text, "resnet-be") === head + 1, "the slowest first");
    const lidar = rowOf(sorted, "B lidar") + 1;
    terminal.press(`\x1b[<0;10;${lidar}M\x1b[<0;10;${lidar}m`);
    await terminal.until((text) => text.includes("▸B lidar"), "lidar chosen");
  });

  it("drags BE's share of the channels: shown while it is held, asked for once it is let go", async () => {
    const { terminal, session } = await open(120, 36);
    terminal.press("\x1b3");
    const text = await terminal.until((screen) => !screen.includes("6 decisions"), "the layout isolation");
    // Where LS's channels end and BE's begin.
    const lines = text.split("\n");
    const y = lines.findIndex((line) => /Lb/.test(line)) + 1;
    const x = lines[y - 1]!.indexOf("Lb") + 2;
    terminal.press(`\x1b[<0;${x};${y}M\x1b[<32;${x - 8};${y}M`);
    await terminal.until((screen) => screen.includes("once let go"), "what it would be");
    expect(session.acts).toEqual([]);
    terminal.press(`\x1b[<0;${x - 8};${y}m`);
    await terminal.until((screen) => !screen.includes("once let go"), "the drag ended");
    await terminal.until((screen) => screen.includes("✓ BE's share of the channels: 33.3 →"), "the notice");
    expect(session.acts).toMatchObject([{ kind: "setTunable", tunable: "beChannelShare" }]);
  });
});

describe("the edge", () => {
  it("writes nothing but ASCII where asked to, in every layout and over it", async () => {
    const { terminal } = await open(100, 32, { ascii: true });
    for (const keys of ["\x1b2", "\x1b3", "\x1b4", "\x1b1", "f", "?", "\x1b", "a", "\x1b", "P"]) {
      terminal.press(keys);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await terminal.text()).toMatch(/^[ -~\n]*$/);
    }
    expect(terminal.output.written.replaceAll("\x1b", "")).toMatch(/^[ -~]*$/);
  });

  it("draws the same cells in other colours for a light ground", async () => {
    const { terminal } = await open(80, 24);
    const [text, dark] = [await terminal.text(), await terminal.colours()];
    terminal.press("T");
    await terminal.until(() => terminal.output.written.lastIndexOf("\x1b[2J") > 100, "a clear");
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await terminal.text()).toBe(text);
    expect(await terminal.colours()).not.toBe(dark);
    await expect(await terminal.colours()).toMatchFileSnapshot("__screens__/80x24-light-colours.txt");
  });
});
