/** The figures of the whole run, in the form of tenant-figures.ts. */
import type { CopyQueueSnapshot, Snapshot, TenantSnapshot } from "../core/snapshot.ts";
import type { TenantClass } from "../core/spec.ts";
import type { View } from "../engine/session.ts";
import type { Figure, Metric } from "./tenant-figures.ts";

const NS_PER_S = 1e9;
const BYTES_PER_GB = 1e9;

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

const inClass = ({ tenants }: Snapshot, wanted: TenantClass): readonly TenantSnapshot[] =>
  tenants.filter((tenant) => tenant.class === wanted);

const rate = (queues: readonly CopyQueueSnapshot[]): number => sum(queues, (queue) => queue.gBs);

const figure = (
  id: string,
  help: string,
  metric: Metric,
  of: (snapshot: Snapshot, view: View) => number,
): Figure<View> => ({ id, help, metric, of: (view) => of(view.snapshot, view) });

const gauge = (family: string, labels: Readonly<Record<string, string>> = {}): Metric => ({
  family,
  type: "gauge",
  labels,
});
const counter = (family: string): Metric => ({ family, type: "counter" });

const pcie = (direction: "h2d" | "d2h"): Metric => ({
  ...gauge("pcie_bytes_per_second", { direction }),
  scale: BYTES_PER_GB,
  help: "bytes a second over PCIe since the last snapshot",
});

const classSms = (tenantClass: TenantClass): Metric => ({
  ...gauge("class_sm_share", { class: tenantClass }),
  help: "TPCs held by a class since the statistics began, as a share of the GPU",
});

export const RUN_FIGURES: readonly Figure<View>[] = [
  figure("atS", "seconds of the GPU's clock", gauge("clock_seconds"), (s) => s.atNs / NS_PER_S),
  figure("paused", "1 while the run is paused", gauge("paused"), (_, view) => (view.pace.paused ? 1 : 0)),
  figure(
    "speed",
    "seconds of the GPU's clock a wall second, as asked",
    gauge("speed_asked"),
    (_, view) => view.pace.speed,
  ),
  figure(
    "achievedSpeed",
    "seconds of the GPU's clock a wall second, lately",
    gauge("speed_achieved"),
    (_, view) => view.pace.achievedSpeed,
  ),
  figure("failed", "1 while the GPU is out of order", gauge("device_failed"), (s) =>
    s.failure === null ? 0 : 1,
  ),
  figure(
    "cfsPeriodPackets",
    "packets of 1 KiB in one period of PCIe sharing",
    gauge("cfs_period_packets"),
    (s) => s.cfsPeriodPackets,
  ),
  figure(
    "beChannelShare",
    "share of the VRAM channels that BE has while LS is active",
    gauge("be_channel_share"),
    (s) => s.beChannelShare,
  ),
  figure("events", "events that the scheduler was told", counter("events_total"), (s) => s.events),
  figure("decisions", "commands that the scheduler gave", counter("decisions_total"), (s) => s.decisions),
  figure(
    "lsSmShare",
    "TPCs held by LS since the statistics began, as a share of the GPU",
    classSms("LS"),
    (s) => s.smShare.LS,
  ),
  figure(
    "beSmShare",
    "TPCs held by BE since the statistics began, as a share of the GPU",
    classSms("BE"),
    (s) => s.smShare.BE,
  ),
  figure(
    "lsGoodputPerS",
    "LS requests within their SLO a second",
    gauge("class_goodput_per_second", { class: "LS" }),
    (s) => sum(inClass(s, "LS"), (t) => t.goodputPerS),
  ),
  figure(
    "beThroughputPerS",
    "BE requests a second",
    gauge("class_requests_per_second", { class: "BE" }),
    (s) => sum(inClass(s, "BE"), (t) => t.throughputPerS),
  ),
  figure("h2dGBs", "GB/s (1e9 bytes) to the GPU since the last snapshot", pcie("h2d"), (s) =>
    rate(s.copies.h2d),
  ),
  figure("d2hGBs", "GB/s (1e9 bytes) from the GPU since the last snapshot", pcie("d2h"), (s) =>
    rate(s.copies.d2h),
  ),
  figure(
    "vramGBs",
    "GB/s (1e9 bytes) of VRAM traffic since the last snapshot",
    {
      ...gauge("vram_bytes_per_second"),
      scale: BYTES_PER_GB,
      help: "bytes a second of VRAM traffic since the last snapshot",
    },
    (s) => sum(s.channels, (channel) => channel.gBs),
  ),
];
