/** Recordings: written, read back, and wound to any moment. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { castHeader, castLine, KEYFRAME, parseCast } from "../../src/tui/recording/cast.ts";
import { playCast } from "../../src/tui/recording/player.ts";
import { Recorder } from "../../src/tui/recording/recorder.ts";
import { Tape } from "../../src/tui/recording/tape.ts";
import { Canvas } from "../../src/tui/screen/canvas.ts";
import { diff } from "../../src/tui/screen/diff.ts";
import { Screen } from "../../src/tui/screen/screen.ts";
import { scratch } from "../engine/fixtures.ts";
import { FakeTerminal } from "./fake-terminal.ts";
import { TerminalModel } from "./terminal-model.ts";

const SIZE = { columns: 12, rows: 3 };
const LOOK = { depth: "truecolor", theme: "dark", ascii: false } as const;
const CLEAR = "\x1b[0m\x1b[2J";

function screenOf(text: string): Screen {
  const screen = new Screen(SIZE.columns, SIZE.rows);
  new Canvas(screen, { x: 0, y: 0, width: SIZE.columns, height: SIZE.rows }).text(0, 1, text);
  return screen;
}

/** Records the texts as frames, a second apart each, and returns the file's text. */
function recorded(texts: readonly string[]): string {
  const path = join(scratch(), "screen.cast");
  let nowMs = 1_700_000_000_000;
  let shown = new Screen(SIZE.columns, SIZE.rows);
  const recorder = new Recorder({
    path,
    size: SIZE,
    title: "a test",
    nowMs: () => nowMs,
    wholeFrame: () => CLEAR + diff(new Screen(SIZE.columns, SIZE.rows), shown, LOOK),
    onFailure: (message) => expect.unreachable(message),
  });
  for (const text of texts) {
    nowMs += 1000;
    const next = screenOf(text);
    const bytes = diff(shown, next, LOOK);
    shown = next;
    recorder.frame(bytes);
  }
  recorder.close();
  return readFileSync(path, "utf8");
}

async function textAfter(bytes: string): Promise<string> {
  const terminal = new TerminalModel(SIZE.columns, SIZE.rows);
  await terminal.write(bytes);
  return terminal.text().trim();
}

describe("a recording", () => {
  it("shows at any moment, reached in any way, what was on the screen then", async () => {
    const texts = Array.from({ length: 35 }, (_, second) => `s ${second} ${"x".repeat(second % 7)}`);
    const cast = parseCast(recorded(texts), "screen.cast");
    expect(cast.size).toEqual(SIZE);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -1, max: 40, noNaN: true }), { maxLength: 8 }),
        async (stops) => {
          const tape = new Tape(cast);
          let bytes = "";
          for (const stop of stops) {
            bytes += tape.windTo(stop);
            const at = Math.floor(Math.min(stop, texts.length)) - 1;
            expect(await textAfter(bytes)).toBe(at < 0 ? "" : texts[at]!.trim());
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it("is wound from the last whole frame, not from its beginning", () => {
    const cast = parseCast(recorded(Array.from({ length: 60 }, (_, second) => `frame ${second}`)), "x");
    const bytes = new Tape(cast).windTo(59);
    expect(bytes).not.toContain("frame 2\x1b");
    const outputs = cast.events.filter(({ code }) => code === "o").map(({ data }) => data);
    expect(bytes.length).toBeLessThan(outputs.join("").length / 2);
  });

  it("has marks to jump to", () => {
    const lines = [
      castHeader(SIZE, "t", 0),
      castLine({ atS: 0, code: "m", data: KEYFRAME }),
      castLine({ atS: 1, code: "o", data: "one" }),
      castLine({ atS: 2, code: "m", data: "before orion" }),
      castLine({ atS: 3, code: "r", data: "40x10" }),
      castLine({ atS: 4, code: "m", data: "after" }),
    ];
    const tape = new Tape(parseCast(lines.join(""), "x"));
    expect(tape.markFrom(1)).toBe(2);
    tape.windTo(2);
    expect([tape.mark, tape.markFrom(1), tape.markFrom(-1), tape.size]).toEqual([
      "before orion",
      4,
      null,
      SIZE,
    ]);
    tape.windTo(9);
    expect([tape.atS, tape.mark, tape.isAtEnd, tape.size]).toEqual([
      4,
      "after",
      true,
      { columns: 40, rows: 10 },
    ]);
  });

  it("that was cut off in its last line is read up to there", () => {
    const text = recorded(["one", "two"]);
    const cast = parseCast(text.slice(0, -9), "x");
    expect(cast.events).toHaveLength(parseCast(text, "x").events.length - 1);
  });

  it.each([
    ["", /x: line 1 is no header/],
    ['{"version": 1, "width": 80, "height": 24}\n', /line 1/],
    [`${castHeader(SIZE, "t", 0)}[1, "o"]\n[2, "o", "x"]\n`, /line 2 is no event/],
    [`${castHeader(SIZE, "t", 0)}[1, "o", "x"]\nnonsense\n[2, "o", "x"]\n`, /line 3/],
  ])("says in one line what is wrong with %j", (text, message) => {
    expect(() => parseCast(text, "x")).toThrow(message);
  });

  it("says when it cannot begin, and when it cannot go on", () => {
    const options = { size: SIZE, title: "", nowMs: () => 0, wholeFrame: () => "" };
    const nowhere = { ...options, path: join(scratch(), "none", "x.cast"), onFailure: () => undefined };
    expect(() => new Recorder(nowhere)).toThrow(/cannot be written/);
    const told: string[] = [];
    // Linux's device that is always full.
    const recorder = new Recorder({
      ...options,
      path: "/dev/full",
      onFailure: (message) => told.push(message),
    });
    recorder.frame("x".repeat(70_000));
    recorder.frame("more");
    recorder.close();
    expect(told).toEqual([expect.stringMatching(/^the recording has ended: \/dev\/full: cannot be written/)]);
  });
});

describe("a mark of the operator's", () => {
  it("is no whole frame, whatever it is called", () => {
    const shown = { atS: 0, code: "o", data: "whole" } as const;
    const lines = [
      castHeader(SIZE, "t", 0),
      castLine({ atS: 0, code: "m", data: KEYFRAME }),
      castLine(shown),
      castLine({ atS: 1, code: "m", data: "keyframe" }),
      castLine({ atS: 2, code: "o", data: "part" }),
    ];
    expect(new Tape(parseCast(lines.join(""), "x")).windTo(3)).toBe("wholepart");
  });
});

describe("the player", () => {
  it("says what space does now, and that the end is reached", async () => {
    const size = { columns: 80, rows: 24 };
    const lines = [
      castHeader(size, "test", 0),
      castLine({ atS: 0, code: "o", data: "first" }),
      castLine({ atS: 300, code: "o", data: "last" }),
    ];
    const terminal = new FakeTerminal(80, 24);
    const { input, output } = terminal.options();
    const streams = {
      input: Object.assign(input, { isTTY: true }),
      output: Object.assign(output, { isTTY: true }),
    };
    const quitted = playCast(parseCast(lines.join(""), "x"), streams);
    await terminal.until((text) => /▶ .* space pause {2}q quit/.test(text), "how to pause");
    terminal.press(" ");
    await terminal.until((text) => /‖ .* space play {2}q quit/.test(text), "how to go on");
    terminal.press("\x1b[F");
    terminal.press(" ");
    await terminal.until((text) => /▶ 0:00\.\d /.test(text), "the beginning again");
    terminal.press("9>>>>>>");
    await terminal.until((text) => /■ 5:00\.0 .* space play/.test(text), "the end");
    terminal.press("q");
    await quitted;
  });
});
