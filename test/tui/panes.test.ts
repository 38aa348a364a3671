import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChannelSnapshot, Snapshot } from "../../src/core/snapshot.ts";
import type { View } from "../../src/engine/session.ts";
import { History } from "../../src/tui/history.ts";
import { fitBands, ownerRuns } from "../../src/tui/panes/channels.ts";
import { panes } from "../../src/tui/panes/index.ts";
import type { Scene } from "../../src/tui/panes/pane.ts";
import { fitGrid } from "../../src/tui/panes/sms.ts";
import { type Column, FIRST_EXTRA, placeColumns, scrollTo } from "../../src/tui/panes/table.ts";
import { Canvas } from "../../src/tui/screen/canvas.ts";
import { Screen } from "../../src/tui/screen/screen.ts";
import { createUiStore, type UiState } from "../../src/tui/store.ts";
import { HEALTH } from "./fake-health.ts";
import { FakeSession } from "./fake-session.ts";

type Health = NonNullable<Scene["view"]["health"]>;

type PaneName = keyof typeof panes;
const NAMES = Object.keys(panes) as PaneName[];

function sceneWith(view: View, ui: UiState): Scene {
  const history = new History();
  history.push(view);
  const { identities } = history.latest();
  return { view, ui, identities, history, atNs: view.snapshot.atNs };
}

function sceneOf(session: FakeSession, change: Partial<Snapshot> = {}): Scene {
  const view = session.view();
  const shown = { ...view, snapshot: { ...view.snapshot, ...change } };
  const ui = createUiStore({ columns: 80, rows: 24 }).getState();
  return sceneWith(shown, { ...ui, selected: 1 });
}

/** The rows of a pane painted alone. */
function painted(name: PaneName, width: number, height: number, scene: Scene): string[] {
  const screen = new Screen(width, height);
  panes[name].paint(new Canvas(screen, { x: 0, y: 0, width, height }), scene);
  return Array.from({ length: height }, (_, y) => screen.rowText(y));
}

describe.each(NAMES)("pane %s", (name) => {
  it("paints within its rectangle at any size, place and number of tenants", () => {
    const rect = fc.record({
      x: fc.integer({ min: 0, max: 40 }),
      y: fc.integer({ min: 0, max: 20 }),
      width: fc.integer({ min: 0, max: 130 }),
      height: fc.integer({ min: 0, max: 40 }),
    });
    fc.assert(
      fc.property(rect, fc.integer({ min: 0, max: 30 }), fc.boolean(), (place, tenants, streams) => {
        const session = new FakeSession();
        session.populate(tenants);
        if (streams) void session.act({ kind: "choosePolicy", policy: "streams" });
        const screen = new Screen(140, 50);
        const marked = new Canvas(screen, { x: 0, y: 0, width: 140, height: 50 });
        for (let y = 0; y < 50; y++) marked.text(0, y, "#".repeat(140));
        panes[name].paint(new Canvas(screen, place), sceneOf(session));
        for (let y = 0; y < 50; y++) {
          const row = screen.rowText(y);
          const isInside = y >= place.y && y < place.y + place.height;
          const outside = isInside ? row.slice(0, place.x) + row.slice(place.x + place.width) : row;
          expect(outside.replaceAll("#", "")).toBe("");
        }
      }),
      { numRuns: 60 },
    );
  });

  it("survives a run of which nothing is known yet", () => {
    const session = new FakeSession();
    const nothing = { tenants: [], channels: [], log: [], copies: { h2d: [], d2h: [] }, tpcs: 0, atNs: 0 };
    expect(() => painted(name, 80, 10, sceneOf(session, nothing))).not.toThrow();
    expect(() => panes[name].caption?.(sceneOf(session, nothing))).not.toThrow();
  });

  it("shows names with wide and control characters in their columns", () => {
    const session = new FakeSession();
    const { snapshot } = session.view();
    const tenants = snapshot.tenants.map((tenant) => ({
      ...tenant,
      name: "画像\x1b[2J認識システム",
      load: "\n\t",
    }));
    const rows = painted(name, 100, 12, sceneOf(session, { tenants }));
    expect(rows.join("")).not.toMatch(/\p{Cc}/u);
  });
});

describe("tenants", () => {
  it("keeps name, p99 and SLO at 60 columns, and shows where the latency went at 260", () => {
    const narrow = painted("tenants", 58, 7, sceneOf(new FakeSession()));
    expect(narrow[0]).toMatch(/tenant.*p99 ms.*SLO %.*SM %.*nice/);
    expect(narrow[3]).toContain("lane-keeping");
    expect(painted("tenants", 256, 7, sceneOf(new FakeSession()))[0]).toContain("░queue▒▓copy▚SM▞shared█run");
  });

  it("tells of rows that are not shown", () => {
    const session = new FakeSession();
    session.populate(12);
    expect(painted("tenants", 78, 6, sceneOf(session))[0]).toMatch(/^↓/);
  });

  it("shows what a tenant got of the SMs, and hatches what it held besides", () => {
    const session = new FakeSession();
    const [tenant] = session.view().snapshot.tenants;
    const tenants = [{ ...tenant!, recentSmRan: 0.25, recentSmShare: 0.75 }];
    const [, row] = painted("tenants", 240, 7, sceneOf(session, { tenants }));
    expect(row).toMatch(/ 25\.0 .*██▎░░░░ /);
  });
});

describe("header", () => {
  const withHealth = (health: Partial<Health>): Scene => {
    const scene = sceneOf(new FakeSession());
    return { ...scene, view: { ...scene.view, health: { ...HEALTH, ...health } } };
  };
  const healthRow = (width: number, health: Partial<Health>): string =>
    painted("header", width, 2, withHealth(health))[1]!;

  it("has no rate for a class without a tenant", () => {
    const session = new FakeSession();
    const tenants = session.view().snapshot.tenants.filter((tenant) => tenant.class === "BE");
    const [, sums] = painted("header", 200, 2, sceneOf(session, { tenants }));
    expect(sums).toMatch(/LS within SLO\/s +– +BE requests\/s +\d/);
  });

  it("says on its last row how a real GPU fares", () => {
    expect(healthRow(200, {})).toMatch(
      /decisions p50 2\.40 us +p99 7\.80 +p99\.9 31\.0 +pool 256 MiB, BE 4 of 12 partitions .*SM partitions 24 .*1980 MHz +77 W +30 °C/,
    );
    const rows = painted("header", 120, 3, withHealth({}));
    expect(rows[1]).toContain("LS within SLO/s");
    expect(rows[2]).toContain("decisions p50");
  });

  it.each([80, 200])("says in %i columns why memory is not coloured", (width) => {
    const memory = { ...HEALTH.memory, uncolouredWhy: "a test takes as long everywhere" };
    const row = healthRow(width, { memory });
    expect(row).toContain("memory is not coloured: a test");
    expect(row).toContain("p50 2.40 us");
    expect(row).not.toContain("pool");
  });

  it("names the tenant that finds no coloured memory", () => {
    const memory = { ...HEALTH.memory, shortage: { tenant: 4, why: "needs 5 MiB of BE's channels" } };
    expect(healthRow(120, { memory })).toContain("bert-be needs 5 MiB of BE's channels");
  });

  it("says that the GPU has failed though there is a row for its health", () => {
    const scene = withHealth({});
    const failure = { code: "cuLaunchKernel: CUDA_ERROR", tenant: null };
    const failed = { ...scene, view: { ...scene.view, snapshot: { ...scene.view.snapshot, failure } } };
    const rows = painted("header", 80, 2, failed);
    expect(rows[0]).toContain("the GPU failed");
    expect(rows[1]).toContain("decisions p50");
  });
});

describe("sms", () => {
  const HELD = [0b111, 0, 0] as [number, number, number];
  const NONE = [0, 0, 0] as [number, number, number];

  /** A scene of 5 TPCs: the first three are the first tenant's, and each tenant ran as said. */
  function ranScene(...ran: readonly (readonly number[])[]): Scene {
    const session = new FakeSession();
    // Two of LS and two of BE: A, B, e, f.
    const tenants = [0, 1, 4, 5].map((at, index) => ({
      ...session.view().snapshot.tenants[at]!,
      tpcs: index === 0 ? HELD : NONE,
      tpcRan: ran[index] ?? [],
    }));
    return sceneOf(session, { tenants, tpcs: 5 });
  }

  it("writes who ran on a TPC, hatches what is held but idle, and dots what is free", () => {
    expect(painted("sms", 20, 1, ranScene([0.7, 0, 0.01, 0.5]))[0]?.trim()).toBe("0 A  A░ A  A  ·");
  });

  it("gives a TPC to whoever ran there longest, and shares it among those who ran nearly as long", () => {
    const scene = ranScene([0.3, 0.1, 0.1], [0.4, 0.6, 0.5]);
    expect(painted("sms", 20, 1, scene)[0]?.trim()).toBe("0 AB B  B  ·  ·");
    expect(painted("sms", 9, 1, scene)[0]?.trim()).toBe("0 BBB··");
  });

  it("says that there are more than a tile has room for", () => {
    const all = ranScene([0.4], [0.3], [0.2], [0.2]);
    expect(painted("sms", 20, 1, all)[0]?.trim()).toMatch(/^0 A\+ A░/);
    expect(painted("sms", 24, 1, all)[0]?.trim()).toMatch(/^0 AB\+ /);
  });

  it("says in its caption what each class filled and held", () => {
    expect(panes.sms.caption?.(ranScene([1, 0.5], [], [0, 0, 0, 1]))[1]).toBe(
      "ran LS 30.0 BE 20.0 % · held 3 + 0 of 5 TPCs",
    );
  });

  it("finds the largest tiles, and of those the fullest grid", () => {
    expect(fitGrid(66, 62, 26)).toEqual({ columns: 11, tileWidth: 5, tileHeight: 4 });
    expect(fitGrid(66, 35, 4)).toEqual({ columns: 17, tileWidth: 2, tileHeight: 1 });
    expect(fitGrid(66, 5, 4)).toBeNull();
  });

  it("fits every grid into its rectangle", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 96 }), fc.nat(150), fc.nat(50), (tiles, width, height) => {
        const grid = fitGrid(tiles, width, height);
        if (grid === null) return;
        expect(grid.columns * grid.tileWidth).toBeLessThanOrEqual(width);
        expect(Math.ceil(tiles / grid.columns) * grid.tileHeight).toBeLessThanOrEqual(height);
      }),
    );
  });
});

describe("channels", () => {
  it("fit every band into the rectangle", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 96 }), fc.nat(150), fc.nat(50), (count, width, height) => {
        const bands = fitBands(count, width, height);
        if (bands === null) return;
        expect(bands.perBand * bands.columnWidth).toBeLessThanOrEqual(width);
        expect(Math.ceil(count / bands.perBand) * bands.bandRows).toBeLessThanOrEqual(height);
      }),
    );
  });

  it("are named in runs by owner", () => {
    const channel = (owner: ChannelSnapshot["owner"]): ChannelSnapshot => ({
      owner,
      gBs: 0,
      share: 0,
      gBsByClass: { LS: 0, BE: 0 },
      topTenant: -1,
    });
    const owners = [channel("LS"), channel("LS"), channel("BE"), channel("LS")];
    expect(ownerRuns(owners)).toBe("LS 0-1 BE 2 LS 3");
    expect(ownerRuns([])).toBe("");
  });
});

describe("table", () => {
  interface Row {
    readonly text: string;
  }
  const column = (title: string, width: number, priority: number, widest = width): Column<Row> => ({
    title,
    align: "left",
    width,
    widest,
    priority,
    text: (row) => row.text,
  });
  const titles = (width: number, rows: readonly Row[] = []): string[] => {
    const columns = [
      column("name", 4, 0, 12),
      column("b", 4, 2),
      column("a", 4, 1),
      column("extra", 4, FIRST_EXTRA),
    ];
    return placeColumns(columns, rows, width).map(
      (placed) => `${placed.column.title}:${placed.x}+${placed.width}`,
    );
  };

  it("lets columns leave by priority and keeps their order", () => {
    expect(titles(4)).toEqual(["name:0+4"]);
    expect(titles(9)).toEqual(["name:0+4", "a:5+4"]);
    expect(titles(14)).toEqual(["name:0+4", "b:5+4", "a:10+4"]);
    expect(titles(19)).toEqual(["name:0+4", "b:5+4", "a:10+4", "extra:15+4"]);
  });

  it("shows names whole before it shows more columns", () => {
    expect(titles(19, [{ text: "123456789" }])).toEqual(["name:0+9", "b:10+4", "a:15+4"]);
  });

  it("never lets columns overlap or leave the table", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 60 }), fc.string({ maxLength: 20 }), (width, text) => {
        const columns = [
          column("name", 4, 0, 12),
          column("b", 6, 2),
          column("a", 3, 1, 9),
          column("x", 4, FIRST_EXTRA),
        ];
        const placed = placeColumns(columns, [{ text }], width);
        let end = -1;
        for (const { x, width: columnWidth } of placed) {
          expect(x).toBeGreaterThan(end);
          end = x + columnWidth;
        }
        expect(end).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("scrolls so that the chosen row shows", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.nat(49),
        fc.integer({ min: 1, max: 20 }),
        (total, at, room) => {
          const chosen = at % total;
          const first = scrollTo(chosen, total, room);
          expect(first).toBeGreaterThanOrEqual(0);
          expect(chosen).toBeGreaterThanOrEqual(first);
          expect(chosen).toBeLessThan(first + room);
        },
      ),
    );
  });
});
