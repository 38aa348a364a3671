import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chart, paintChart, type Series } from "../../src/tui/panes/chart.ts";
import { placeOn, scaleAround, ticksOf } from "../../src/tui/panes/scale.ts";
import { paintSpark, paintStack } from "../../src/tui/panes/stack.ts";
import { Canvas } from "../../src/tui/screen/canvas.ts";
import { Screen } from "../../src/tui/screen/screen.ts";

const draw = (width: number, height: number, chart: Chart): string[] => {
  const screen = new Screen(width, height);
  paintChart(new Canvas(screen, { x: 0, y: 0, width, height }), chart);
  return Array.from({ length: height }, (_, y) => screen.rowText(y).trimEnd());
};

const series = (change: Partial<Series> = {}): Series => ({
  name: "moved",
  mark: "●",
  style: {},
  xs: [0, 10],
  ys: [0, 100],
  draw: "line",
  ...change,
});

const chart = (change: Partial<Chart> = {}): Chart => ({
  x: { scale: { kind: "linear", from: 0, until: 10 }, title: "s", format: String },
  left: { scale: { kind: "linear", from: 0, until: 100 }, title: "GB/s", format: String },
  series: [series()],
  ...change,
});

describe("scales", () => {
  it("have round limits around what is shown", () => {
    expect(scaleAround("linear", [3, 47, Number.NaN])).toEqual({ kind: "linear", from: 0, until: 50 });
    expect(scaleAround("log", [0.03, 47, -1, 0])).toEqual({ kind: "log", from: 0.01, until: 100 });
    expect(scaleAround("log2", [64, 65536])).toEqual({ kind: "log2", from: 64, until: 65536 });
    expect(scaleAround("log", [])).toEqual({ kind: "log", from: 1, until: 10 });
  });

  it("place values, and none that a logarithm does not know", () => {
    expect(placeOn({ kind: "log", from: 1, until: 100 }, 10)).toBeCloseTo(0.5);
    expect(placeOn({ kind: "log", from: 1, until: 100 }, 0)).toBeNaN();
    expect(placeOn({ kind: "linear", from: 10, until: 20 }, 12.5)).toBe(0.25);
  });

  it("label round values, fewer where there is less room", () => {
    expect(ticksOf({ kind: "linear", from: 0, until: 50 }, 5)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(ticksOf({ kind: "log", from: 1, until: 100 }, 7)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(ticksOf({ kind: "log", from: 1, until: 100 }, 3)).toEqual([1, 10, 100]);
    expect(ticksOf({ kind: "log2", from: 64, until: 1024 }, 3)).toEqual([64, 256, 1024]);
  });

  it("never have many more labels than asked for, and hold what they were made around", () => {
    const kind = fc.constantFrom("linear" as const, "log" as const, "log2" as const);
    const value = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        kind,
        fc.array(value, { minLength: 1 }),
        fc.integer({ min: 2, max: 20 }),
        (of, values, most) => {
          const scale = scaleAround(of, values);
          for (const one of values) {
            expect(placeOn(scale, one)).toBeGreaterThanOrEqual(-1e-6);
            expect(placeOn(scale, one)).toBeLessThanOrEqual(1 + 1e-6);
          }
          expect(ticksOf(scale, most).length).toBeLessThanOrEqual(most + 2);
        },
      ),
    );
  });
});

describe("a chart", () => {
  it("draws a line from corner to corner between labelled axes", () => {
    const rows = draw(24, 7, chart());
    expect(rows).toMatchInlineSnapshot(`
      [
        "GB/s  ● moved",
        "100┤                ⣀⠤⠒⠉",
        "   │            ⣀⠤⠒⠉",
        " 50┤        ⣀●⠒⠉",
        "   │    ⣀⠤⠒⠉",
        "  0┤⣀⠤⠒⠉",
        "    0   2   4  6   8   s",
      ]
    `);
  });

  it("has an axis at each side, rules across, and all of their names above", () => {
    const rows = draw(48, 8, {
      ...chart(),
      right: { scale: { kind: "linear", from: 0, until: 20 }, title: "us", format: String },
      series: [
        series({ draw: "points" }),
        series({ name: "LS copy", mark: "○", axis: "right", ys: [20, 5], draw: "both" }),
      ],
      rules: [{ axis: "left", at: 50, name: "law", glyph: "╌", style: {} }],
    });
    expect(rows).toMatchInlineSnapshot(`
      [
        "GB/s  ● moved  ○ LS copy  ╌ law               us",
        "100┤○⠑⠒⠒⠤⠤⣀⣀⡀                               ●├20",
        "   │        ⠈⠉⠉⠒⠒⠢⠤⢄⣀⣀                       │",
        "   │                  ⠉⠉⠑⠒⠒⠤⠤⢄⣀⡀             │",
        " 50┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⠈⠉⠉⠒⠒⠢⠤⠤⣀⣀╌╌╌╌├10",
        "   │                                     ⠉⠉⠑○│",
        "  0┤●                                        ├0",
        "    0   1   2   3   4   5   6   7   8   9  10  s",
      ]
    `);
  });

  it("breaks lines where nothing is known, and puts no point outside", () => {
    const gap = series({ xs: [0, 1, 2, 8, 9, 10, 99], ys: [50, 50, Number.NaN, 50, 50, 50, 50] });
    const [, ...rows] = draw(24, 7, chart({ series: [gap] }));
    expect(rows.some((row) => /[⠀-⣿●] +[⠀-⣿●]/.test(row))).toBe(true);
    const outside = series({ xs: [20], ys: [50], draw: "points" });
    expect(
      draw(24, 7, chart({ series: [outside] }))
        .slice(1)
        .join(""),
    ).not.toContain("●");
  });

  it("tells lines apart without colour though they lie on each other's rows", () => {
    const rows = draw(60, 8, chart({ series: [series(), series({ name: "shadow", mark: "○" })] }));
    const plot = rows.slice(1).join("");
    expect(plot).toContain("●");
    expect(plot).toContain("○");
  });

  it("never lets labels touch each other, at any size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 30 }), (width, height) => {
        const rows = draw(width, height, {
          ...chart({ series: [] }),
          x: { scale: { kind: "log2", from: 64, until: 65536 }, title: "packets", format: (v) => `<${v}>` },
          left: { scale: { kind: "linear", from: 0, until: 60 }, title: "GB/s", format: (v) => `<${v}>` },
        });
        for (const row of rows) {
          expect(row.length).toBeLessThanOrEqual(width);
          expect(row.replace(/<\d+>/g, "").replace(/[<>]/g, "!")).not.toContain("!");
          expect(row).not.toContain("><");
        }
      }),
    );
  });
});

describe("shares over time", () => {
  const canvasOf = (width: number, height: number): { canvas: Canvas; rows: () => string[] } => {
    const screen = new Screen(width, height);
    const canvas = new Canvas(screen, { x: 0, y: 0, width, height });
    return { canvas, rows: () => Array.from({ length: height }, (_, y) => screen.rowText(y)) };
  };

  it("are a spark each, with a gap where nothing is known", () => {
    const { canvas, rows } = canvasOf(6, 1);
    paintSpark(canvas, 0, 0, [0, 5, Number.NaN, 10, 20], { least: 0, most: 10 }, {});
    expect(rows()[0]).toBe("▁▅ ██ ");
  });

  it("lie on each other, the newest at the right edge", () => {
    const { canvas, rows } = canvasOf(4, 4);
    const layers = [
      { values: [9, 9, 1, 2, 2], glyph: "#", style: {} },
      { values: [9, Number.NaN, 1, 1, 9], glyph: "o", style: {} },
    ];
    paintStack(canvas, layers, 4);
    expect(rows()).toEqual(["#  o", "# oo", "#o##", "####"]);
  });
});
