/** The latency pane: what it says at which size, and which request it shows large. */
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { panes } from "../../src/tui/panes/index.ts";
import { sayDelay } from "../../src/tui/panes/slow-requests.ts";
import { FakeSession } from "./fake-session.ts";
import { clicked, paintedRows, sceneAfter, sceneOfViews } from "./pane-scene.ts";

const LIDAR = 1;

function watched(tenant = LIDAR): FakeSession {
  const session = new FakeSession();
  session.watch(tenant);
  return session;
}

const scene = (scroll = 0) => sceneAfter(watched(), { seconds: 20, ui: { scroll: { latency: scroll } } });

const painted = (width: number, height: number, scroll = 0): string[] =>
  paintedRows("latency", width, height, scene(scroll));

describe("the latency pane", () => {
  it("shows spread, course, tail and requests where there is room for them", () => {
    const text = painted(196, 44).join("\n");
    expect(text).toMatch(/requests by ms/);
    expect(text).toMatch(/● p99 {2}○ p50/);
    expect(text).toMatch(/p99: .*copy wait \d.*█ run \d/);
    expect(text.match(/ms for SMs: /g)?.length).toBeGreaterThan(8);
    expect(text).toMatch(/request 340 arrived at .*, took 2\.\d\d ms/);
  });

  it("keeps the tail and the slowest requests in a third of a small screen", () => {
    const rows = painted(58, 6);
    expect(rows[0]).toMatch(/^p99: /);
    expect(rows[2]).toMatch(/^▸ 00:\d\d\.\d{3} +\d\.\d\d [░▒▓▚▞█]+ +[A-Za-z·] \d/);
    expect(rows.join("\n")).not.toContain("requests by ms");
  });

  it("shows the request large that is chosen, and marks it in the list", () => {
    const rows = painted(120, 30, 3);
    expect(rows.filter((row) => row.startsWith("▸"))).toHaveLength(1);
    expect(rows.join("\n")).toContain("request 343 arrived");
  });

  it("marks the last request where more were asked for than there are", () => {
    expect(painted(120, 30, 99).join("\n")).toContain("request 349 arrived");
  });

  it("chooses the request that is clicked, and nothing beside the list", () => {
    const size = { width: 196, height: 44 };
    const third = paintedRows("latency", 196, 44, scene())[2]!.match(/00:\d\d\.\d{3}/)![0];
    expect(clicked("latency", size, scene(), third)).toEqual({ kind: "scroll", pane: "latency", to: 2 });
    expect(clicked("latency", size, scene(), "requests by ms")).toBeNull();
    expect(panes.latency.scrollable?.(scene(), size)).toBe(10);
  });

  it("has a line at the SLO where that is near, and says where it is not", () => {
    const withSlo = (sloMs: number): string => {
      const { view, ...rest } = scene();
      const tenants = view.snapshot.tenants.map((tenant) => ({ ...tenant, sloMs }));
      const snapshot: Snapshot = { ...view.snapshot, tenants };
      return paintedRows("latency", 196, 44, { ...rest, view: { ...view, snapshot } }).join("\n");
    };
    expect(withSlo(1.5)).toMatch(/╌{20}/);
    expect(withSlo(1.5)).toContain("┊ SLO 1.50");
    expect(withSlo(500)).not.toMatch(/╌{2}/);
    expect(withSlo(500)).toContain("SLO 500, above");
  });

  it("says that it waits for what the views do not carry yet, and what is known already", () => {
    const session = watched(4);
    const text = paintedRows("latency", 120, 30, sceneOfViews([session.view()])).join("\n");
    expect(text).toContain("looking at its requests");
    expect(text).toMatch(/p99: /);
    expect(panes.latency.caption?.(sceneOfViews([session.view()]))[0]).toMatch(/^lidar: p50 .* SLO 5\.00/);
  });

  it("names the share of each part at a moment of the past", () => {
    const session = watched();
    const before = session.view();
    session.advance(5);
    const now = sceneOfViews([before, session.view()]);
    const then = { ...now, view: before, atNs: before.snapshot.atNs };
    const [first] = paintedRows("latency", 120, 6, then);
    expect(first).not.toBe(paintedRows("latency", 120, 6, now)[0]);
    expect(first).toBe(paintedRows("latency", 120, 6, sceneOfViews([before]))[0]);
  });
});

describe("a delay is told", () => {
  const delay = { by: 2, byName: "map-builder", ms: 1.2 };

  it.each([
    [{ ...delay, resource: "SMs" as const }, "1.20 ms for SMs: map-builder", "1.20 SMs map-builder"],
    [{ ...delay, resource: "VRAM" as const }, "1.20 ms in VRAM: map-builder", "1.20 VRAM map-builder"],
    [
      { ...delay, by: -1, resource: "PCIe in" as const },
      "1.20 ms for PCIe in: its own parameters",
      "1.20 PCIe in own",
    ],
    [{ ...delay, by: -1, resource: "queue" as const }, "1.20 ms behind earlier requests", "1.20 queue"],
  ])("%o", (told, whole, short) => {
    expect(sayDelay(told)).toBe(whole);
    expect(sayDelay(told, 20)).toBe(short);
  });
});
