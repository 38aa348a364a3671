/** The GPU: what it does now, what runs on it, and what it is. Facts flow into as many columns as there is room for. */
import type { CopyQueueSnapshot } from "../../core/snapshot.ts";
import { type GpuSpec, tpcCount } from "../../core/spec.ts";
import type { View } from "../../engine/session.ts";
import { bytesLong, count, digits3, grouped, percent, speed } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import { truncate } from "../screen/width.ts";
import { theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";
import { type PastLine, paintPast } from "./past-chart.ts";
import { paintSpark } from "./stack.ts";

interface Fact {
  readonly label: string;
  readonly value: string;
  /** 0..1: shown over time as well. */
  readonly share?: (view: View) => number;
}

interface Section {
  readonly title: string;
  readonly facts: readonly Fact[];
}

const sum = (queues: readonly CopyQueueSnapshot[]): number =>
  queues.reduce((total, { gBs }) => total + gBs, 0);

const ranShare = ({ snapshot: { tenants, tpcs } }: View): number =>
  Math.min(1, tenants.reduce((total, { tpcRan }) => total + tpcRan.reduce((a, b) => a + b, 0), 0) / tpcs);

const vramGBs = ({ snapshot }: View): number =>
  snapshot.channels.reduce((total, channel) => total + channel.gBs, 0);

const usedBytes = ({ snapshot }: View): number =>
  snapshot.tenants.reduce((total, { vramUsedKiB }) => total + vramUsedKiB * 1024, 0);

function nowFacts(view: View): Fact[] {
  const { gpu, snapshot } = view;
  const { memory, pcie, vramBytes } = gpu;
  const { h2d, d2h } = snapshot.copies;
  const held = snapshot.smShare;
  const rate = (label: string, of: (then: View) => number, mostGBs: number): Fact => ({
    label,
    value: `${digits3(of(view))} of ${digits3(mostGBs)} GB/s`,
    share: (then) => of(then) / mostGBs,
  });
  return [
    { label: "SMs ran", value: `${percent(ranShare(view))} %`, share: ranShare },
    { label: "SMs held", value: `LS ${percent(held.LS)}, BE ${percent(held.BE)} %` },
    rate("VRAM", vramGBs, memory.achievedGBs),
    rate("PCIe in", (then) => sum(then.snapshot.copies.h2d), pcie.h2dGBs),
    rate("PCIe out", (then) => sum(then.snapshot.copies.d2h), pcie.d2hGBs),
    {
      label: "VRAM used",
      value: `${bytesLong(usedBytes(view))} of ${bytesLong(vramBytes)}`,
      share: (then) => usedBytes(then) / vramBytes,
    },
    { label: "copies wait", value: bytesLong([...h2d, ...d2h].reduce((all, q) => all + q.backlogBytes, 0)) },
  ];
}

function chipFacts({ health, backend }: View): Fact[] {
  if (backend === "sim") return [{ label: "chip", value: "simulated, no sensors" }];
  const telemetry = health?.telemetry ?? null;
  if (telemetry === null) return [{ label: "chip", value: "sensors not read" }];
  return [
    { label: "SM clock", value: `${telemetry.smMhz} MHz` },
    { label: "power", value: `${Math.round(telemetry.milliwatts / 1e3)} W` },
    { label: "temperature", value: `${telemetry.celsius} °C` },
    {
      label: "VRAM in use",
      value: `${bytesLong(telemetry.memoryUsedBytes)} of ${bytesLong(telemetry.memoryBytes)}`,
    },
  ];
}

function runFacts({ backend, mix, snapshot, pace }: View): Fact[] {
  const { tenants, policy, cfsPeriodPackets, beChannelShare, events, decisions } = snapshot;
  const ls = tenants.filter((tenant) => tenant.class === "LS").length;
  return [
    { label: "mix", value: mix },
    { label: "tenants", value: `${ls} LS, ${tenants.length - ls} BE` },
    { label: "policy", value: policy },
    { label: "cfsPeriod", value: `${grouped(cfsPeriodPackets)} packets` },
    { label: "BE channels", value: `${percent(beChannelShare)} %` },
    { label: "backend", value: backend },
    ...(backend === "sim" ? [{ label: "speed", value: speed(pace.speed) }] : []),
    { label: "events", value: count(events) },
    { label: "decisions", value: count(decisions) },
  ];
}

function specFacts(gpu: GpuSpec): Fact[] {
  const { memory, pcie } = gpu;
  const partitions = Math.ceil(gpu.channels / gpu.channelsPerPartition);
  return [
    { label: "name", value: gpu.name },
    { label: "SMs", value: `${gpu.sms} in ${tpcCount(gpu)} TPCs` },
    { label: "FP32", value: `${digits3((gpu.flopsPerSmNs * gpu.sms) / 1e3)} TFLOP/s` },
    { label: "capability", value: gpu.capability },
    { label: "VRAM", value: bytesLong(gpu.vramBytes) },
    { label: "bandwidth", value: `${grouped(memory.achievedGBs)} GB/s` },
    { label: "channels", value: `${gpu.channels} in ${partitions} partitions` },
    { label: "granule", value: bytesLong(gpu.granuleBytes) },
    { label: "L2", value: `${bytesLong(gpu.l2Bytes)}, ${grouped(memory.l2GBs)} GB/s` },
    { label: "PCIe", value: `${digits3(pcie.h2dGBs)} in, ${digits3(pcie.d2hGBs)} out GB/s` },
    { label: "of an SM", value: `${grouped(gpu.threadsPerSm)} threads, ${bytesLong(gpu.sharedBytesPerSm)}` },
    { label: "launch", value: `${digits3(gpu.timing.launchNs / 1e3)} us` },
    { label: "eviction", value: `${digits3(gpu.timing.evictNs / 1e3)} us` },
  ];
}

const sectionsOf = (view: View): readonly [now: Section, chip: Section, run: Section, spec: Section] => [
  { title: "now", facts: nowFacts(view) },
  { title: "chip", facts: chipFacts(view) },
  { title: "run", facts: runFacts(view) },
  { title: "specification", facts: specFacts(view.gpu) },
];

const LABEL_COLUMNS = 12;
/** Of a value: the longest are "1.04 GiB of 131 GiB" and the like. */
const VALUE_COLUMNS = 24;
const COLUMN_GAP = 2;
/** What a sparkline needs beside a value. */
const METER_COLUMNS = 10;
const SPARK_STEP_MS = 1000;

type Row = { readonly head: string } | Fact;

/** Between sections. */
const GAP: Row = { head: "" };
const COLUMN_PITCH = LABEL_COLUMNS + VALUE_COLUMNS + COLUMN_GAP;

function paintRow(canvas: Canvas, y: number, row: Row, scene: Scene): void {
  if ("head" in row) {
    canvas.text(0, y, row.head, theme.strong);
    return;
  }
  const { label, value, share } = row;
  canvas.text(0, y, label, theme.faint);
  canvas.text(LABEL_COLUMNS, y, truncate(value, canvas.width - LABEL_COLUMNS), theme.plain);
  const left = LABEL_COLUMNS + VALUE_COLUMNS;
  const steps = canvas.width - left;
  if (share === undefined || steps < METER_COLUMNS) return;
  const past = scene.history.series(share, `GPU ${label}`, scene.atNs, SPARK_STEP_MS, steps);
  paintSpark(canvas, left, y, past, { least: 0, most: 1 }, theme.accent);
}

const rowsOf = (sections: readonly Section[]): Row[] =>
  sections.flatMap(({ title, facts }, nth) => [...(nth > 0 ? [GAP] : []), { head: title }, ...facts]);

type Size = Pick<Canvas, "width" | "height">;

/** The rows of each column: sections side by side where three columns fit, else one after another, in two columns or one. */
function columnsOf(view: View, { width, height }: Size): readonly (readonly Row[])[] {
  const fitting = Math.floor((width + COLUMN_GAP) / COLUMN_PITCH);
  const [now, chip, run, spec] = sectionsOf(view);
  if (fitting >= 3) return [[now], [chip, run], [spec]].map(rowsOf);
  const rows = rowsOf([now, chip, run, spec]);
  if (fitting < 2 || rows.length <= height) return [rows];
  // No column begins with a gap.
  const rest = rows.slice(height);
  return [rows.slice(0, height), rest[0] === GAP ? rest.slice(1) : rest];
}

const line = (
  name: string,
  mark: string,
  style: PastLine["style"],
  shareOf: (view: View) => number,
): PastLine => ({ name, mark, style, key: `GPU % ${name}`, percentOf: (view) => 100 * shareOf(view) });

const PAST: readonly PastLine[] = [
  line("SMs", "●", theme.accent, ranShare),
  line("VRAM", "○", theme.good, (view) => vramGBs(view) / view.gpu.memory.achievedGBs),
  line("PCIe in", "◆", theme.warn, (view) => sum(view.snapshot.copies.h2d) / view.gpu.pcie.h2dGBs),
];
const LEAST_CHART_ROWS = 7;

export const gpu: Pane = {
  title: "GPU",
  caption: ({ view }) => {
    const { name } = view.gpu;
    const rates = `SMs ${percent(ranShare(view)).padStart(4)} % · VRAM ${digits3(vramGBs(view)).padStart(4)} GB/s`;
    return [`${name} · ${rates}`, rates, name];
  },
  paint(canvas, scene) {
    const columns = columnsOf(scene.view, canvas);
    const first = columns.length === 1 ? (scene.ui.scroll.gpu ?? 0) : 0;
    const width = Math.floor((canvas.width - COLUMN_GAP * (columns.length - 1)) / columns.length);
    for (const [column, rows] of columns.entries()) {
      const part = canvas.part({ x: column * (width + COLUMN_GAP), y: 0, width, height: canvas.height });
      for (const [y, row] of rows.slice(first, first + canvas.height).entries())
        paintRow(part, y, row, scene);
    }
    const y = Math.max(...columns.map((rows) => rows.length)) + 1;
    const height = canvas.height - y;
    if (height >= LEAST_CHART_ROWS)
      paintPast(canvas.part({ x: 0, y, width: canvas.width, height }), scene, "%", PAST);
  },
  scrollable: ({ view }, size) => {
    const [rows, ...others] = columnsOf(view, size);
    return others.length === 0 && rows!.length > size.height ? rows!.length : undefined;
  },
};
