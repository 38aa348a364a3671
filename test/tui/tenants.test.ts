import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { panes } from "../../src/tui/panes/index.ts";
import { nameOf, sortRows } from "../../src/tui/panes/table.ts";
import { TENANT_COLUMNS } from "../../src/tui/panes/tenant-columns.ts";
import { budgetLeft, passes } from "../../src/tui/panes/tenant-row.ts";
import { shownTenants } from "../../src/tui/panes/tenants.ts";
import { FakeSession } from "./fake-session.ts";
import { clicked, paintedRows, sceneAfter, uiWith } from "./pane-scene.ts";

const WIDE = { width: 196, height: 9 };

const names = (rows: readonly string[]): string[] => rows.slice(1).map((row) => row.slice(3).split(" ")[0]!);

describe("the tenants' table", () => {
  it("is sorted by the column whose head is clicked, and says by which", () => {
    const session = new FakeSession();
    const plain = sceneAfter(session);
    expect(clicked("tenants", WIDE, plain, "p99 ms")).toEqual({ kind: "sort", column: "p99 ms" });
    const sorted = sceneAfter(session, { ui: { sort: { column: "p99 ms", descending: true } } });
    const rows = paintedRows("tenants", WIDE.width, WIDE.height, sorted);
    expect(rows[0]).toContain("▼p99 ms");
    expect(names(rows).filter(Boolean)).toEqual([
      "resnet-be",
      "bert-be",
      "speech",
      "camera",
      "lidar",
      "lane-keeping",
    ]);
    expect(panes.tenants.caption?.(sorted)[0]).toMatch(/^by p99 ms · 4 LS, 2 BE/);
    expect(shownTenants(sorted.view, sorted.ui)).toEqual([5, 4, 3, 0, 1, 2]);
  });

  it("shows those that have all words of the filter, and none of the others", () => {
    const scene = sceneAfter(new FakeSession(), { ui: { filters: { tenants: "be -152" } } });
    const rows = paintedRows("tenants", WIDE.width, WIDE.height, scene);
    expect(names(rows).filter(Boolean)).toEqual(["speech", "bert-be"]);
    expect(panes.tenants.caption?.(scene)[0]).toMatch("/be -152: 2 of 6");
    expect(passes("Poisson CAM", "camera poisson 20/s")).toBe(true);
    expect(passes("-", "a-b")).toBe(true);
    const none = sceneAfter(new FakeSession(), { ui: { filters: { tenants: "nobody" } } });
    expect(paintedRows("tenants", 78, 5, none)[1]).toContain('no tenant matches "nobody"');
  });

  it("writes names whole before it cares for figures, and takes no more room than they need", () => {
    const scene = sceneAfter(new FakeSession());
    const named = (name: string): string[] => {
      const { snapshot } = scene.view;
      const tenants = snapshot.tenants.map((tenant) => ({ ...tenant, name }));
      return paintedRows("tenants", 58, 7, {
        ...scene,
        view: { ...scene.view, snapshot: { ...snapshot, tenants } },
      });
    };
    expect(named("front-detector")[1]).toContain("A front-detector LS ");
    expect(named("a")[1]).toMatch(/A a {8}LS +\d/);
  });

  it("marks what is tagged and what is chosen, also where both are", () => {
    const scene = sceneAfter(new FakeSession(), { ui: { tagged: new Set([1, 2]) } });
    const signs = paintedRows("tenants", 78, 7, scene).map((row) => row.slice(0, 2));
    expect(signs.slice(1, 5)).toEqual([" A", "◆B", "●C", " D"]);
    expect(panes.tenants.caption?.(scene)[0]).toMatch(/^● 2 tagged · /);
  });

  it("chooses the tenant whose row is clicked", () => {
    expect(clicked("tenants", WIDE, sceneAfter(new FakeSession()), "speech")).toEqual({
      kind: "select",
      tenant: 3,
    });
    const scene = sceneAfter(new FakeSession());
    expect(panes.tenants.onClick?.(scene, { x: 5, y: 8, ...WIDE })).toBeNull();
    expect(panes.tenants.onClick?.(scene, { x: 1, y: 2, ...WIDE })).toEqual({ kind: "tag", tenant: 1 });
  });

  it("draws what was: a column a second, and nothing before the run was seen", () => {
    const scene = sceneAfter(new FakeSession(), { seconds: 4 });
    const [head, row] = paintedRows("tenants", WIDE.width, WIDE.height, scene);
    const at = head!.indexOf("SM then");
    expect(row!.slice(at, at + 9).trim()).toMatch(/^[▁-█]{5}$/);
  });

  it("has the chosen one's further figures below it where there are rows for them", () => {
    const scene = sceneAfter(new FakeSession(), { seconds: 4 });
    const rows = paintedRows("tenants", 78, 20, scene);
    expect(rows[8]).toMatch(/^B lidar: mobilenetv3-large, trace apollo-like +$/);
    const rest = rows.slice(9).join("\n");
    expect(rest).toMatch(/×alone +\d\.\d\d/);
    expect(rest).toMatch(/SM then +[▁-█]{4}/);
    expect(rest).not.toMatch(/p99 ms|nice/);
    expect(paintedRows("tenants", 78, 11, scene).slice(7).join("").trim()).toBe("");
  });

  it("tells of the error budget: whole, spent, overspent", () => {
    const [tenant] = new FakeSession().view().snapshot.tenants;
    const left = (sloAttainment: number | null) => budgetLeft({ ...tenant!, sloAttainment });
    expect(left(1)).toBe(1);
    expect(left(0.99)).toBeCloseTo(0);
    expect(left(0.97)).toBeCloseTo(-2);
    expect(left(null)).toBeNaN();
  });
});

describe("sorting", () => {
  it("keeps every row, puts the unknown last, and turns round what is known", () => {
    const row = fc.record({ at: fc.oneof(fc.integer(), fc.constant(Number.NaN)) });
    const column = {
      title: "at",
      align: "left" as const,
      width: 3,
      priority: 0,
      text: () => "",
      rank: rankOf,
    };
    function rankOf({ at }: { readonly at: number }): number {
      return at;
    }
    fc.assert(
      fc.property(fc.array(row), fc.boolean(), (rows, descending) => {
        const sorted = sortRows(rows, [column], { column: "at", descending });
        expect(new Set(sorted)).toEqual(new Set(rows));
        const known = sorted.filter(({ at }) => !Number.isNaN(at));
        expect(sorted.slice(0, known.length)).toEqual(known);
        for (const [index, { at }] of known.entries()) {
          const next = known[index + 1]?.at ?? at;
          expect(descending ? at >= next : at <= next).toBe(true);
        }
      }),
    );
  });

  it("knows each column by a name of its own", () => {
    const sortable = TENANT_COLUMNS.filter((column) => column.rank !== undefined).map(nameOf);
    expect(new Set(sortable).size).toBe(sortable.length);
    expect(sortable).not.toContain("");
    for (const column of sortable) {
      const ui = uiWith({ sort: { column, descending: false } });
      expect(shownTenants(new FakeSession().view(), ui)).toHaveLength(6);
    }
  });
});
