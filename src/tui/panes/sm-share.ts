/** What each class filled of the SMs over time, between LS's floor and ceiling. */
import type { Snapshot, TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import type { Canvas } from "../screen/canvas.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import type { Rule } from "./chart.ts";
import type { Scene } from "./pane.ts";
import { type PastLine, paintPast } from "./past-chart.ts";

const ofClass = ({ tenants }: Snapshot, wanted: TenantClass): TenantSnapshot[] =>
  tenants.filter((tenant) => tenant.class === wanted);

/** Percent of the GPU that the class filled since the view before. */
function ranPercent(snapshot: Snapshot, wanted: TenantClass): number {
  let filled = 0;
  for (const { tpcRan } of ofClass(snapshot, wanted)) for (const share of tpcRan) filled += share;
  return Math.min(100, (100 * filled) / snapshot.tpcs);
}

/** What LS tenants are promised together, and what they may hold together, in percent of the SMs. */
export function lsBounds(snapshot: Snapshot): { readonly floor: number; readonly ceiling: number } {
  const sum = (of: (tenant: TenantSnapshot) => number): number =>
    Math.min(
      100,
      ofClass(snapshot, "LS").reduce((total, tenant) => total + of(tenant), 0),
    );
  return { floor: sum((tenant) => tenant.smRequestPercent), ceiling: sum((tenant) => tenant.smLimitPercent) };
}

/** A floor of nothing and a ceiling of everything are the edges of the chart: no rules. */
function rulesOf(snapshot: Snapshot): Rule[] {
  const { floor, ceiling } = lsBounds(snapshot);
  const rule = (at: number, name: string, glyph: string): Rule => ({
    axis: "left",
    at,
    name: `${name} ${Math.round(at)} %`,
    glyph,
    style: theme.warn,
  });
  return [
    ...(floor > 0 ? [rule(floor, "LS floor", "╌")] : []),
    ...(ceiling < 100 ? [rule(ceiling, "ceiling", "┄")] : []),
  ];
}

const line = (name: TenantClass, mark: string): PastLine => ({
  name,
  mark,
  style: CLASS_STYLE[name],
  key: `ran ${name}`,
  percentOf: ({ snapshot }) => ranPercent(snapshot, name),
});

const LINES = [line("LS", "●"), line("BE", "○")];

export const paintSmShare = (canvas: Canvas, scene: Scene): void =>
  paintPast(canvas, scene, "SM %", LINES, rulesOf(scene.view.snapshot));
