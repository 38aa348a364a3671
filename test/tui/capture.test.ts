/** A screen as text, ANSI and SVG: the same characters and colours as the terminal has. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { screenAnsi } from "../../src/tui/capture/ansi.ts";
import { asSeen } from "../../src/tui/capture/as-seen.ts";
import { screenSvg } from "../../src/tui/capture/svg.ts";
import { screenText } from "../../src/tui/capture/text.ts";
import { Canvas } from "../../src/tui/screen/canvas.ts";
import { diff } from "../../src/tui/screen/diff.ts";
import { Screen } from "../../src/tui/screen/screen.ts";
import type { Style } from "../../src/tui/screen/style.ts";
import { TerminalModel } from "./terminal-model.ts";

const LOOK = { depth: "truecolor", theme: "dark", ascii: false } as const;
const WIDTH = 24;
const HEIGHT = 4;

const writes = fc.array(
  fc.record({
    x: fc.integer({ min: 0, max: WIDTH }),
    y: fc.integer({ min: 0, max: HEIGHT }),
    text: fc.constantFrom("a", "<b>", "&", "界x", "│", "  ", "é"),
    style: fc.constantFrom<Style>({}, { fg: 0x112233 }, { bg: 0x445566, bold: true }, { inverse: true }),
  }),
  { maxLength: 12 },
);

function drawn(all: readonly { x: number; y: number; text: string; style: Style }[]): Screen {
  const screen = new Screen(WIDTH, HEIGHT);
  const canvas = new Canvas(screen, { x: 0, y: 0, width: WIDTH, height: HEIGHT });
  for (const { x, y, text, style } of all) canvas.text(x, y, text, style);
  return screen;
}

async function shown(bytes: string): Promise<TerminalModel> {
  const terminal = new TerminalModel(WIDTH, HEIGHT);
  await terminal.write(bytes);
  return terminal;
}

/** A cell without what nobody sees: a blank has a background alone. */
function seenAt(terminal: TerminalModel, x: number, y: number): object {
  const cell = terminal.cell(x, y);
  return cell.chars.trim() === "" ? { bg: cell.bg } : cell;
}

describe("a captured screen", () => {
  it("is, as text, what the terminal shows", async () => {
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const screen = drawn(all);
        const terminal = await shown(diff(new Screen(WIDTH, HEIGHT), screen, LOOK));
        expect(screenText(screen)).toBe(terminal.text());
      }),
    );
  });

  it("is, as ANSI, the same cells again", async () => {
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const screen = drawn(all);
        const direct = await shown(diff(new Screen(WIDTH, HEIGHT), screen, LOOK));
        const printed = await shown(screenAnsi(screen, "truecolor").trimEnd().replaceAll("\n", "\r\n"));
        for (let y = 0; y < HEIGHT; y++) {
          for (let x = 0; x < WIDTH; x++) {
            expect(seenAt(printed, x, y)).toEqual(seenAt(direct, x, y));
          }
        }
        expect(printed.text()).toBe(direct.text());
      }),
    );
  });

  it("is what the terminal shows in any look", async () => {
    const looks = fc.record({
      depth: fc.constant("truecolor" as const),
      theme: fc.constantFrom("dark" as const, "light" as const),
      ascii: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(writes, looks, async (all, look) => {
        const screen = drawn(all);
        const direct = await shown(diff(new Screen(WIDTH, HEIGHT), screen, look));
        const again = await shown(diff(new Screen(WIDTH, HEIGHT), asSeen(screen, look), LOOK));
        for (let y = 0; y < HEIGHT; y++) {
          for (let x = 0; x < WIDTH; x++) expect(again.cell(x, y)).toEqual(direct.cell(x, y));
        }
      }),
    );
  });

  it("is, as SVG, well-formed and holds all text", () => {
    fc.assert(
      fc.property(writes, (all) => {
        const screen = drawn(all);
        const svg = screenSvg(screen, "a <title> & more");
        const open: string[] = [];
        for (const [, closing, name, selfClosing] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
          if (closing === "/") expect(open.pop()).toBe(name);
          else if (selfClosing !== "/") open.push(name!);
        }
        expect(open).toEqual([]);
        const text = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]).join("");
        const plain = text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
        expect(plain.replaceAll(/\s/g, "")).toBe(screenText(screen).replaceAll(/\s/g, ""));
      }),
    );
  });

  it("keeps colours in SVG, and places each run at its column", () => {
    const svg = screenSvg(drawn([{ x: 3, y: 1, text: "界x", style: { fg: 0x112233, bg: 0x445566 } }]), "t");
    expect(svg).toContain('<rect x="25.2" y="17" width="25.2" height="17" fill="#445566"/>');
    expect(svg).toMatch(/<text x="25.2" y="30" textLength="25.2" [^>]*fill="#112233"[^>]*>界x<\/text>/);
  });
});
