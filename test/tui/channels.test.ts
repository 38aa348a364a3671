import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstBeChannel } from "../../src/core/channel-split.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { rowsOfBlocks } from "../../src/tui/panes/block-map.ts";
import { hashedPlacement } from "../../src/tui/panes/block-table.ts";
import { panes } from "../../src/tui/panes/index.ts";
import type { Scene } from "../../src/tui/panes/pane.ts";
import type { UiState } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";
import { clicked, paintedRows, sceneAfter, sceneOfViews } from "./pane-scene.ts";

const SIZE = { width: 78, height: 20 };
const ZOOMED: Partial<UiState> = { zoomed: true, focus: "channels", selected: 4 };

function sceneWith(change: (snapshot: Snapshot) => Partial<Snapshot>, ui: Partial<UiState> = {}): Scene {
  const view = new FakeSession().view();
  return sceneOfViews([{ ...view, snapshot: { ...view.snapshot, ...change(view.snapshot) } }], ui);
}

describe("VRAM channels", () => {
  it("mark those that both classes used", () => {
    const scene = sceneWith(({ channels }) => ({
      channels: channels.map((channel, index) => ({
        ...channel,
        gBsByClass: index === 3 ? { LS: 1, BE: 2 } : { LS: 0.01 * (index % 2), BE: 30 },
      })),
    }));
    expect(paintedRows("channels", SIZE.width, SIZE.height, scene).join("").replace(/[^×]/g, "")).toBe("××");
    expect(panes.channels.caption?.(scene)[0]).toContain("× 1 by both");
  });

  it("are drawn on a scale that holds the busiest of the last seconds, and say which", () => {
    const withShare = (share: number): Scene =>
      sceneWith(({ channels }) => ({ channels: channels.map((channel) => ({ ...channel, share })) }));
    const corner = (scene: Scene): string => paintedRows("channels", 64, 20, scene)[0]!.slice(0, 6);
    expect(corner(withShare(0.04))).toBe("5%    ");
    expect(corner(withShare(0.24))).toBe("25% ▆▆");
    const views = [withShare(0.9).view, withShare(0.04).view].map((view, index) => ({
      ...view,
      snapshot: { ...view.snapshot, atNs: (12 + index) * 1e9 },
    }));
    expect(corner(sceneOfViews(views))).toBe("100%  ");
  });

  it("show whose memory lies in them, the fullest to the bottom", () => {
    const rows = paintedRows("channels", SIZE.width, SIZE.height, sceneAfter(new FakeSession()));
    const lowest = rows.at(-1)!;
    // LS's channels of the second band are not the fullest.
    expect(lowest).toMatch(/^\d+M +(ff ){15}ff/);
  });

  it("choose the tenant that moves most through the clicked one", () => {
    const scene = sceneAfter(new FakeSession());
    expect(clicked("channels", SIZE, scene, "f  f")).toEqual({ kind: "select", tenant: 5 });
  });
});

describe("the split", () => {
  const spot = (x: number, y: number) => ({ x, y, ...SIZE });
  // Two bands of 24 channels, three columns each: BE begins at channel 32, the ninth of the lower one.
  const AT_SPLIT = spot(4 + 3 * 8, 15);

  it("follows the pointer to the channel under it", () => {
    const scene = sceneAfter(new FakeSession());
    expect(firstBeChannel(scene.view.gpu, scene.view.snapshot.beChannelShare)).toBe(32);
    const to = panes.channels.onDrag?.(scene, AT_SPLIT, spot(4 + 3 * 16, 15));
    expect(to).toEqual({ kind: "setBeChannelShare", share: 7 / 47 });
    const up = panes.channels.onDrag?.(scene, AT_SPLIT, spot(4 + 3 * 20, 3));
    expect(up).toEqual({ kind: "setBeChannelShare", share: 27 / 47 });
  });

  it("is only dragged by those who hold it, and leaves each class a channel", () => {
    const scene = sceneAfter(new FakeSession());
    expect(panes.channels.onDrag?.(scene, spot(4, 15), spot(40, 15))).toBeNull();
    expect(panes.channels.onDrag?.(scene, AT_SPLIT, spot(0, 0))).toEqual({
      kind: "setBeChannelShare",
      share: 46 / 47,
    });
    expect(panes.channels.onDrag?.(scene, AT_SPLIT, spot(400, 15))).toEqual({
      kind: "setBeChannelShare",
      share: 1 / 47,
    });
  });

  it("shows what a drag would do before it is let go", () => {
    const scene = sceneAfter(new FakeSession(), {
      ui: { pending: { kind: "setBeChannelShare", share: 0.9 } },
    });
    expect(panes.channels.caption?.(scene)).toEqual(["BE 33.3 -> 90.0 % once let go"]);
    const owners = paintedRows("channels", SIZE.width, SIZE.height, scene).filter((row) =>
      /^ {4}(LL|bb)/.test(row),
    );
    expect(owners.join("").match(/LL/g)).toHaveLength(4);
  });
});

describe("the block map", () => {
  it("puts every block of a tenant into its channels", () => {
    const { snapshot } = new FakeSession().view();
    const tenant = snapshot.tenants[4]!;
    const placement = hashedPlacement(tenant);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e7 }), (block) => {
        const channel = placement(block);
        expect((tenant.channels[channel >> 5]! >>> (channel & 31)) & 1).toBe(1);
      }),
    );
    expect(hashedPlacement({ ...tenant, channels: [0, 0, 0] })(7)).toBe(-1);
  });

  it("is there when zoomed, in the channels of the chosen tenant alone, and scrolls to the last of its memory", () => {
    const scene = sceneAfter(new FakeSession(), { ui: ZOOMED });
    const rows = paintedRows("channels", SIZE.width, SIZE.height, scene);
    const head = rows.findIndex((row) => row.startsWith("e bert-be: 250 MiB in blocks of 1.00 KiB"));
    expect(head).toBeGreaterThan(5);
    expect(rows[head + 2]).toMatch(/^ {4}0 {32}[·░▒▓█]{16}/);
    expect(rows[head + 3]).toMatch(/^64\.0K/);
    const lines = panes.channels.scrollable?.(scene, SIZE);
    expect(lines).toBe(rowsOfBlocks(scene));
    const last = sceneAfter(new FakeSession(), { ui: { ...ZOOMED, scroll: { channels: lines! - 1 } } });
    const end = paintedRows("channels", SIZE.width, SIZE.height, last);
    expect(end[head + 2]).toMatch(/[░▒▓█]/);
    expect(end[head + 3]!.trim()).toBe("");
  });

  it("is not there otherwise, and then up and down choose tenants", () => {
    const scene = sceneAfter(new FakeSession(), { ui: { ...ZOOMED, zoomed: false } });
    expect(panes.channels.scrollable?.(scene, SIZE)).toBeUndefined();
    expect(paintedRows("channels", SIZE.width, SIZE.height, scene).join("")).not.toContain("blocks of");
  });
});
