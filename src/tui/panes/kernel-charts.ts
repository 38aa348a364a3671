/** Charts of kernels alone: the time of one by number of TPCs, and all of them under the GPU's roofs. */
import { type GpuSpec, tpcCount } from "../../core/spec.ts";
import type { ShownKernel } from "../../engine/session.ts";
import { digits3 } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import { theme } from "../theme.ts";
import { paintChart, type Rule, type Series } from "./chart.ts";
import { scaleAround } from "./scale.ts";

/** A label of an axis: no more digits than it needs. */
const short = (value: number): string =>
  value >= 1 && Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(2)));

/** How long the kernel takes on so many TPCs, and how few of them it needs. */
export function paintTimes(canvas: Canvas, kernel: ShownKernel, gpu: GpuSpec): void {
  const { curve, tpcsNeeded, name } = kernel;
  const us = curve.map(({ ns }) => ns / 1e3);
  const counts = curve.map(({ tpcs }) => tpcs);
  // As if every TPC more helped as much as the first.
  const ideal = curve.map(({ tpcs }) => (curve[0]!.ns * curve[0]!.tpcs) / tpcs / 1e3);
  paintChart(canvas, {
    x: { scale: { kind: "linear", from: 0, until: tpcCount(gpu) }, title: "TPCs", format: String },
    left: { scale: scaleAround("log", us), title: "us", format: short },
    series: [
      { name, mark: "●", style: theme.accent, xs: counts, ys: us, draw: "line" },
      { name: "if all TPCs helped", mark: "·", style: theme.off, xs: counts, ys: ideal, draw: "line" },
    ],
    rules: [{ axis: "x", at: tpcsNeeded, name: `needs ${tpcsNeeded}`, glyph: "┊", style: theme.warn }],
  });
}

const intensity = ({ flops, bytes }: ShownKernel): number => (bytes > 0 ? flops / bytes : Number.NaN);
const tFlops = ({ flops, aloneNs }: ShownKernel): number => flops / aloneNs / 1e3;

/** Points of the slanted roof. */
const ROOF_POINTS = 40;

/** FLOP a byte of distinct memory against the rate that was reached; memory bounds what lies under the slope. */
export function paintRoofline(
  canvas: Canvas,
  kernels: readonly ShownKernel[],
  chosen: number,
  gpu: GpuSpec,
): void {
  const fp32 = (gpu.flopsPerSmNs * gpu.sms) / 1e3;
  const tensor = gpu.tensorFlopsPerSmNs === undefined ? null : (gpu.tensorFlopsPerSmNs * gpu.sms) / 1e3;
  const peak = tensor ?? fp32;
  const x = scaleAround("log", kernels.map(intensity), [(peak * 1e3) / gpu.memory.achievedGBs]);
  const y = scaleAround("log", kernels.map(tFlops), [peak]);
  const across = Array.from(
    { length: ROOF_POINTS + 1 },
    (_, point) => x.from * (x.until / x.from) ** (point / ROOF_POINTS),
  );
  const points = (which: readonly ShownKernel[], look: Pick<Series, "name" | "mark" | "style">): Series => ({
    ...look,
    xs: which.map(intensity),
    ys: which.map(tFlops),
    draw: "points",
  });
  const roof: Rule[] =
    tensor === null
      ? []
      : [{ axis: "left", at: fp32, name: `FP32 ${digits3(fp32)}`, glyph: "╌", style: theme.off }];
  paintChart(canvas, {
    x: { scale: x, title: "FLOP/byte", format: short },
    left: { scale: y, title: "TFLOP/s", format: short },
    series: [
      points(kernels.slice(chosen, chosen + 1), { name: "this one", mark: "●", style: theme.warn }),
      points(kernels, { name: "kernels", mark: "○", style: theme.accent }),
      {
        name: `${digits3(gpu.memory.achievedGBs)} GB/s, ${digits3(peak)} TFLOP/s`,
        mark: "╌",
        style: theme.faint,
        xs: across,
        ys: across.map((flopsPerByte) => Math.min(peak, (flopsPerByte * gpu.memory.achievedGBs) / 1e3)),
        draw: "line",
      },
    ],
    rules: roof,
  });
}
