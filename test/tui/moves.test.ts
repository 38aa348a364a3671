import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "../../src/tui/history.ts";
import { LAYOUT_NAMES } from "../../src/tui/layout-tree.ts";
import * as moves from "../../src/tui/moves.ts";
import { PANE_NAMES, type PaneName } from "../../src/tui/panes/names.ts";
import { createUiStore, type UiState } from "../../src/tui/store.ts";
import { FakeSession } from "./fake-session.ts";
import { shownPanes } from "./shown-panes.ts";

const fresh = (): UiState => createUiStore({ columns: 120, rows: 36 }).getState();

/** A minute of views. */
function history(): History {
  const session = new FakeSession();
  const seen = new History();
  for (let view = 0; view < 60; view++) {
    seen.push(session.view());
    session.advance(1);
  }
  return seen;
}

const HISTORY = history();

type Move = (ui: UiState) => moves.Change;

const panes = fc.constantFrom<PaneName>(...PANE_NAMES);
const move: fc.Arbitrary<Move> = fc.oneof(
  panes.map(
    (pane): Move =>
      (ui) =>
        moves.focused(ui, pane),
  ),
  fc.constantFrom<Move>(
    (ui) => moves.focusMoved(ui, 1),
    (ui) => moves.focusMoved(ui, -1),
    moves.zoomToggled,
    moves.stepBack,
    moves.layoutAfter,
    moves.paneToggled,
    (ui) => moves.freezeToggled(ui, HISTORY),
    moves.live,
  ),
  fc.constantFrom(...LAYOUT_NAMES).map(
    (layout): Move =>
      (ui) =>
        moves.layoutShown(ui, layout),
  ),
  fc.integer({ min: -90, max: 90 }).map(
    (seconds): Move =>
      (ui) =>
        moves.scrubbedBy(ui, HISTORY, seconds),
  ),
  fc.nat(12).map(
    (tenant): Move =>
      (ui) =>
        moves.tagToggled(ui, tenant),
  ),
  fc.constantFrom("p99", "nice").map(
    (column): Move =>
      (ui) =>
        moves.sortedBy(ui, column),
  ),
);

function after(sequence: readonly Move[]): UiState {
  let ui = fresh();
  for (const step of sequence) ui = { ...ui, ...step(ui) };
  return ui;
}

describe("moves", () => {
  it("always leave the focused pane on the screen, and a moment that is remembered", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (sequence) => {
        const ui = after(sequence);
        expect(shownPanes(ui)).toContain(ui.focus);
        const { fromNs, untilNs } = HISTORY.span;
        if (ui.moment !== null) {
          expect(ui.moment.atNs).toBeGreaterThanOrEqual(fromNs);
          expect(ui.moment.atNs).toBeLessThanOrEqual(untilNs);
        }
      }),
    );
  });

  it("go round all panes of a layout and come back", () => {
    const round = shownPanes(fresh()).map((): Move => (ui) => moves.focusMoved(ui, 1));
    expect(after(round).focus).toBe("tenants");
    expect(new Set(round.map((_, index) => after(round.slice(0, index)).focus)).size).toBe(round.length);
  });

  it("lead from a pane without a place back into the layout", () => {
    const away = { ...fresh(), focus: "gpu" as const };
    expect(moves.focusMoved(away, 1)).toEqual({ focus: "tenants" });
    expect(moves.focusMoved(away, -1)).toEqual({ focus: "decisions" });
    const small = { ...away, size: { columns: 60, rows: 16 } };
    expect(moves.layoutShown(small, "latency")).toMatchObject({ focus: "latency" });
  });

  it("take back a zoom, then a filter, then the tags", () => {
    let ui: UiState = { ...fresh(), zoomed: true, filters: { tenants: "a" }, tagged: new Set([1]) };
    const left = (): unknown => [ui.zoomed, ui.filters.tenants, ui.tagged.size];
    const seen: unknown[] = [];
    for (let press = 0; press < 4; press++) {
      ui = { ...ui, ...moves.stepBack(ui) };
      seen.push(left());
    }
    expect(seen).toEqual([
      [false, "a", 1],
      [false, "", 1],
      [false, "", 0],
      [false, "", 0],
    ]);
  });

  it("sort by most, by least, and no more", () => {
    const by = (times: number): unknown =>
      after(Array.from({ length: times }, (): Move => (ui) => moves.sortedBy(ui, "p99"))).sort;
    expect([1, 2, 3].map(by)).toEqual([
      { column: "p99", descending: true },
      { column: "p99", descending: false },
      null,
    ]);
  });

  it("scrub by what the run took a second for, at its speed then", () => {
    const session = new FakeSession();
    void session.act({ kind: "setSpeed", factor: 4 });
    const seen = new History();
    for (let view = 0; view < 100; view++) {
      seen.push(session.view());
      session.advance(0.1);
    }
    const frozen = { ...fresh(), ...moves.freezeToggled(fresh(), seen) };
    const back = moves.scrubbedBy(frozen, seen, -1).moment!;
    expect(frozen.moment!.atNs - back.atNs).toBeCloseTo(4e9, -3);
  });
});
