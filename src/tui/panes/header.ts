/** What runs, how, and how far it is; on a tall screen also the sums over all tenants. */
import { type CopyQueueSnapshot, sayFailure, type TenantSnapshot } from "../../core/snapshot.ts";
import type { TenantClass } from "../../core/spec.ts";
import type { View } from "../../engine/session.ts";
import { clock, count, digits3, grouped, speed } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Style } from "../screen/style.ts";
import { CLASS_STYLE, theme } from "../theme.ts";
import { paintHealth } from "./health.ts";
import { type Item, paintLine, ROOMY_COLUMNS } from "./line.ts";
import type { Pane, Scene } from "./pane.ts";

/** How far back of the newest moment a frozen screen is, in seconds of the run. */
const behind = ({ history, atNs }: Scene): string => `${((history.span.untilNs - atNs) / 1e9).toFixed(1)} s`;

function stateItem(scene: Scene): Item {
  const { snapshot, pace } = scene.view;
  const item = (value: string, style: Style, priority: number): Item => ({
    label: "",
    value,
    style,
    priority,
  });
  if (scene.ui.moment !== null) return item(` FROZEN ${behind(scene)} back `, theme.badge, 0);
  if (scene.view.lost !== undefined) return item(" NO CONNECTION ", theme.badge, 0);
  if (snapshot.failure !== null) return item(" FAILED ", theme.badge, 0);
  return pace.paused ? item(" PAUSED ", theme.badge, 0) : item("running ", theme.good, 5);
}

/** A run that lags behind the speed asked for says so in colour. */
const achievedStyle = (got: number, asked: number): Style => (got < asked * 0.9 ? theme.warn : theme.plain);

function paintRun(canvas: Canvas, scene: Scene): void {
  const { view } = scene;
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
      item("", view.backend, theme.plain, view.backend === "sim" ? 7 : 2),
      item("mix", view.mix, theme.plain, 8),
      item(roomy ? "policy" : "", snapshot.policy, theme.accent, 1),
      item("cfsPeriod", `${grouped(snapshot.cfsPeriodPackets)}${roomy ? " packets" : ""}`, theme.strong, 2),
    ],
    [
      ...(scene.ui.recordingTo === null ? [] : [item("", " REC ", theme.badge, 1)]),
      ...(scene.ui.readOnly ? [item("", "READ-ONLY", theme.warn, 1)] : []),
      stateItem(scene),
      ...(view.backend === "sim"
        ? [
            item(roomy ? "speed" : "", speed(pace.speed), theme.strong, 3),
            item("got", achieved, achievedStyle(pace.achievedSpeed, pace.speed), 3),
          ]
        : []),
      item("", clock(snapshot.atNs), theme.strong, 0),
    ],
  );
}

/** Why nothing goes on; null: it does. */
function troubleOf({ lost, preparing, snapshot: { failure } }: View): string | null {
  if (lost !== undefined) return lost;
  if (failure === null) return preparing ?? null;
  return `${sayFailure(failure)}; ${preparing ?? "R rebuilds it"}`;
}

const sum = <T>(items: readonly T[], figure: (item: T) => number): number =>
  items.reduce((total, item) => total + figure(item), 0);

function paintSums(canvas: Canvas, { view }: Scene): void {
  const { snapshot } = view;
  const trouble = troubleOf(view);
  if (trouble !== null) {
    canvas.text(1, 1, trouble, theme.bad);
    return;
  }
  // Of a class without a tenant there is none: not a rate of 0, which would be bad news.
  const rateOf = (wanted: TenantClass, figure: (tenant: TenantSnapshot) => number): string => {
    const tenants = snapshot.tenants.filter((tenant) => tenant.class === wanted);
    return digits3(tenants.length === 0 ? Number.NaN : sum(tenants, figure));
  };
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
      item(
        "LS within SLO/s",
        rateOf("LS", (t) => t.goodputPerS),
        5,
        CLASS_STYLE.LS,
        1,
      ),
      item(
        "BE requests/s",
        rateOf("BE", (t) => t.throughputPerS),
        5,
        CLASS_STYLE.BE,
        1,
      ),
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
    const { health, snapshot } = scene.view;
    const trouble = troubleOf(scene.view);
    paintRun(canvas, scene);
    if (canvas.height > (health === null ? 1 : 2)) paintSums(canvas, scene);
    else if (trouble !== null) {
      canvas.fill(0, 0, canvas.width, 1, {});
      canvas.text(1, 0, trouble, theme.bad);
    }
    if (health !== null && canvas.height > 1)
      paintHealth(canvas, canvas.height - 1, health, snapshot.tenants);
  },
};
