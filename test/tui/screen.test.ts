import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Canvas } from "../../src/tui/screen/canvas.ts";
import { colourCode, colourDepth } from "../../src/tui/screen/colour.ts";
import { diff, type Look } from "../../src/tui/screen/diff.ts";
import { drawFrame, styled } from "../../src/tui/screen/frame.ts";
import { glyphText } from "../../src/tui/screen/glyph.ts";
import { joinBorders } from "../../src/tui/screen/join.ts";
import { lightBackground, lightForeground } from "../../src/tui/screen/light.ts";
import { type Rect, Screen } from "../../src/tui/screen/screen.ts";
import { BOLD, INVERSE, type Style, UNDERLINE } from "../../src/tui/screen/style.ts";
import { graphemes, pad, textWidth, truncate, wrap } from "../../src/tui/screen/width.ts";
import { themeOf } from "../../src/tui/theme.ts";
import { TerminalModel } from "./terminal-model.ts";

const TRUECOLOUR: Look = { depth: "truecolor", theme: "dark", ascii: false };

const WIDTH = 24;
const HEIGHT = 6;
const whole = (screen: Screen): Rect => ({ x: 0, y: 0, width: screen.width, height: screen.height });

/** Text of narrow, wide and combined characters on which xterm and this module agree. */
const textArbitrary = fc.array(fc.constantFrom("a", "Z", " ", "│", "█", "é", "界", "한", "ｱ", "▁"), {
  maxLength: 12,
});
const styleArbitrary: fc.Arbitrary<Style> = fc.record(
  {
    fg: fc.constantFrom(0x112233, 0xaabbcc),
    bg: fc.constantFrom(0x000001, 0x445566),
    bold: fc.constant(true),
    dim: fc.constant(true),
    underline: fc.constant(true),
    inverse: fc.constant(true),
  },
  { requiredKeys: [] },
);
const writesArbitrary = fc.array(
  fc.record({
    x: fc.integer({ min: -3, max: WIDTH }),
    y: fc.integer({ min: -1, max: HEIGHT }),
    text: textArbitrary.map((characters) => characters.join("")),
    style: styleArbitrary,
  }),
  { maxLength: 12 },
);

function draw(screen: Screen, writes: readonly { x: number; y: number; text: string; style: Style }[]): void {
  const canvas = new Canvas(screen, whole(screen));
  for (const { x, y, text, style } of writes) canvas.text(x, y, text, style);
}

function expectShown(terminal: TerminalModel, screen: Screen): void {
  const cells = Array.from({ length: screen.width * screen.height }, (_, at) => at);
  const SEEN_ON_SPACE = UNDERLINE | INVERSE;
  // Of a space, neither text colour nor weight is seen, unless it is underlined or inverse.
  const seen = <C extends { chars: string; fg: number; attributes: number }>(cell: C): C =>
    cell.chars === " " && (cell.attributes & SEEN_ON_SPACE) === 0 ? { ...cell, fg: -1, attributes: 0 } : cell;
  const wanted = cells.map((at) => ({
    chars: glyphText(screen.glyphs[at]!),
    fg: screen.fg[at]!,
    bg: screen.bg[at]!,
    attributes: screen.attributes[at]!,
  }));
  const shown = cells.map((at) => terminal.cell(at % screen.width, Math.floor(at / screen.width)));
  expect(shown.map(seen)).toEqual(wanted.map(seen));
}

describe("diff", () => {
  it("turns any screen into any other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(writesArbitrary, { minLength: 1, maxLength: 4 }), async (frames) => {
        const terminal = new TerminalModel(WIDTH, HEIGHT);
        await terminal.write("\x1b[?7l");
        let shown = new Screen(WIDTH, HEIGHT);
        const next = new Screen(WIDTH, HEIGHT);
        for (const writes of frames) {
          next.copy(shown);
          draw(next, writes);
          await terminal.write(diff(shown, next, TRUECOLOUR));
          expectShown(terminal, next);
          shown = new Screen(WIDTH, HEIGHT);
          shown.copy(next);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("writes nothing when nothing changed", () => {
    const screen = new Screen(WIDTH, HEIGHT);
    draw(screen, [{ x: 0, y: 0, text: "same 界", style: { fg: 0xff0000 } }]);
    const same = new Screen(WIDTH, HEIGHT);
    same.copy(screen);
    expect(diff(screen, same, TRUECOLOUR)).toBe("");
  });

  it("writes only the cells that changed", () => {
    const before = new Screen(WIDTH, HEIGHT);
    draw(before, [{ x: 0, y: 2, text: "p99 12.3 ms", style: {} }]);
    const after = new Screen(WIDTH, HEIGHT);
    after.copy(before);
    draw(after, [{ x: 4, y: 2, text: "12.4", style: {} }]);
    expect(diff(before, after, TRUECOLOUR)).toBe("\x1b[3;8H4");
  });

  it("sends no colour to a terminal without colours", () => {
    const after = new Screen(WIDTH, HEIGHT);
    draw(after, [{ x: 0, y: 0, text: "x", style: { fg: 0xff0000, bg: 0x00ff00, bold: true } }]);
    expect(diff(new Screen(WIDTH, HEIGHT), after, { ...TRUECOLOUR, depth: "mono" })).toBe(
      "\x1b[1;1H\x1b[1mx\x1b[m",
    );
  });
});

describe("ascii", () => {
  it("writes nothing else, and a column for a column", async () => {
    await fc.assert(
      fc.asyncProperty(writesArbitrary, fc.string({ unit: "grapheme" }), async (writes, text) => {
        const terminal = new TerminalModel(WIDTH, HEIGHT);
        const screen = new Screen(WIDTH, HEIGHT);
        draw(screen, [...writes, { x: 0, y: HEIGHT - 1, text, style: {} }]);
        const bytes = diff(new Screen(WIDTH, HEIGHT), screen, { ...TRUECOLOUR, ascii: true });
        expect(bytes.replaceAll("\x1b", "")).toMatch(/^[ -~]*$/);
        await terminal.write(bytes);
        for (let at = 0; at < WIDTH * HEIGHT; at++) {
          const glyph = screen.glyphs[at]!;
          if (glyph < 0x20 || glyph > 0x7e) continue;
          const { chars } = terminal.cell(at % WIDTH, Math.floor(at / WIDTH));
          expect(chars).toBe(String.fromCharCode(glyph));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["│─╭┼", "|-++"],
    ["▏▌█▁▇░▒▓", ".-#_=.:%"],
    ["⠁⡀⡇⣿⠀", "'.:: "],
    ["→▸✓✗…×é", ">>+x~xe"],
    ["界", "??"],
  ])("%s is %s", (text, expected) => {
    const screen = new Screen(WIDTH, 1);
    draw(screen, [{ x: 0, y: 0, text, style: {} }]);
    const bytes = diff(new Screen(WIDTH, 1), screen, { ...TRUECOLOUR, ascii: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences start with one
    expect(bytes.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "").trimEnd()).toBe(expected.trimEnd());
  });
});

describe("the light theme", () => {
  const luma = (rgb: number): number =>
    0.299 * (rgb >> 16) + 0.587 * ((rgb >> 8) & 255) + 0.114 * (rgb & 255);

  it("keeps the order in which greys stand out, and makes every text darker than its ground", () => {
    const [off, faint, chosen] = [0x585858, 0x808080, 0xeeeeee].map((rgb) => lightForeground(rgb, -1));
    expect(luma(off!)).toBeGreaterThan(luma(faint!));
    expect(luma(faint!)).toBeGreaterThan(luma(chosen!));
    expect(luma(chosen!)).toBeLessThan(60);
    for (const rgb of [0x5fafd7, 0xd7875f, 0xd7af5f, 0x87af87]) {
      expect(luma(lightForeground(rgb, -1))).toBeLessThan(120);
    }
  });

  it("turns a dark row into a light one, and leaves a bright tile with its dark letter", () => {
    expect(luma(lightBackground(0x303a46))).toBeGreaterThan(190);
    expect([lightForeground(0x121212, 0xd7af5f), lightBackground(0xd7af5f)]).toEqual([0x121212, 0xd7af5f]);
    expect([lightForeground(-1, -1), lightBackground(-1)]).toEqual([-1, -1]);
  });

  it("is chosen where the terminal says that its ground is light", () => {
    expect([themeOf({ COLORFGBG: "0;15" }), themeOf({ COLORFGBG: "15;0" }), themeOf({})]).toEqual([
      "light",
      "dark",
      "dark",
    ]);
  });
});

describe("colours", () => {
  it.each([
    [{ TERM: "xterm-256color", COLORTERM: "truecolor" }, "truecolor"],
    [{ TERM: "xterm-kitty" }, "truecolor"],
    [{ TERM: "tmux-256color" }, "256"],
    [{ TERM: "linux" }, "16"],
    [{ TERM: "dumb" }, "mono"],
    [{}, "mono"],
    [{ TERM: "xterm-256color", COLORTERM: "truecolor", NO_COLOR: "1" }, "mono"],
    [{ TERM: "xterm-256color", NO_COLOR: "" }, "256"],
  ] as const)("%j can show %s", (env, depth) => {
    expect(colourDepth(env)).toBe(depth);
  });

  it.each([
    [0x5fafd7, "fg", "truecolor", "38;2;95;175;215"],
    [0x5fafd7, "bg", "256", "48;5;74"],
    [0x808080, "fg", "256", "38;5;244"],
    [0xff0000, "fg", "16", "91"],
    [0x00cd00, "bg", "16", "42"],
    [0x101010, "bg", "16", "49"],
    [-1, "fg", "256", "39"],
    [0xff0000, "fg", "mono", ""],
  ] as const)("%i as %s in %s is %s", (rgb, ground, depth, code) => {
    expect(colourCode(rgb, ground, depth)).toBe(code);
  });
});

describe("width", () => {
  it.each([
    ["abc", 3],
    ["界", 2],
    ["한글", 4],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["🇨🇭", 2],
    ["a\u200bb", 2],
    ["\u202eabc", 3],
    ["a\x1b[31m", 6],
  ])("%j takes %i columns", (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });

  it("shows no control character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = [...graphemes(text)].map((grapheme) => grapheme.text).join("");
        expect(shown).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it("cuts and fills to exactly the width asked for", () => {
    fc.assert(
      fc.property(
        textArbitrary,
        fc.nat(20),
        fc.constantFrom("left", "right"),
        (characters, columns, align) => {
          expect(textWidth(truncate(characters.join(""), columns))).toBeLessThanOrEqual(columns);
          expect(textWidth(pad(characters.join(""), columns, align as "left" | "right"))).toBe(columns);
        },
      ),
    );
  });

  it("wraps at spaces and keeps every short word", () => {
    const text = "shrank bert-be to 22 TPCs: resnet34 needs 44";
    expect(wrap(text, 18)).toEqual(["shrank bert-be to", "22 TPCs: resnet34", "needs 44"]);
    expect(wrap(text, 60)).toEqual([text]);
  });
});

describe("frame", () => {
  it("reads back what was styled", () => {
    const screen = new Screen(10, 1);
    drawFrame(screen, `a${styled("b", { fg: 0x123456, bg: 0x654321, bold: true })}c`);
    expect(screen.rowText(0)).toBe("abc       ");
    expect([screen.fg[1], screen.bg[1], screen.attributes[1]]).toEqual([0x123456, 0x654321, BOLD]);
    expect([screen.fg[2], screen.bg[2], screen.attributes[2]]).toEqual([-1, -1, 0]);
  });
});

describe("borders", () => {
  const joined = (lines: readonly string[], apart: Rect | null = null): string[] => {
    const screen = new Screen(lines[0]!.length, lines.length);
    drawFrame(screen, lines.join("\n"));
    joinBorders(screen, 0x111111, apart, 0x222222);
    return lines.map((_, y) => screen.rowText(y));
  };

  it("join where boxes overlap", () => {
    expect(joined(["╭──╭──╮", "│  │  │", "╭──╰──╯", "│     │", "╰─────╯"])).toEqual([
      "╭──┬──╮",
      "│  │  │",
      "├──┴──┤",
      "│     │",
      "╰─────╯",
    ]);
  });

  it("leave a dialog's border to itself", () => {
    const lines = ["╭────╮", "├╭──╮┤", "│╰──╯│", "╰────╯"];
    expect(joined(lines, { x: 1, y: 1, width: 4, height: 2 })).toEqual(lines);
  });
});
