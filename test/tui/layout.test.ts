import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captionLines } from "../../src/tui/caption.ts";
import { type LayoutWish, layOut, placedPanes, SMALLEST } from "../../src/tui/layout.ts";
import { LAYOUT_NAMES, type LayoutTree } from "../../src/tui/layout-tree.ts";
import { paneOf } from "../../src/tui/panes/index.ts";
import { PANE_NAMES, type PaneName } from "../../src/tui/panes/names.ts";
import { filtered, panesOf, type Region, regionOf, treeOfRegion } from "../../src/tui/region.ts";
import { shownPanes } from "./shown-panes.ts";

const wish = (columns: number, rows: number, change: Partial<LayoutWish> = {}): LayoutWish => ({
  size: { columns, rows },
  tenantCount: 6,
  hasHealth: false,
  layout: "overview",
  ownLayout: null,
  focus: "tenants",
  zoomed: false,
  caption: null,
  ...change,
});

const present = PANE_NAMES.filter((name) => paneOf(name) !== undefined);

const trees: fc.Arbitrary<LayoutTree> = fc.letrec<{ tree: LayoutTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<LayoutTree>(...PANE_NAMES),
    fc.record({ pane: fc.constantFrom(...PANE_NAMES), grow: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ across: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }) }),
    fc.record({
      down: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
      grow: fc.integer({ min: 1, max: 5 }),
    }),
  ),
})).tree;

/** Rows of each column's parts, overlapping by one: they must be all the rows there are, and none fewer than 3. */
function expectFilled(region: Region, rows: number): void {
  if ("pane" in region) {
    expect(rows).toBeGreaterThanOrEqual(3);
    return;
  }
  if (region.split === "across") for (const part of region.parts) expectFilled(part, rows);
  else {
    const heights = region.parts.map((part) => part.rows!);
    expect(heights.reduce((a, b) => a + b, 0) - (heights.length - 1)).toBe(rows);
    for (const part of region.parts) expectFilled(part, part.rows!);
  }
}

describe("layout", () => {
  it.each([
    [80, 24],
    [120, 36],
    [200, 50],
  ])("overview shows all that it has at %ix%i, and none twice", (columns, rows) => {
    const all: PaneName[] = ["tenants", "sms", "channels", "copies", "decisions"];
    expect(shownPanes(wish(columns, rows)).sort()).toEqual(all.sort());
  });

  it("fills the screen at any size, with any tree, and shows the focused pane", () => {
    const wishes = fc.record({
      size: fc.record({
        columns: fc.integer({ min: SMALLEST.columns, max: 300 }),
        rows: fc.integer({ min: SMALLEST.rows, max: 100 }),
      }),
      tenantCount: fc.nat(40),
      hasHealth: fc.boolean(),
      layout: fc.constantFrom(...LAYOUT_NAMES),
      ownLayout: fc.option(trees),
      focus: fc.constantFrom(...present),
      zoomed: fc.boolean(),
      caption: fc.constantFrom(
        null,
        { step: 0, text: "a word" },
        { step: 1, text: "many words ".repeat(40) },
      ),
    });
    fc.assert(
      fc.property(wishes, (wished) => {
        const { headerRows, body } = layOut(wished)!;
        const captionRows = captionLines(wished.caption, wished.size.columns - 2).length;
        expectFilled(body, wished.size.rows - headerRows - 1 - captionRows);
        const panes = panesOf(body);
        expect(panes).toContain(wished.focus);
        expect(new Set(panes).size).toBe(panes.length);
        if (wished.zoomed) expect(panes).toEqual([wished.focus]);
      }),
    );
  });

  it("lets the panes that matter least leave first", () => {
    expect(shownPanes(wish(60, 16))).toEqual(["tenants", "sms", "channels"]);
    expect(shownPanes(wish(60, 16, { layout: "isolation" }))).toEqual(["tenants", "sms", "channels"]);
  });

  it("keeps the pane that it is for", () => {
    expect(shownPanes(wish(60, 16, { layout: "latency", focus: "latency" }))).toEqual(["latency"]);
    expect(placedPanes(wish(60, 16, { layout: "compare", tenantCount: 12 }))[0]).toBe("compare");
    expect(shownPanes(wish(80, 24, { layout: "latency" }))).toEqual(["tenants", "latency", "copies"]);
  });

  it("shows a pane that the layout has no place for alone", () => {
    expect(shownPanes(wish(80, 24, { layout: "isolation", focus: "decisions" }))).toEqual(["decisions"]);
  });

  it("gives up below the smallest size only", () => {
    expect(layOut(wish(SMALLEST.columns, SMALLEST.rows))).not.toBeNull();
    expect(layOut(wish(SMALLEST.columns - 1, SMALLEST.rows))).toBeNull();
    expect(layOut(wish(SMALLEST.columns, SMALLEST.rows - 1))).toBeNull();
  });
});

describe("regions", () => {
  it("are written as trees and read again", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const region = regionOf(tree);
        expect(regionOf(treeOfRegion(region))).toEqual(region);
      }),
    );
  });

  it("lose panes and nothing else, and keep one of each", () => {
    fc.assert(
      fc.property(trees, fc.subarray<PaneName>([...PANE_NAMES]), (tree, kept) => {
        const region = regionOf(tree);
        const rest = filtered(region, (pane) => kept.includes(pane));
        const expected = [...new Set(panesOf(region))].filter((pane) => kept.includes(pane));
        expect(rest === null ? [] : panesOf(rest)).toEqual(expected);
      }),
    );
  });
});
