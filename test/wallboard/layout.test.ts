import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Layout, LEAST, layoutOf, type Rect } from "../../src/wallboard/layout.ts";

const size = {
  columns: fc.integer({ min: LEAST.columns, max: 400 }),
  rows: fc.integer({ min: LEAST.rows, max: 120 }),
};

const rectsOf = ({ header, charts, sms, pcie, attainment, log, footer }: Layout): Rect[] => [
  header,
  ...charts,
  sms,
  pcie,
  attainment,
  ...(log === null ? [] : [log]),
  footer,
];

describe("the layout", () => {
  it("gives every cell of any screen to one panel", () => {
    fc.assert(
      fc.property(size.columns, size.rows, fc.nat(20), (columns, rows, tenants) => {
        const owners = new Uint8Array(columns * rows);
        for (const { left, top, width, height } of rectsOf(layoutOf(columns, rows, tenants)!)) {
          expect(left + width).toBeLessThanOrEqual(columns);
          expect(top + height).toBeLessThanOrEqual(rows);
          for (let y = top; y < top + height; y++)
            for (let x = left; x < left + width; x++) owners[y * columns + x]!++;
        }
        expect(owners.every((count) => count === 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("has a chart for each LS tenant, as far as charts can still be read", () => {
    fc.assert(
      fc.property(size.columns, size.rows, fc.integer({ min: 1, max: 20 }), (columns, rows, tenants) => {
        const { charts } = layoutOf(columns, rows, tenants)!;
        expect(charts.length).toBeLessThanOrEqual(tenants);
        for (const { width, height } of charts) {
          expect(width).toBeGreaterThanOrEqual(26);
          expect(height).toBeGreaterThanOrEqual(8);
        }
      }),
    );
    expect(layoutOf(80, 24, 2)!.charts).toHaveLength(2);
    expect(layoutOf(80, 24, 7)!.charts).toHaveLength(3);
    expect(layoutOf(200, 50, 12)!.charts).toHaveLength(12);
  });

  it("has a panel for the log where there are rows for it", () => {
    expect(layoutOf(80, 24, 3)!.log).toBeNull();
    expect(layoutOf(200, 50, 3)!.log).toMatchObject({ width: 200, left: 0 });
  });

  it("is none on a screen that is too small", () => {
    expect(layoutOf(LEAST.columns - 1, 100, 1)).toBeNull();
    expect(layoutOf(100, LEAST.rows - 1, 1)).toBeNull();
  });
});
