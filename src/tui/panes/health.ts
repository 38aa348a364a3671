/** One line on how a real GPU fares: how fast the executor decides, what ails its memory, and what the chip's sensors say. */
import type { TenantSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import { bytes, bytesLong, count, digits3 } from "../format.ts";
import type { Canvas } from "../screen/canvas.ts";
import { truncate } from "../screen/width.ts";
import { theme } from "../theme.ts";
import { type Item, paintLine } from "./line.ts";

type Health = NonNullable<View["health"]>;

/** Columns that a problem leaves to the other figures, and those that it has at least. */
const BESIDE_PROBLEM = 36;
const LEAST_PROBLEM = 24;

const us = (ns: number): string => digits3(ns / 1e3);

/** Why memory, or a tenant's, is not coloured; null where all is well. */
function memoryProblem({ memory }: Health, tenants: readonly TenantSnapshot[]): string | null {
  if (memory.uncolouredWhy !== null) return `memory is not coloured: ${memory.uncolouredWhy}`;
  const { shortage } = memory;
  if (shortage === null) return null;
  return `${tenants.find(({ id }) => id === shortage.tenant)?.name ?? "a tenant"} ${shortage.why}`;
}

const item = (label: string, value: string, priority: number): Item => ({
  label,
  value,
  style: theme.plain,
  priority,
});

function memoryItems({ memory }: Health): Item[] {
  if (memory.uncolouredWhy !== null) return [];
  const { poolMiB, partitions, bePartitions, migratedBytes } = memory;
  return [
    item("pool", `${poolMiB} MiB, BE ${bePartitions} of ${partitions} partitions`, 3),
    item("migrated", bytes(migratedBytes), 8),
  ];
}

function telemetryItems({ telemetry }: Health): Item[] {
  if (telemetry === null) return [];
  const { smMhz, milliwatts, celsius, memoryUsedBytes, memoryBytes } = telemetry;
  return [
    item("", `${smMhz} MHz`, 2),
    item("", `${Math.round(milliwatts / 1e3)} W`, 2),
    item("", `${celsius} °C`, 2),
    item("", `${bytes(memoryUsedBytes)} of ${bytesLong(memoryBytes)}`, 5),
  ];
}

export function paintHealth(
  canvas: Canvas,
  y: number,
  health: Health,
  tenants: readonly TenantSnapshot[],
): void {
  const { decisions, launches, evictions, smPartitions, maskedLaunches } = health;
  const problem = memoryProblem(health, tenants);
  const room = Math.max(LEAST_PROBLEM, canvas.width - BESIDE_PROBLEM);
  const latencies = [decisions.p50Ns, decisions.p99Ns, decisions.p999Ns].map(us);
  const [p50, p99, p999] = decisions.count > 0 ? latencies : ["–", "–", "–"];
  const left = [
    item("decisions p50", `${p50} us`, 1),
    item("p99", `${p99}`, 1),
    item("p99.9", `${p999}`, 4),
    ...(problem === null ? [] : [{ ...item("", truncate(problem, room), 0), style: theme.warn }]),
    ...memoryItems(health),
    item("SM partitions", count(smPartitions), 6),
    item("masked", count(maskedLaunches), 6),
    item("launches", count(launches), 7),
    item("evictions", count(evictions), 7),
  ];
  paintLine(canvas, y, left, telemetryItems(health));
}
