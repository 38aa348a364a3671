/** Reports: charts that show what was measured, and Markdown that names cannot break. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { viewOnce } from "../../src/engine/headless.ts";
import { cdf, type RunReport, runReport } from "../../src/export/index.ts";
import { chartSvg, linearTicks, logTicks } from "../../src/export/report/svg-chart.ts";
import { smallMix } from "../engine/fixtures.ts";

const linear = { title: "", scale: "linear" } as const;

/** Points of each path, in px. */
const pathsOf = (svg: string): [number, number][][] =>
  [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#0/g)].map((match) =>
    [...match[1]!.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
  );

describe("ticks", () => {
  it("are round, inside, and few", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (from, span) => {
          const ticks = linearTicks(from, from + span);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(8);
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(from - span * 1e-6);
            expect(tick).toBeLessThanOrEqual(from + span * (1 + 1e-6));
          }
        },
      ),
    );
    expect(linearTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    expect(logTicks(0.5, 20)).toEqual([0.5, 1, 2, 5, 10, 20]);
    expect(logTicks(1, 1000)).toEqual([1, 10, 100, 1000]);
  });
});

describe("a chart", () => {
  it("places points in proportion", () => {
    const points = [
      [0, 0],
      [5, 10],
      [10, 5],
    ] as const;
    const [path] = pathsOf(chartSvg({ title: "t", x: linear, y: linear, series: [{ name: "a", points }] }));
    const [first, middle, last] = path!;
    expect(middle![0]).toBeCloseTo((first![0] + last![0]) / 2, 1);
    expect(last![1]).toBeCloseTo((first![1] + middle![1]) / 2, 1);
    expect(middle![1]).toBeLessThan(first![1]);
  });

  it("breaks its line where a value is not known", () => {
    const points = [
      [0, 1],
      [1, Number.NaN],
      [2, 1],
      [3, 2],
    ] as const;
    const svg = chartSvg({ title: "t", x: linear, y: linear, series: [{ name: "a", points }] });
    expect(/<path d="(M[^"]*)" fill="none" stroke="#0/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("draws something for no data at all", () => {
    expect(chartSvg({ title: "t", x: linear, y: { ...linear, scale: "log" }, series: [] })).not.toMatch(
      /NaN|Infinity/,
    );
  });
});

describe("a distribution", () => {
  it("rises to 1 and holds the extremes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 900 }),
        (all) => {
          const points = cdf(Float64Array.from(all));
          expect(points.at(-1)).toEqual([Math.max(...all), 1]);
          for (const [index, [x, y]] of points.entries()) {
            const within = all.filter((latency) => latency <= x).length / all.length;
            expect(within).toBeGreaterThanOrEqual(y - 1e-9);
            if (index > 0) expect(x).toBeGreaterThanOrEqual(points[index - 1]![0]);
          }
        },
      ),
    );
  });
});

describe("a report", () => {
  const view = viewOnce(smallMix, 0.3);
  const report = (change: Partial<RunReport> = {}): RunReport => ({
    title: "small",
    madeAt: "2026-01-01 12:00",
    view,
    latencies: view.snapshot.tenants.map(({ name, class: of, sloMs }) => ({
      name,
      class: of,
      sloMs,
      latenciesMs: Float64Array.from([1, 2, 3]),
    })),
    timeline: { atS: [0, 1], tenants: [{ name: "a", smShares: [0.5, 1], copyGBs: [1, 2] }] },
    marks: [{ x: 0.5, label: "orion" }],
    comparison: null,
    ...change,
  });

  it("shows every chart it brings, and brings every chart it shows", () => {
    const files = runReport(report(), "run");
    const text = files.get("run.md")!;
    const shown = [...text.matchAll(/!\[[^\]]*\]\(([^)]*)\)/g)].map((match) => match[1]);
    expect(shown.toSorted()).toEqual([...files.keys()].filter((name) => name.endsWith(".svg")).toSorted());
    for (const { name } of view.snapshot.tenants) expect(text).toContain(name);
  });

  it("has a table as wide in every line, whatever tenants are called", () => {
    const tenants = view.snapshot.tenants.map((tenant) => ({ ...tenant, name: "a|b\n# <c> `d`" }));
    const odd = report({ view: { ...view, snapshot: { ...view.snapshot, tenants } } });
    const lines = runReport(odd, "run").get("run.md")!.split("\n");
    const rows = lines.filter((line) => line.startsWith("| a"));
    expect(rows.length).toBe(2 * tenants.length);
    for (const row of rows) expect([13, 9]).toContain(row.split(/(?<!\\)\|/).length - 1);
  });

  it("has the comparison where there is one", () => {
    const comparison = {
      columns: ["missiletemporal", "orion"],
      rows: [{ tenant: "a", p50Ms: [1, 2], p99Ms: [3, 4], throughputPerS: [5, Number.NaN] }],
    };
    const text = runReport(report({ comparison }), "run").get("run.md")!;
    expect(text).toContain("| a | 1.000 | 3.000 | 5.0 | 2.000 | 4.000 | – |");
  });
});
