import { describe, expect, it } from "vitest";
import type { DecisionEntry } from "../../src/core/snapshot.ts";
import { panes } from "../../src/tui/panes/index.ts";
import type { Scene } from "../../src/tui/panes/pane.ts";
import type { UiState } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";
import { clicked, paintedRows, sceneOfViews } from "./pane-scene.ts";

const entry = (sequence: number, tenant: number, by: DecisionEntry["by"], text: string): DecisionEntry => ({
  atNs: (12 + sequence) * 1e9,
  sequence,
  tenant,
  by,
  text,
});

const LOG = [
  entry(0, 0, "scheduler", "shrank bert-be to 22 TPCs: camera needs 44"),
  entry(1, 4, "operator", "bert-be: nice 100000 -> 50000"),
  entry(2, -1, "operator", "mark: begin of the storm"),
  entry(3, -1, "device", "the GPU failed: cuLaunchKernel"),
  entry(
    4,
    5,
    "scheduler",
    "evicted a launch whose explanation is so long that it does not fit one line of this pane",
  ),
];

function sceneWith(ui: Partial<UiState> = {}): Scene {
  const view = new FakeSession().view();
  return sceneOfViews([{ ...view, snapshot: { ...view.snapshot, log: LOG } }], ui);
}

const rowsWith = (ui: Partial<UiState>, width = 60, height = 10): string[] =>
  paintedRows("decisions", width, height, sceneWith(ui)).map((row) => row.trimEnd());

describe("decisions and acts", () => {
  it("come with the newest first, and say whose they are without colour", () => {
    expect(rowsWith({})).toEqual([
      "00:16.000  f evicted a launch whose explanation is so long",
      "             that it does not fit one line of this pane",
      "00:15.000 !  the GPU failed: cuLaunchKernel",
      "00:14.000 #  mark: begin of the storm",
      "00:13.000 *e bert-be: nice 100000 -> 50000",
      "00:12.000  A shrank bert-be to 22 TPCs: camera needs 44",
      "",
      "",
      "",
      "",
    ]);
  });

  it.each([
    ["operator", [2, 1]],
    ["mark", [2]],
    ["device", [3]],
    ["scheduler camera", [0]],
    ["bert-be -shrank", [1]],
  ])("are filtered by %s", (filter, kept) => {
    const rows = rowsWith({ filters: { decisions: filter } });
    const times = rows.filter((row) => row.startsWith("00:")).map((row) => Number(row.slice(3, 5)) - 12);
    expect(times).toEqual(kept);
    expect(panes.decisions.caption?.(sceneWith({ filters: { decisions: filter } }))[0]).toContain(
      `/${filter}`,
    );
  });

  it("say that none passes the filter", () => {
    expect(rowsWith({ filters: { decisions: "nothing" } })[0]).toContain('none with "nothing"');
  });

  it("scroll line by line to the oldest", () => {
    const scene = sceneWith();
    expect(panes.decisions.scrollable?.(scene, { width: 60, height: 3 })).toBe(6);
    expect(rowsWith({ scroll: { decisions: 1 } }, 60, 2)[0]).toMatch(/^ +that it does not fit/);
    expect(rowsWith({ scroll: { decisions: 5 } }, 60, 2)).toEqual([
      "00:12.000  A shrank bert-be to 22 TPCs: camera needs 44",
      "",
    ]);
    expect(panes.decisions.caption?.(sceneWith({ scroll: { decisions: 5 } }))[0]).toMatch(/^↑ newer/);
  });

  it("choose the tenant that they are about", () => {
    const size = { width: 60, height: 10 };
    expect(clicked("decisions", size, sceneWith(), "that it does not fit")).toEqual({
      kind: "select",
      tenant: 5,
    });
    expect(clicked("decisions", size, sceneWith(), "mark:")).toBeNull();
  });
});
