/** The kernels of the chosen tenant alone: what each takes by number of TPCs, and how near it comes to what the GPU can do. */
import type { ShownKernel, TenantKernels } from "../../engine/session.ts";
import { digits3, ms } from "../format.ts";
import type { Rect } from "../screen/screen.ts";
import type { UiState } from "../store.ts";
import { theme } from "../theme.ts";
import { paintRoofline, paintTimes } from "./kernel-charts.ts";
import type { Pane, Scene } from "./pane.ts";
import { atCell, type Column, paintTable, type TableRow } from "./table.ts";

export const showsKernels = ({ focus }: UiState): boolean => focus === "kernels";

/** null until they have come. */
const kernelsOf = ({ ui }: Scene): TenantKernels | null =>
  ui.kernels !== null && ui.kernels.tenant === ui.selected ? ui.kernels : null;

const columns: readonly Column<ShownKernel>[] = [
  // A space before it, for the arrow that says that there is more.
  { title: " kernel", align: "left", width: 13, widest: 41, priority: 0, text: ({ name }) => ` ${name}` },
  { title: "us", align: "right", width: 5, priority: 0, text: ({ aloneNs }) => digits3(aloneNs / 1e3) },
  { title: "TPCs", align: "right", width: 4, priority: 1, text: ({ tpcsNeeded }) => String(tpcsNeeded) },
  {
    title: "GB/s",
    align: "right",
    width: 5,
    priority: 3,
    text: ({ bytes, aloneNs }) => digits3(bytes / aloneNs),
  },
  {
    title: "TFLOP/s",
    align: "right",
    width: 7,
    priority: 2,
    text: ({ flops, aloneNs }) => digits3(flops / aloneNs / 1e3),
  },
  { title: "bound", align: "left", width: 7, priority: 4, text: ({ bound }) => bound },
];

/** Places for what fits: an empty rectangle is not shown. */
interface Places {
  readonly list: Rect;
  readonly times: Rect;
  readonly roofline: Rect;
}

/** From so many columns on, charts stand beside the list; else above it. */
const BESIDE_COLUMNS = 110;
/** Two charts side by side need so many columns. */
const TWO_CHARTS = 64;
const GAP = 2;
const CHART_SHARE = 0.5;
const LEAST_CHART = 7;

function placesIn({ width, height }: Pick<Rect, "width" | "height">): Places {
  if (width >= BESIDE_COLUMNS) {
    const left = Math.floor(width * 0.42);
    const x = left + GAP;
    const upper = Math.floor(height / 2);
    return {
      list: { x: 0, y: 0, width: left, height },
      times: { x, y: 0, width: width - x, height: upper },
      roofline: { x, y: upper, width: width - x, height: height - upper },
    };
  }
  const chart = Math.floor(height * CHART_SHARE) >= LEAST_CHART ? Math.floor(height * CHART_SHARE) : 0;
  const half = width >= TWO_CHARTS ? Math.floor((width - GAP) / 2) : width;
  const x = half + GAP;
  return {
    times: { x: 0, y: 0, width: half, height: chart },
    roofline: { x, y: 0, width: Math.max(0, width - x), height: width >= TWO_CHARTS ? chart : 0 },
    list: { x: 0, y: chart, width, height: height - chart },
  };
}

/** The kernel that is marked: the first until another is chosen. */
const chosenIndex = ({ ui }: Scene, { kernels }: TenantKernels): number =>
  Math.max(0, Math.min(kernels.length - 1, ui.scroll.kernels ?? 0));

const rowsOf = (scene: Scene, known: TenantKernels): TableRow<ShownKernel>[] => {
  const chosen = chosenIndex(scene, known);
  return known.kernels.map((row, index) => ({ row, chosen: index === chosen }));
};

const name = ({ view, ui }: Scene): string =>
  view.snapshot.tenants.find(({ id }) => id === ui.selected)?.name ?? "";

export const kernels: Pane = {
  title: "kernels",
  caption: (scene) => {
    const known = kernelsOf(scene);
    if (known === null) return [name(scene)];
    const aloneMs = known.kernels.reduce((sum, { aloneNs }) => sum + aloneNs, 0) / 1e6;
    const how = known.isMeasured ? "measured" : "modelled";
    const what = `${known.model}, batch ${known.batch}`;
    return [
      `${name(scene)}: ${what} · ${known.kernels.length} kernels, ${ms(aloneMs)} ms alone, ${how}`,
      `${name(scene)}: ${known.kernels.length} kernels, ${how}`,
      name(scene),
    ];
  },
  scrollable: (scene) => kernelsOf(scene)?.kernels.length,
  onClick: (scene, spot) => {
    const known = kernelsOf(scene);
    if (known === null) return null;
    const { list } = placesIn(spot);
    const [x, y] = [spot.x - list.x, spot.y - list.y];
    if (x >= list.width || y < 0) return null;
    const cell = { x, y, width: list.width, height: list.height };
    const { row } = atCell(columns, rowsOf(scene, known), cell);
    return row === null ? null : { kind: "scroll", pane: "kernels", to: known.kernels.indexOf(row) };
  },
  paint(canvas, scene) {
    const known = kernelsOf(scene);
    if (known === null) {
      const text =
        scene.ui.selected === null ? "choose a tenant to see its kernels" : "looking at its kernels";
      canvas.text(0, 0, text, theme.faint);
      return;
    }
    const chosen = chosenIndex(scene, known);
    const places = placesIn(canvas);
    const { gpu } = scene.view;
    paintTable(canvas.part(places.list), columns, rowsOf(scene, known));
    if (places.times.height > 0) paintTimes(canvas.part(places.times), known.kernels[chosen]!, gpu);
    if (places.roofline.height > 0) paintRoofline(canvas.part(places.roofline), known.kernels, chosen, gpu);
  },
};
