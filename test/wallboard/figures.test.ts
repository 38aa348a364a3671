/** What the board makes of snapshots: histories, charts, stacks and words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "../../src/wallboard/history.ts";
import { type BoardSnapshot, type BoardTenant, readSnapshot } from "../../src/wallboard/snapshot.ts";
import { highest, type Layer, roundAbove, stack } from "../../src/wallboard/stack.ts";
import { stackLines } from "../../src/wallboard/stack-text.ts";
import { attainments, latencyCharts } from "../../src/wallboard/tenant-charts.ts";
import { clip, pad, widthOf } from "../../src/wallboard/text.ts";
import { chartTitle, logLine, sayAttainment, sayLink, sayRun } from "../../src/wallboard/words.ts";
import { fakeSnapshots } from "./fake-server.ts";

const tenant = (name: string, fields: Partial<BoardTenant> = {}): BoardTenant => ({
  name,
  class: "LS",
  sloMs: 10,
  p99Ms: 5,
  sloAttainment: 1,
  smRan: 0.1,
  h2dBytes: 0,
  d2hBytes: 0,
  ...fields,
});

const snapshot = (
  atS: number,
  tenants: BoardTenant[],
  fields: Partial<BoardSnapshot> = {},
): BoardSnapshot => ({
  gpu: "NVIDIA H200",
  backend: "sim",
  policy: "missiletemporal",
  failure: null,
  atS,
  paused: 0,
  tenants,
  log: [],
  ...fields,
});

function historyOf(...snapshots: BoardSnapshot[]): History {
  const history = new History();
  for (const each of snapshots) history.push(each);
  return history;
}

describe("a snapshot from a server", () => {
  const [json] = fakeSnapshots(1);

  it("is read from what the control service sends", () => {
    const read = readSnapshot(json!);
    expect(read.tenants.map(({ name }) => name)).toContain("camera");
    expect(read.log.length).toBeGreaterThan(0);
  });

  it("may have fields that are not known here", () => {
    const newer = { ...JSON.parse(json!), weather: "fine" };
    newer.tenants[0].mood = "good";
    expect(readSnapshot(JSON.stringify(newer))).toEqual(readSnapshot(json!));
  });

  it("cannot steer the terminal", () => {
    const hostile = JSON.parse(json!);
    hostile.tenants[0].name = "a\x1b[2Jb\u009b31m";
    hostile.policy = "x\r\ny";
    expect(readSnapshot(JSON.stringify(hostile))).toMatchObject({
      policy: "xy",
      tenants: [{ name: "a[2Jb31m" }, ...Array(JSON.parse(json!).tenants.length - 1).fill({})],
    });
  });

  it.each(["", "null", "{}", '{"gpu":1}'])("that is none is refused: %j", (text) => {
    expect(() => readSnapshot(text)).toThrow("the server's snapshots are not of this version");
  });
});

describe("the history", () => {
  it("tells bytes a second from one moment to the next", () => {
    const { moments } = historyOf(
      snapshot(1, [tenant("a", { h2dBytes: 1e9, d2hBytes: 0 })]),
      snapshot(3, [tenant("a", { h2dBytes: 4e9, d2hBytes: 1e9 }), tenant("late", { h2dBytes: 7e9 })]),
    );
    expect(moments.map(({ points }) => points.get("a")?.pcieGBs)).toEqual([0, 2]);
    // What was moved before anybody looked was not moved now.
    expect(moments[1]?.points.get("late")?.pcieGBs).toBe(0);
  });

  it("takes counters that have begun anew for no traffic", () => {
    const { moments } = historyOf(
      snapshot(1, [tenant("a", { h2dBytes: 1e9 })]),
      snapshot(2, [tenant("a", { h2dBytes: 5 })]),
    );
    expect(moments[1]?.points.get("a")?.pcieGBs).toBe(0);
  });

  it("stands while the clock stands, and forgets a run whose clock has gone back", () => {
    const history = historyOf(snapshot(5, [tenant("a")]), snapshot(5, [tenant("a")]));
    expect(history.moments).toHaveLength(1);
    history.push(snapshot(1, [tenant("b")]));
    expect(history.moments.map(({ atS }) => atS)).toEqual([1]);
  });

  it("keeps no more than fits a chart", () => {
    const history = new History();
    for (let at = 0; at < 1000; at++) history.push(snapshot(at, [tenant("a")]));
    expect(history.moments).toHaveLength(240);
    expect(history.moments.at(-1)?.atS).toBe(999);
  });

  it("leaves each tenant its seat, and gives one away once its tenant is off the charts", () => {
    const history = historyOf(
      snapshot(0, [tenant("a"), tenant("b")]),
      snapshot(1, [tenant("b"), tenant("c")]),
    );
    expect(["a", "b", "c"].map((name) => history.seatOf(name))).toEqual([0, 1, 2]);
    for (let at = 2; at < 300; at++) history.push(snapshot(at, [tenant("b"), tenant("c")]));
    history.push(snapshot(300, [tenant("b"), tenant("c"), tenant("d")]));
    expect(["b", "c", "d"].map((name) => history.seatOf(name))).toEqual([1, 2, 0]);
  });
});

describe("the charts of LS tenants", () => {
  it("leave out BE, and those who need looking at least, in the order of the snapshot", () => {
    const now = snapshot(1, [
      tenant("well", { p99Ms: 1 }),
      tenant("batch", { class: "BE", p99Ms: 900 }),
      tenant("over", { p99Ms: 11 }),
      tenant("idle", { p99Ms: null }),
      tenant("close", { p99Ms: 9.5 }),
    ]);
    const charts = latencyCharts(now, historyOf(now), 3);
    expect(charts.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["well", "good"],
      ["over", "bad"],
      ["close", "strained"],
    ]);
  });

  it("go on as they were where nothing completed", () => {
    const moments = [3, null, 4].map((p99Ms, at) => snapshot(at, [tenant("a", { p99Ms })]));
    expect(latencyCharts(moments[2]!, historyOf(...moments), 1)[0]?.p99Ms).toEqual([3, 3, 4]);
  });

  it("have titles whose figures are never cut off", () => {
    const chart = {
      name: "a-long-name-of-a-tenant",
      sloMs: 10,
      nowMs: 12.34,
      p99Ms: [],
      verdict: "bad",
    } as const;
    expect(chartTitle(chart, 60)).toBe("OVER a-long-name-of-a-tenant p99 12.3 of 10.0 ms");
    expect(chartTitle(chart, 20)).toBe("!a-lon… 12.3/10.0 ms");
    expect(chartTitle({ ...chart, sloMs: null, nowMs: null, verdict: "good" }, 20)).toBe(
      "a-long-name-of… - ms",
    );
  });
});

describe("attainment", () => {
  it("is of those with an SLO, the worst where there is no room for all", () => {
    const now = snapshot(1, [
      tenant("all"),
      tenant("none", { sloAttainment: null }),
      tenant("most", { sloAttainment: 0.96 }),
      tenant("half", { sloAttainment: 0.5 }),
    ]);
    expect(attainments(now, 2).map(({ name, verdict }) => [name, verdict])).toEqual([
      ["most", "strained"],
      ["half", "bad"],
    ]);
  });

  it("is all only where nothing was missed", () => {
    expect([1, 0.99999, 0.29].map(sayAttainment)).toEqual(["100.00%", "99.99%", "29.00%"]);
  });
});

describe("a stack", () => {
  const layer = (seat: number, ...values: number[]): Layer => ({ name: `t${seat}`, seat, values });

  it("puts the first at the bottom, each as high as its share", () => {
    const cells = stack([layer(0, 0.5), layer(1, 0.25)], 1, 2, 1);
    expect(cells).toEqual([[{ upper: null, lower: 1 }], [{ upper: 0, lower: 0 }]]);
  });

  it("has the newest at the right, and nothing where there is nothing yet", () => {
    const [row] = stack([layer(0, 1, 1)], 4, 1, 1);
    expect(row!.map(({ lower }) => lower)).toEqual([null, null, 0, 0]);
  });

  it("takes means where moments outnumber columns, each moment in one of them", () => {
    const values = [1, 1, 0, 0, 1, 1];
    const [row] = stack([layer(0, ...values)], 3, 1, 1);
    expect(row!.map(({ lower }) => lower)).toEqual([0, null, 0]);
  });

  it("is never higher than asked", () => {
    const shares = fc.array(fc.double({ min: 0, max: 0.25, noNaN: true }), { minLength: 1, maxLength: 99 });
    fc.assert(
      fc.property(
        shares,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (values, width, height) => {
          const layers = [0, 1, 2].map((seat) => layer(seat, ...values));
          const cells = stack(layers, width, height, Math.max(highest(layers), 1e-9));
          expect(cells).toHaveLength(height);
          const halves = cells.flatMap((row, at) => row.map((cell, column) => ({ ...cell, at, column })));
          for (const { upper, lower, at, column } of halves) {
            // What lies above somebody is a later layer or nobody.
            expect(lower ?? 9).toBeLessThanOrEqual(upper ?? 9);
            const above = cells[at - 1]?.[column]?.lower;
            if (above !== undefined) expect(upper ?? 9).toBeLessThanOrEqual(above ?? 9);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("has letters in place of colours, and everybody in its legend or in the sum of the others", () => {
    const options = {
      width: 30,
      height: 3,
      most: 1,
      say: (value: number) => value.toFixed(1),
      isColourless: true,
    };
    const lines = stackLines(
      [0, 1, 2, 3].map((seat) => layer(seat, 0.2)),
      options,
    );
    const before = " ".repeat(16);
    expect(lines).toEqual([`${before}d d t3     0.2`, `${before}c c t2     0.2`, `${before}a   +2 m…  0.4`]);
  });
});

describe("words", () => {
  it("name who did it, where there are several who could", () => {
    const act = { atS: 1.5, by: "operator", who: null, text: "nice of a: 1 → 2" };
    expect(logLine(act)).toBe("    1.500 s  operator   nice of a: 1 → 2");
    expect(logLine({ ...act, who: "ana" })).toBe("    1.500 s  operator   ana: nice of a: 1 → 2");
  });

  it("round a chart's height up to a number that reads well", () => {
    expect([0, 0.03, 1, 1.1, 23, 51].map(roundAbove)).toEqual([1, 0.05, 1, 2, 50, 100]);
  });

  it("say what is wrong with the run", () => {
    expect(sayRun(snapshot(3.7, []))).toBe("NVIDIA H200 (sim)  missiletemporal  4 s");
    expect(sayRun(snapshot(3, [], { paused: 1 }))).toMatch(/PAUSED$/);
    expect(sayRun(snapshot(3, [], { paused: 1, failure: "it broke" }))).toMatch(/GPU FAILED: it broke$/);
  });

  it("say since when the server is away", () => {
    const sinceMs = new Date(2026, 0, 1, 9, 8, 7).getTime();
    expect(sayLink({ kind: "live" }, 0)).toBe("live");
    expect(sayLink({ kind: "lost", sinceMs, why: "" }, sinceMs + 23_400)).toBe("LOST since 09:08:07 (23 s)");
  });

  it.each(["camera", "検出器カメラ", "a検b出c器", ""])("fit %s into columns, wide characters too", (text) => {
    for (let columns = 1; columns < 16; columns++) {
      expect(widthOf(clip(text, columns))).toBeLessThanOrEqual(columns);
      expect(widthOf(pad(text, columns))).toBe(columns);
    }
  });
});
