/** The comparison of a run with its shadow: what starts it, what comes of it, and what its pane shows. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ShadowComparison } from "../../src/engine/session.ts";
import { sinceOf } from "../../src/tui/compare-actions.ts";
import { Comparer, type Comparison } from "../../src/tui/comparison.ts";
import { runConsole } from "../../src/tui/console.ts";
import { timesVerdict } from "../../src/tui/panes/compare-rows.ts";
import { createUiStore } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";
import { fakeComparison } from "./fake-shadow.ts";
import { FakeTerminal } from "./fake-terminal.ts";
import { clicked, paintedRows, sceneAfter } from "./pane-scene.ts";

const asked = { sinceNs: 2e9, policy: "orion", cfsPeriodPackets: 64, beChannelShare: 1 / 3 };

const comparisonOf = (session: FakeSession, changes: Partial<ShadowComparison> = {}): Comparison => ({
  kind: "done",
  found: { ...fakeComparison(session.view().snapshot, asked), ...changes },
});

const painted = (width: number, height: number, comparison: Comparison | null): string =>
  paintedRows("compare", width, height, sceneAfter(new FakeSession(), { ui: { comparison } })).join("\n");

let leave: () => Promise<void> = async () => {};
afterEach(() => leave());

async function open(columns = 120, rows = 36): Promise<{ session: FakeSession; terminal: FakeTerminal }> {
  const session = new FakeSession();
  const terminal = new FakeTerminal(columns, rows);
  const quitted = runConsole(session, terminal.options());
  leave = async () => {
    terminal.press("\x03");
    await quitted;
  };
  await terminal.until((text) => text.includes("help"), "anything");
  return { session, terminal };
}

describe("comparing from the console", () => {
  it("asks what to compare with, then shows both sides in its pane", async () => {
    const { terminal } = await open();
    terminal.press("V");
    const form = await terminal.until((text) => text.includes("BE's channels"), "the form");
    expect(form).toMatch(/since\s.*30s/);
    expect(form).toMatch(/policy\s.*missiletemporal/);
    terminal.press("\r");
    const text = await terminal.until((screen) => screen.includes("all LS"), "the comparison");
    expect(text).toContain("missiletemporal → missiletemporal");
    expect(text).toContain("! worse");
  });

  it("takes it all in one line", async () => {
    const { terminal } = await open();
    terminal.press(":compare orion 10s 64 33\r");
    const text = await terminal.until((screen) => screen.includes("all LS"), "the comparison");
    expect(text).toContain(
      "missiletemporal, cfsPeriod 512, BE channels 33.3 % → orion, cfsPeriod 64, BE channels 33.0 %",
    );
    expect(text).toContain("33.0 % · 10.0 s ");
  });

  it("says what cannot be compared", async () => {
    const { terminal } = await open();
    terminal.press(":compare orion mark 64 33\r");
    await terminal.until((text) => text.includes("since: nothing was marked yet"), "the refusal");
    terminal.press("X");
    await terminal.until((text) => text.includes("no comparison is running"), "the refusal");
  });

  it("is allowed to those who may only look", async () => {
    const session = new FakeSession();
    const terminal = new FakeTerminal(120, 36);
    const quitted = runConsole(session, { ...terminal.options(), start: { readOnly: true } });
    leave = async () => {
      terminal.press("\x03");
      await quitted;
    };
    await terminal.until((text) => text.includes("help"), "anything");
    terminal.press("V\r");
    await terminal.until((text) => text.includes("all LS"), "the comparison");
    expect(session.acts).toEqual([]);
  });
});

describe("since", () => {
  const session = new FakeSession();
  const live = { moment: null };

  it("is the frozen moment, the last mark, so many seconds ago, or the beginning", async () => {
    await session.act({ kind: "mark", text: "here" });
    const view = session.view();
    expect(sinceOf("moment", view, { moment: { atNs: 7 } })).toBe(7);
    expect(sinceOf("mark", view, live)).toBe(12.345e9);
    expect(sinceOf("2.345s", view, live)).toBeCloseTo(10e9, 0);
    expect(sinceOf("10", view, live)).toBe(2.345e9);
    expect(sinceOf("100 s", view, live)).toBe(0);
    expect(sinceOf("start", view, live)).toBe(0);
  });

  it.each(["", "0", "-3", "yesterday", "10 min"])('cannot be "%s"', (words) => {
    expect(() => sinceOf(words, session.view(), live)).toThrow("is not moment, mark, start or a number");
  });

  it("cannot be the moment of a screen that goes on", () => {
    expect(() => sinceOf("moment", session.view(), live)).toThrow("the screen is not frozen");
  });
});

describe("the comparer", () => {
  const stage = () => {
    const session = new FakeSession();
    const store = createUiStore({ columns: 80, rows: 24 });
    const seen: Comparison[] = [];
    store.subscribe(({ comparison }) => {
      if (comparison !== null) seen.push(comparison);
    });
    return { session, seen, comparer: new Comparer(session, store) };
  };

  it("tells how far it is, then what was found", async () => {
    const { seen, comparer } = stage();
    await comparer.start(asked);
    expect(seen.map((one) => (one.kind === "running" ? one.share : one.kind))).toEqual([0, 0.5, "done"]);
    expect(comparer.stop()).toBe(false);
  });

  it("stops when told, and says so", async () => {
    const { seen, comparer } = stage();
    const started = comparer.start(asked);
    expect(comparer.stop()).toBe(true);
    await started;
    expect(seen.at(-1)).toMatchObject({ kind: "failed", why: "the shadow run was stopped" });
  });

  it("shows the last that was asked for alone", async () => {
    const { seen, comparer } = stage();
    const first = comparer.start(asked);
    await Promise.all([first, comparer.start({ ...asked, policy: "temporal" })]);
    const ended = seen.filter(({ kind }) => kind !== "running");
    expect(ended).toMatchObject([{ kind: "done", found: { shadow: { policy: "temporal" } } }]);
  });
});

describe("a verdict", () => {
  it.each([
    [1, 2, true, "!", "2.00x"],
    [2, 1, true, "+", "2.00x"],
    [1, 2, false, "+", "2.00x"],
    [4, 1, false, "!", "4.00x"],
    [100, 101, true, "=", ""],
    [0, 0, false, "=", ""],
    [0, 3, false, "+", ""],
    [Number.NaN, 3, true, "", ""],
  ])("on %d beside %d (less is better: %s) is %s%s", (actual, shadow, lessIsBetter, sign, text) => {
    expect(timesVerdict(actual, shadow, lessIsBetter)).toMatchObject({ sign, text });
  });
});

describe("the pane", () => {
  const session = new FakeSession();

  it("says how to compare, how far it is, and why it could not be", () => {
    expect(painted(60, 8, null)).toContain("Nothing is compared yet");
    const running = { kind: "running", options: asked, untilNs: 12e9, share: 0.42 } as const;
    expect(painted(60, 8, running)).toMatch(/running 10\.0 s again under orion.*42 %/s);
    expect(painted(60, 8, { kind: "failed", options: asked, why: "no" })).toContain("not compared: no");
  });

  it("says what makes the figures differ beside the settings", () => {
    const text = painted(140, 20, comparisonOf(session, { changes: 2, actualIsReal: true }));
    expect(text).toContain("shadow on a simulated NVIDIA H200");
    expect(text).toContain("2 changes meanwhile");
    expect(painted(120, 20, comparisonOf(session))).not.toMatch(/simulated|meanwhile/);
  });

  it("chooses the tenant whose row is clicked, and draws its latencies", () => {
    const scene = sceneAfter(session, { ui: { comparison: comparisonOf(session), selected: 0 } });
    expect(clicked("compare", { width: 118, height: 32 }, scene, "speech")).toEqual({
      kind: "select",
      tenant: 3,
    });
    expect(clicked("compare", { width: 118, height: 32 }, scene, "all BE")).toBeNull();
    expect(paintedRows("compare", 118, 32, scene).join("\n")).toContain("% of camera within");
  });

  it("shows a tenant that has left by its name alone", () => {
    const gone = new FakeSession();
    const comparison = comparisonOf(gone);
    gone.populate(2);
    const text = paintedRows("compare", 118, 32, sceneAfter(gone, { ui: { comparison } })).join("\n");
    expect(text).toMatch(/^lane-keeping/m);
  });

  it("fits any size, with whatever was found", () => {
    const figure = fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(fc.nat(210), fc.nat(50), figure, figure, (width, height, p50Ms, throughputPerS) => {
        const comparison = comparisonOf(session) as Extract<Comparison, { kind: "done" }>;
        const tenants = comparison.found.tenants.map((tenant) => ({
          ...tenant,
          shadow: { ...tenant.shadow, p50Ms, p99Ms: p50Ms, throughputPerS, quantilesMs: new Float64Array() },
        }));
        const rows = painted(width, height, { kind: "done", found: { ...comparison.found, tenants } }).split(
          "\n",
        );
        // No figure runs into the next: the arrows stand below one another.
        const arrows = rows
          .slice(2, 10)
          .map((row) => [...row.matchAll(/→/g)].map(({ index }) => index).join());
        if (width >= 60 && width < 150)
          expect(new Set(arrows.filter((at) => at !== "")).size).toBeLessThan(3);
      }),
      { numRuns: 100 },
    );
  });
});
