/** What runs, how, and how far it is; on a tall screen also the sums over all tenants. */
import type { CopyQueueSnapshot, TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import type { View } from "../../engine/session.ts";
import { clock, count, digits3, grouped, speed } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { textWidth } from "../screen/width.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import type { Pane, Scene } from "./pane.ts";

interface Item {
  readonly label: string;
  readonly value: string;
  readonly style: Style;
  /** The highest leaves first where the line is too short. */
  readonly priority: number;
}

/** Below this width, items stand closer and the labels that can be guessed are left out. */
const ROOMY_COLUMNS = 110;

const itemWidth = (item: Item): number =>
  textWidth(item.label) + (item.label === "" ? 0 : 1) + textWidth(item.value);

/** Items from the left, then items up to the right edge. */
function paintLine(canvas: Canvas, y: number, left: readonly Item[], right: readonly Item[]): void {
  const gap = canvas.width >= ROOMY_COLUMNS ? 3 : 2;
  const widthOf = (items: Iterable<Item>): number =>
    [...items].reduce((total, item) => total + itemWidth(item) + gap, -gap);
  const kept = new Set([...left, ...right]);
  while (kept.size > 1 && widthOf(kept) > canvas.width - 2) {
    kept.delete([...kept].reduce((worst, item) => (item.priority >= worst.priority ? item : worst)));
  }
  const paintFrom = (start: number, items: readonly Item[]): void => {
    let x = start;
    for (const item of items) {
      if (item.label !== "") x = canvas.text(x, y, item.label, theme.faint) + 1;
      x = canvas.text(x, y, item.value, item.style) + gap;
    }
  };
  const rightKept = right.filter((item) => kept.has(item));
  const leftKept = left.filter((item) => kept.has(item));
  paintFrom(1, leftKept);
  paintFrom(canvas.width - 1 - widthOf(rightKept), rightKept);
}

function stateItem({ snapshot, pace }: View): Item {
  const item = (value: string, style: Style, priority: number): Item => ({
    label: "",
    value,
    style,
    priority,
  });
  if (snapshot.failure !== null) return item(" FAILED ", theme.badge, 0);
  return pace.paused ? item(" PAUSED ", theme.badge, 0) : item("running ", theme.good, 5);
}

/** A run that lags behind the speed asked for says so in colour. */
const achievedStyle = (got: number, asked: number): Style => (got < asked * 0.9 ? theme.warn : theme.plain);

function paintRun(canvas: Canvas, { view }: Scene): void {
  const { snapshot, pace } = view;
  const roomy = canvas.width >= ROOMY_COLUMNS;
  const item = (label: string, value: string, style: Style, priority: number): Item => ({
    label,
    value,
    style,
    priority,
  });
  // Always as wide, so that nothing beside it moves.
  const achieved = `×${digits3(pace.achievedSpeed)}`.padEnd(5);
  paintLine(
    canvas,
    0,
    [
      item("", "missile-console", theme.brand, 6),
      item("", snapshot.gpu, theme.strong, 4),
      item(roomy ? "policy" : "", snapshot.policy, theme.accent, 1),
      item("cfsPeriod", `${grouped(snapshot.cfsPeriodPackets)}${roomy ? " packets" : ""}`, theme.strong, 2),
    ],
    [
      stateItem(view),
      item(roomy ? "speed" : "", speed(pace.speed), theme.strong, 3),
      item("got", achieved, achievedStyle(pace.achievedSpeed, pace.speed), 3),
      item("", clock(snapshot.atNs), theme.strong, 0),
    ],
  );
}

const sum = <T>(items: readonly T[], figure: (item: T) => number): number =>
  items.reduce((total, item) => total + figure(item), 0);

function paintSums(canvas: Canvas, { view }: Scene): void {
  const { snapshot } = view;
  if (snapshot.failure !== null) {
    canvas.text(1, 1, `${snapshot.gpu} failed: ${snapshot.failure}; nothing runs any more`, theme.bad);
    return;
  }
  const of = (wanted: TenantClass): TenantSnapshot[] =>
    snapshot.tenants.filter((tenant) => tenant.class === wanted);
  const rate = (queues: readonly CopyQueueSnapshot[]): string =>
    digits3(sum(queues, (queue) => queue.gBs)).padStart(4);
  const item = (label: string, value: string, width: number, style: Style, priority: number): Item => ({
    label,
    value: value.padStart(width),
    style,
    priority,
  });
  paintLine(
    canvas,
    1,
    [
      item("LS within SLO/s", digits3(sum(of("LS"), (t) => t.goodputPerS)), 5, CLASS_STYLE.LS, 1),
      item("BE requests/s", digits3(sum(of("BE"), (t) => t.throughputPerS)), 5, CLASS_STYLE.BE, 1),
      item("in flight", count(sum(snapshot.tenants, (t) => t.requests.inFlight)), 4, theme.plain, 2),
      item("PCIe GB/s in", rate(snapshot.copies.h2d), 4, theme.plain, 3),
      item("out", rate(snapshot.copies.d2h), 4, theme.plain, 3),
      item("VRAM GB/s", digits3(sum(snapshot.channels, (channel) => channel.gBs)), 4, theme.plain, 4),
    ],
    [
      item("events", count(snapshot.events), 5, theme.faint, 5),
      item("decisions", count(snapshot.decisions), 5, theme.faint, 5),
    ],
  );
}

export const header: Pane = {
  title: "",
  paint(canvas, scene) {
    paintRun(canvas, scene);
    if (canvas.height > 1) paintSums(canvas, scene);
    else if (scene.view.snapshot.failure !== null) {
      canvas.fill(0, 0, canvas.width, 1, {});
      canvas.text(1, 0, `${scene.view.snapshot.gpu} failed: ${scene.view.snapshot.failure}`, theme.bad);
    }
  },
};
