/** The latencies of the chosen tenant: how they are spread and went on, where its p99 goes, and who delayed its slowest requests. */
import type { SlowRequest, TenantDetail, TenantSnapshot } from "../../core/snapshot.ts";
import { ms, percent } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Rect } from "../screen/screen.ts";
import { theme } from "../theme.ts";
import { paintHistogram, paintLatencyOverTime, paintTail } from "./latency-charts.ts";
import type { Pane, Scene } from "./pane.ts";
import { LARGE_ROWS, paintSlowList, paintSlowRequest } from "./slow-requests.ts";
import { scrollTo } from "./table.ts";

const chosenTenant = ({ view, ui }: Scene): TenantSnapshot | undefined =>
  view.snapshot.tenants.find(({ id }) => id === ui.selected);

/** null until the views carry the chosen tenant's. */
const detailOf = ({ view, ui }: Scene): TenantDetail | null =>
  view.detail !== null && view.detail.tenant === ui.selected ? view.detail : null;

/** Places for what fits: an empty rectangle is not shown. */
interface Places {
  readonly histogram: Rect;
  readonly overTime: Rect;
  readonly tail: Rect;
  readonly list: Rect;
  readonly large: Rect;
}

const NOWHERE: Rect = { x: 0, y: 0, width: 0, height: 0 };

/** From so many columns on, requests stand beside the charts. */
const BESIDE_COLUMNS = 130;
const GAP = 2;
/** Charts side by side need so many columns. */
const TWO_CHARTS = 64;
const MOST_LISTED = 10;
/** Charts and list are given rows from so many on; below them the tail and some requests are all there is. */
const CHART_ROWS_FROM = 9;
const LEAST_CHART = 4;

/** Charts on the left, the tail's history below them, requests on the right. */
function beside(width: number, height: number): Places {
  const left = Math.floor(width * 0.44);
  const x = left + GAP;
  const chart = Math.max(LEAST_CHART, Math.floor(height * 0.34));
  const listed = Math.min(MOST_LISTED, Math.max(3, height - LARGE_ROWS - 1));
  const large = height - listed - 1;
  return {
    histogram: { x: 0, y: 0, width: left, height: chart - 1 },
    overTime: { x: 0, y: chart, width: left, height: chart - 1 },
    tail: { x: 0, y: 2 * chart, width: left, height: height - 2 * chart },
    list: { x, y: 0, width: width - x, height: listed },
    large: large >= LARGE_ROWS ? { x, y: listed + 1, width: width - x, height: large } : NOWHERE,
  };
}

/** One below the other. */
function stacked(width: number, height: number): Places {
  const hasCharts = height >= CHART_ROWS_FROM;
  const chart = hasCharts ? Math.max(LEAST_CHART, Math.floor(height * 0.3)) : 0;
  const tail = height < 5 ? 0 : height >= 26 ? 6 : 2;
  const rest = height - chart - tail;
  const large = rest >= LARGE_ROWS + 4 ? Math.max(LARGE_ROWS, rest - MOST_LISTED) : 0;
  const both = width >= TWO_CHARTS;
  const left = both ? Math.floor((width - GAP) / 2) : width;
  return {
    histogram: both ? { x: 0, y: 0, width: left, height: chart } : NOWHERE,
    overTime: { x: both ? left + GAP : 0, y: 0, width: both ? width - left - GAP : width, height: chart },
    tail: { x: 0, y: chart, width, height: tail },
    list: { x: 0, y: chart + tail, width, height: rest - large },
    large: { x: 0, y: height - large, width, height: large },
  };
}

const placesIn = ({ width, height }: Pick<Rect, "width" | "height">): Places =>
  width >= BESIDE_COLUMNS && height >= 3 * LEAST_CHART ? beside(width, height) : stacked(width, height);

/** The request that is marked: the first until another is chosen. */
const chosenIndex = ({ ui }: Scene, slowest: readonly SlowRequest[]): number =>
  Math.max(0, Math.min(slowest.length - 1, ui.scroll.latency ?? 0));

function paintRequests(canvas: Canvas, places: Places, scene: Scene, detail: TenantDetail | null): void {
  const list = canvas.part(places.list);
  const slowest = detail?.slowest ?? [];
  const chosen = chosenIndex(scene, slowest);
  const request = slowest[chosen];
  if (request === undefined) {
    list.text(0, 0, detail === null ? "looking at its requests" : "no request has ended lately", theme.faint);
    return;
  }
  paintSlowList(list, slowest, chosen, scene.identities);
  if (places.large.height > 0) paintSlowRequest(canvas.part(places.large), request, scene.identities);
}

export const latency: Pane = {
  title: "latency",
  caption: (scene) => {
    const tenant = chosenTenant(scene);
    if (tenant === undefined) return [];
    const { name, sloMs, sloAttainment, recentLatencyMs, aloneMs } = tenant;
    const figures = `p50 ${ms(recentLatencyMs.p50)} p99 ${ms(recentLatencyMs.p99)}`;
    const slo = sloMs === null ? "no SLO" : `SLO ${ms(sloMs)}`;
    const met = sloAttainment === null ? "" : `, ${percent(sloAttainment)} % within`;
    return [
      `${name}: ${figures} ms · alone ${ms(aloneMs)} · ${slo}${met}`,
      `${name}: ${figures} · ${slo}`,
      `${name}: ${figures}`,
      name,
    ];
  },
  scrollable: (scene) => detailOf(scene)?.slowest.length,
  onClick: (scene, spot) => {
    const { list } = placesIn(spot);
    const slowest = detailOf(scene)?.slowest ?? [];
    const row = spot.y - list.y;
    if (spot.x < list.x || spot.x >= list.x + list.width || row < 0 || row >= list.height) return null;
    const to = scrollTo(chosenIndex(scene, slowest), slowest.length, list.height) + row;
    return to < slowest.length ? { kind: "scroll", pane: "latency", to } : null;
  },
  paint(canvas, scene) {
    const tenant = chosenTenant(scene);
    if (tenant === undefined) {
      canvas.text(0, 0, "choose a tenant", theme.faint);
      return;
    }
    const detail = detailOf(scene);
    const places = placesIn(canvas);
    if (detail !== null && places.histogram.height > 0) {
      paintHistogram(canvas.part(places.histogram), detail, tenant);
    }
    if (places.overTime.height > 0) paintLatencyOverTime(canvas.part(places.overTime), scene, tenant);
    if (places.tail.height > 0) paintTail(canvas.part(places.tail), scene, tenant);
    paintRequests(canvas, places, scene, detail);
  },
};
