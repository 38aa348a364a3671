import { describe, expect, it } from "vitest";
import type { View } from "../../src/engine/session.ts";
import { lsBounds } from "../../src/tui/panes/sm-share.ts";
import { recentlyEvicted } from "../../src/tui/panes/sms.ts";
import { FakeSession } from "./fake-session.ts";
import { paintedRows, sceneAfter, sceneOfViews } from "./pane-scene.ts";

/** Views a thirtieth of a second of wall time apart; the first says that TPC 34 and TPC 3 were left. */
function viewsAfterEviction(count: number, speed = 1): View[] {
  const session = new FakeSession();
  return Array.from({ length: count }, (_, index) => {
    session.advance(speed / 30);
    const view = session.view();
    const evictedTpcs: [number, number, number] = index === 0 ? [1 << 3, 1 << 2, 0] : [0, 0, 0];
    const tenants = view.snapshot.tenants.map((tenant, at) => ({
      ...tenant,
      evictedTpcs: at === 4 ? evictedTpcs : ([0, 0, 0] as const),
    }));
    return { ...view, pace: { ...view.pace, achievedSpeed: speed }, snapshot: { ...view.snapshot, tenants } };
  });
}

describe("evictions", () => {
  it.each([0.01, 1, 50])("are shown for half a second of the wall at speed %d", (speed) => {
    expect(recentlyEvicted(sceneOfViews(viewsAfterEviction(1, speed)))).toEqual([1 << 3, 1 << 2, 0]);
    expect(recentlyEvicted(sceneOfViews(viewsAfterEviction(14, speed)))).toEqual([1 << 3, 1 << 2, 0]);
    expect(recentlyEvicted(sceneOfViews(viewsAfterEviction(18, speed)))).toEqual([0, 0, 0]);
  });

  it("mark their tiles and no others, whatever room there is", () => {
    const marks = (width: number, height: number, count: number): number =>
      paintedRows("sms", width, height, sceneOfViews(viewsAfterEviction(count)))
        .join("")
        .split("!").length - 1;
    expect(marks(64, 24, 1)).toBe(2);
    // The other tile is full of letters: they are underlined.
    expect(marks(39, 4, 1)).toBe(1);
    expect(marks(39, 4, 18)).toBe(0);
  });
});

describe("shares of the SMs over time", () => {
  it("stand below the map where there is room", () => {
    const scene = sceneAfter(new FakeSession(), { seconds: 10 });
    const rows = paintedRows("sms", 78, 20, scene);
    const head = rows.findIndex((row) => row.startsWith("SM %  ● LS  ○ BE"));
    expect(head).toBeGreaterThan(5);
    expect(rows.slice(head).join("")).toMatch(/[⠁-⣿]{3}/);
    expect(paintedRows("sms", 39, 4, scene).join("")).not.toContain("SM %");
  });

  it("lie between LS's floor and ceiling, which are told where they bind", () => {
    const { view } = sceneAfter(new FakeSession());
    const bounded = (request: number, limit: number): View => ({
      ...view,
      snapshot: {
        ...view.snapshot,
        tenants: view.snapshot.tenants.map((tenant) => ({
          ...tenant,
          smRequestPercent: request,
          smLimitPercent: limit,
        })),
      },
    });
    expect(lsBounds(bounded(5, 20).snapshot)).toEqual({ floor: 20, ceiling: 80 });
    expect(lsBounds(bounded(0, 100).snapshot)).toEqual({ floor: 0, ceiling: 100 });
    const told = paintedRows("sms", 78, 20, sceneOfViews([bounded(5, 20)])).join("\n");
    expect(told).toContain("╌ LS floor 20 %  ┄ ceiling 80 %");
    expect(told).toMatch(/╌{20}/);
    expect(paintedRows("sms", 78, 20, sceneOfViews([bounded(0, 100)])).join("")).not.toMatch(/floor|╌/);
  });
});
