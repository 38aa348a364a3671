/** One row a tenant: how it is loaded, how well it is served, and what it holds. Sorted and filtered as the operator asks. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import { Identities } from "../identity.ts";
import type { UiState } from "../store.ts";
import { theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";
import { atCell, nameOf, paintOmitted, paintTable, sortRows, type TableRow } from "./table.ts";
import { type Past, TENANT_COLUMNS, type TenantRow } from "./tenant-columns.ts";
import { filterText, passes, tenantFacts } from "./tenant-row.ts";

/** Rows below the table from which the chosen tenant's further figures are shown. */
const LEAST_REST_ROWS = 4;
/** A click on a row's first columns, where its letter stands, tags it or takes its tag. */
const SIGN_COLUMNS = 2;
/** Of the run, a column of a sparkline. */
const SPARK_STEP_MS = 1000;

/** What a figure of the tenant was, step by step. An id is used again, so the name must be the same as well. */
function past(
  { history, atNs }: Scene,
  tenant: TenantSnapshot,
  what: string,
  of: (row: TenantSnapshot) => number,
): Past {
  const isIt = ({ id, name }: TenantSnapshot): boolean => id === tenant.id && name === tenant.name;
  const figure = ({ snapshot }: View): number => {
    const then = snapshot.tenants.find(isIt);
    return then === undefined ? Number.NaN : of(then);
  };
  return (steps) => history.series(figure, `${what} ${tenant.id} ${tenant.name}`, atNs, SPARK_STEP_MS, steps);
}

type Arranged = Pick<Scene, "view" | "ui" | "identities">;
type PastOf = (tenant: TenantSnapshot, what: string, of: (row: TenantSnapshot) => number) => Past;

/** The rows in the order in which they are shown. */
function rowsOf({ view, ui, identities }: Arranged, pastOf: PastOf): readonly TableRow<TenantRow>[] {
  const filter = ui.filters.tenants ?? "";
  const rows = tenantFacts(view)
    .filter(({ tenant }) => passes(filter, filterText(tenant)))
    .map((facts): TenantRow => {
      const { tenant } = facts;
      return {
        ...facts,
        identity: identities.of(tenant.id),
        chosen: tenant.id === ui.selected,
        tagged: ui.tagged.has(tenant.id),
        pastP99Ms: pastOf(tenant, "p99", ({ recentLatencyMs }) => recentLatencyMs.p99),
        pastSmShare: pastOf(tenant, "SM", ({ recentSmRan }) => recentSmRan),
      };
    });
  return sortRows(rows, TENANT_COLUMNS, ui.sort).map((row) => ({ row, chosen: row.chosen }));
}

const withoutPast: PastOf = () => () => new Float64Array();

/** Ids of the tenants from the first row to the last, which is how up and down go through them. */
export function shownTenants(view: View, ui: UiState): readonly number[] {
  const rows = rowsOf({ view, ui, identities: Identities.none }, withoutPast);
  return rows.map(({ row }) => row.tenant.id);
}

/** What is not as it stands in the run: "2 tagged · filter be: 2 of 6 · by nice". */
function arrangement({ view, ui }: Scene): string[] {
  const all = view.snapshot.tenants;
  const filter = ui.filters.tenants ?? "";
  const kept = all.filter((tenant) => passes(filter, filterText(tenant))).length;
  return [
    ...(ui.tagged.size > 0 ? [`● ${ui.tagged.size} tagged`] : []),
    ...(filter === "" ? [] : [`/${filter}: ${kept} of ${all.length}`]),
    ...(ui.sort === null ? [] : [`by ${ui.sort.column}`]),
  ];
}

function classesOf(tenants: readonly TenantSnapshot[]): string {
  const ls = tenants.filter((tenant) => tenant.class === "LS").length;
  return `${ls} LS, ${tenants.length - ls} BE`;
}

export const tenants: Pane = {
  title: "tenants",
  everyMs: 100,
  caption: (scene) => {
    const own = arrangement(scene);
    const classes = classesOf(scene.view.snapshot.tenants);
    const say = (...parts: readonly string[]): string => [...own, ...parts].join(" · ");
    return [say(classes, "last 10 s", "H2D, D2H in GB/s"), say(classes), say()].filter(Boolean);
  },
  paint(canvas, scene: Scene) {
    if (scene.view.snapshot.tenants.length === 0) {
      canvas.text(1, 1, "no tenants: press a to add one", theme.faint);
      return;
    }
    const rows = rowsOf(scene, (...what) => past(scene, ...what));
    paintTable(canvas, TENANT_COLUMNS, rows, scene.ui.sort);
    if (rows.length === 0) canvas.text(1, 1, `no tenant matches "${scene.ui.filters.tenants}"`, theme.faint);
    const chosen = rows.find((row) => row.chosen)?.row;
    const y = rows.length + 2;
    if (chosen === undefined || canvas.height - y < LEAST_REST_ROWS) return;
    const { letter, colour } = chosen.identity;
    const { name, model, load } = chosen.tenant;
    canvas.text(0, y, `${letter} ${name}: ${model}, ${load}`, { fg: colour, bold: true });
    const rest = { x: 0, y: y + 1, width: canvas.width, height: canvas.height - y - 1 };
    paintOmitted(canvas.part(rest), TENANT_COLUMNS, rows, chosen);
  },
  onClick(scene, spot) {
    const { column, row } = atCell(TENANT_COLUMNS, rowsOf(scene, withoutPast), spot);
    if (column?.rank !== undefined) return { kind: "sort", column: nameOf(column) };
    if (row === null) return null;
    return { kind: spot.x < SIGN_COLUMNS ? "tag" : "select", tenant: row.tenant.id };
  },
};
