/** The block map of a real GPU: what its pane says of what the executor told. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlockMap, View } from "../../src/engine/session.ts";
import { Onlooker } from "../../src/tui/onlooker.ts";
import { rowsOfBlocks } from "../../src/tui/panes/block-map.ts";
import type { BlockTable } from "../../src/tui/panes/block-table.ts";
import type { Scene } from "../../src/tui/panes/pane.ts";
import { readTable } from "../../src/tui/panes/read-blocks.ts";
import { createUiStore, type UiState } from "../../src/tui/store.ts";
import { MOVING, PLACELESS, SETTLED, UNCOLOURED } from "./fake-blocks.ts";
import { HEALTH } from "./fake-health.ts";
import { FakeSession } from "./fake-session.ts";
import { paintedRows, sceneOfViews } from "./pane-scene.ts";

const ZOOMED: Partial<UiState> = { zoomed: true, focus: "channels", selected: 0 };

const withMemory = (memory: Partial<(typeof HEALTH)["memory"]>): typeof HEALTH => ({
  ...HEALTH,
  memory: { ...HEALTH.memory, ...memory },
});

const viewOf = (blocks: BlockMap | null, health = HEALTH): View => ({
  ...new FakeSession().view(),
  backend: "cuda",
  health,
  blocks,
});

const sceneOf = (view: View, ui: Partial<UiState> = {}): Scene => sceneOfViews([view], { ...ZOOMED, ...ui });

function linesOf(view: View, width: number, height = 40): string[] {
  const rows = paintedRows("channels", width, height, sceneOf(view));
  return rows.slice(rows.findIndex((row) => row.startsWith("A camera: "))).map((row) => row.trimEnd());
}

const tableOf = (map: BlockMap): BlockTable => {
  const view = viewOf(map);
  const table = readTable(view.snapshot.tenants[map.tenant]!, view);
  if (typeof table === "string") throw new Error(table);
  return table;
};

describe("the block map of a real GPU", () => {
  it.each([
    [78, "80x24"],
    [196, "200x50"],
  ])("at a width of %i is as it was", async (width, name) => {
    const shortage = { tenant: 0, why: "needs 353 KiB of LS's channels, which have 8 KiB free of 128 KiB" };
    const uncolouredWhy = "VRAM channels cannot be told apart here";
    const states: [string, View][] = [
      ["settled", viewOf(SETTLED)],
      ["moving", viewOf(MOVING)],
      ["no place", viewOf(PLACELESS, withMemory({ shortage }))],
      ["uncoloured", viewOf(UNCOLOURED, withMemory({ uncolouredWhy }))],
      ["unknown", viewOf(null)],
    ];
    const screens = states.map(
      ([state, view]) => `== ${state}\n${linesOf(view, width).join("\n").trimEnd()}\n`,
    );
    await expect(screens.join("\n")).toMatchFileSnapshot(`__screens__/blocks-${name}.txt`);
  });

  it("says why a tenant that was never confined is not coloured", () => {
    const [head] = linesOf(viewOf({ ...PLACELESS, side: null }), 140);
    expect(head).toContain("not coloured: the policy has never confined it to a part of the channels");
  });

  it("is of the chosen tenant, or says that it is not known", () => {
    const rows = paintedRows("channels", 120, 40, sceneOf(viewOf(SETTLED), { selected: 1 }));
    expect(rows.some((row) => row.startsWith("B ") && row.includes("not known at this moment"))).toBe(true);
    expect(rowsOfBlocks(sceneOf(viewOf(SETTLED)))).toBe(SETTLED.rows.length);
    expect(rowsOfBlocks(sceneOf(viewOf(null)))).toBe(1);
  });

  it("is asked for while it is looked at, and no longer", () => {
    const session = new FakeSession();
    session.blocks = SETTLED;
    const store = createUiStore({ columns: 80, rows: 24 });
    const onlooker = new Onlooker(session, store);
    expect(onlooker.scene().view.blocks).toBeNull();
    store.setState({ zoomed: true, focus: "channels" });
    session.publish();
    expect(onlooker.scene().view.blocks).toBe(SETTLED);
    store.setState({ zoomed: false });
    session.publish();
    expect({ asked: session.watchesBlocks, detail: session.view().detail?.tenant }).toEqual({
      asked: false,
      detail: 0,
    });
    onlooker.stop();
  });

  it("marks a cell where blocks lie and none where they do not, whatever there is", () => {
    const count = fc.nat({ max: 64 });
    fc.assert(
      fc.property(fc.array(fc.array(count, { minLength: 12, maxLength: 12 }), { minLength: 1 }), (counts) => {
        const rows = counts.map((inPartition) => ({ ...SETTLED.rows[0]!, inPartition }));
        const table = tableOf({ ...SETTLED, rows });
        for (const [index, inPartition] of counts.entries()) {
          const { levels } = table.line(index);
          for (const [partition, blocks] of inPartition.entries()) {
            const empty = SETTLED.isBe[partition] ? null : 0;
            if (blocks === 0) expect(levels?.[partition]).toBe(empty);
            else expect([1, 2, 3, 4]).toContain(levels?.[partition]);
          }
        }
      }),
    );
  });
});
