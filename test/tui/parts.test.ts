import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TenantSnapshot } from "../../src/core/snapshot.ts";
import {
  bytes,
  bytesLong,
  clock,
  count,
  digits3,
  grouped,
  ms,
  percent,
  speed,
  whole,
} from "../../src/tui/format.ts";
import { helpLines } from "../../src/tui/help.ts";
import { Identities } from "../../src/tui/identity.ts";
import { bindingFor, hints, keyLabel, keymap, type Mode } from "../../src/tui/keymap.ts";
import { layOut, type Region, SMALLEST } from "../../src/tui/layout.ts";
import { stepNice } from "../../src/tui/nice.ts";
import { panes } from "../../src/tui/panes/index.ts";
import { FakeSession } from "./fake-session.ts";

const MODES: readonly Mode[] = ["main", "choice", "help"];

describe("keymap", () => {
  it.each(MODES)("has no key twice in mode %s", (mode) => {
    const keys = keymap
      .filter((row) => row.mode === mode || row.mode === undefined)
      .flatMap((row) => row.keys);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it.each(MODES)("lets every dialog be closed, and the console be left, in mode %s", (mode) => {
    expect(bindingFor(mode, "ctrl+c")?.does).toBe("quit");
    if (mode !== "main") expect(bindingFor(mode, "escape")?.hint).toBe("close");
  });

  it("is all that the help says, and the help says all of it", () => {
    const shown = helpLines().map((line) => line.does);
    for (const row of keymap) if (row.mode !== "help") expect(shown).toContain(row.does);
    expect(helpLines().find((line) => line.does === "double cfsPeriod")?.keys).toBe("+ =");
  });

  it("makes the footer's hints, one for neighbours that share it", () => {
    expect(hints("main")).toContainEqual({ keys: "[ ]", hint: "nice" });
    expect(hints("choice").map(({ hint }) => hint)).toEqual(["move", "choose", "close"]);
    expect([keyLabel("ctrl+c"), keyLabel("up"), keyLabel("f7"), keyLabel("p")]).toEqual([
      "^C",
      "↑",
      "F7",
      "p",
    ]);
  });
});

describe("format", () => {
  it.each([
    [digits3(1.234), "1.23"],
    [digits3(9.996), "10.0"],
    [digits3(99.96), "100"],
    [digits3(Number.NaN), "–"],
    [ms(9999), "9999"],
    [ms(12_345), "12.3s"],
    [bytes(512), "512"],
    [bytes(1_234_567), "1.18M"],
    [bytes(1023.7 * 1024), "1.00M"],
    [bytesLong(1_234_567), "1.18 MiB"],
    [count(999), "999"],
    [count(999.7), "1.00k"],
    [count(31_337), "31.3k"],
    [percent(0.9999), "99.9"],
    [percent(1), "100"],
    [percent(0.073), "7.3"],
    [whole(100_000), "100000"],
    [whole(12_345_678), "12.3M"],
    [grouped(1_048_576), "1,048,576"],
    [clock(12_345_678_901), "00:12.345"],
    [clock(3_723_456e6), "1:02:03.456"],
    [speed(0.25), "×0.25"],
    [speed(1024), "×1020"],
  ])("%s is %s", (text, expected) => {
    expect(text).toBe(expected);
  });

  it("keeps figures within their columns", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e14, noNaN: true }), (value) => {
        expect(bytes(value).length).toBeLessThanOrEqual(5);
        expect(count(value).length).toBeLessThanOrEqual(5);
        expect(percent(Math.min(1, value)).length).toBeLessThanOrEqual(4);
        expect(whole(value).length).toBeLessThanOrEqual(7);
        expect(ms(Math.min(value, 86_400_000)).length).toBeLessThanOrEqual(6);
      }),
    );
  });
});

describe("nice", () => {
  it("doubles in three steps and comes back the way it went", () => {
    expect([100_000, 125_000, 160_000].map((nice) => stepNice(nice, 1))).toEqual([125_000, 160_000, 200_000]);
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 900_000_000 }), (nice) => {
        const rung = stepNice(nice, 1);
        expect(rung).toBeGreaterThan(nice);
        expect(stepNice(stepNice(rung, -1), 1)).toBe(rung);
        expect(Number.isInteger(rung)).toBe(true);
      }),
    );
  });

  it("stays a positive integer at its ends", () => {
    expect(stepNice(1, -1)).toBe(1);
    expect(stepNice(1_000_000_000, 1)).toBe(1_000_000_000);
  });
});

describe("identities", () => {
  const tenant = (id: number, tenantClass: "LS" | "BE"): TenantSnapshot => ({
    ...new FakeSession().view().snapshot.tenants[0]!,
    id,
    class: tenantClass,
  });

  it("say the class by their case, and last as long as the tenant", () => {
    const identities = new Identities();
    identities.update([tenant(7, "LS"), tenant(8, "BE"), tenant(9, "LS")], 100);
    expect([7, 8, 9].map((id) => identities.of(id).letter)).toEqual(["A", "b", "C"]);
    const before = identities.of(9);
    identities.update([tenant(9, "LS"), tenant(10, "BE")], 200);
    expect(identities.of(9)).toEqual(before);
    expect(identities.of(10).letter).toBe("a");
    expect(identities.of(7).letter).toBe("?");
  });

  it("are not given to what a former tenant of the same id has done", () => {
    const identities = new Identities();
    identities.update([tenant(7, "LS")], 100);
    identities.update([], 200);
    identities.update([tenant(7, "BE")], 300);
    expect(identities.at(7, 150)).toBeNull();
    expect(identities.at(7, 250)?.letter).toBe("a");
    expect(identities.at(8, 250)).toBeNull();
  });

  it("are all different for twelve tenants", () => {
    const identities = new Identities();
    const tenants = Array.from({ length: 12 }, (_, id) => tenant(id, id % 2 === 0 ? "LS" : "BE"));
    identities.update(tenants, 0);
    expect(new Set(tenants.map(({ id }) => identities.of(id).letter)).size).toBe(12);
    expect(new Set(tenants.map(({ id }) => identities.of(id).colour)).size).toBe(12);
  });
});

describe("layout", () => {
  const names = (region: Region): string[] =>
    "pane" in region ? [region.pane] : region.parts.flatMap(names);

  it("shows every pane on any usual screen, and none twice", () => {
    const all = Object.keys(panes).filter((name) => name !== "header");
    for (const size of [
      { columns: 80, rows: 24 },
      { columns: 120, rows: 36 },
      { columns: 200, rows: 50 },
    ]) {
      expect(names(layOut(size, 6)!.body).sort()).toEqual([...all].sort());
    }
  });

  it("gives up below the smallest size only", () => {
    expect(layOut(SMALLEST, 6)).not.toBeNull();
    expect(layOut({ ...SMALLEST, columns: SMALLEST.columns - 1 }, 6)).toBeNull();
    expect(layOut({ ...SMALLEST, rows: SMALLEST.rows - 1 }, 6)).toBeNull();
  });
});
