/** A view as text for people, at most 100 columns wide. */
import { sayFailure, type TenantSnapshot } from "../core/snapshot.ts";
import type { View } from "../engine/session.ts";
import { type Column, table } from "../engine/table.ts";
import { type TenantRow, tenantRows } from "./tenant-figures.ts";

const NAME_WIDTH = 16;

const known = (value: number | null | undefined): number | null =>
  value === undefined || value === null || Number.isNaN(value) ? null : value;

const columns: readonly Column<TenantRow>[] = [
  { title: "tenant", of: ({ tenant }) => tenant.name, width: NAME_WIDTH },
  { title: "cls", of: ({ tenant }) => tenant.class },
  { title: "load", of: ({ tenant }) => (tenant.loadOn ? tenant.load : "off"), width: 14 },
  { title: "req/s", of: ({ tenant }) => tenant.throughputPerS, digits: 1 },
  { title: "p50 ms", of: ({ tenant }) => known(tenant.recentLatencyMs.p50), digits: 2 },
  { title: "p99 ms", of: ({ tenant }) => known(tenant.recentLatencyMs.p99), digits: 2 },
  { title: "SLO %", of: ({ tenant }) => sloPercent(tenant), digits: 1 },
  { title: "SM %", of: ({ tenant }) => tenant.recentSmRan * 100, digits: 1 },
  { title: "in GB/s", of: ({ h2d }) => known(h2d?.gBs), digits: 2 },
  { title: "out", of: ({ d2h }) => known(d2h?.gBs), digits: 2 },
  { title: "nice", of: ({ tenant }) => tenant.nice },
];

const sloPercent = ({ sloAttainment }: TenantSnapshot): number | null =>
  sloAttainment === null ? null : sloAttainment * 100;

export function snapshotText({ snapshot, backend }: View): string {
  const { gpu, policy, cfsPeriodPackets, atNs, failure, tenants } = snapshot;
  const vramGBs = snapshot.channels.reduce((total, channel) => total + channel.gBs, 0);
  return [
    `${gpu} (${backend})  policy ${policy}  cfsPeriod ${cfsPeriodPackets} packets of 1 KiB  at ${(atNs / 1e9).toFixed(3)} s`,
    ...(failure === null ? [] : [sayFailure(failure)]),
    "",
    tenants.length === 0 ? "no tenants" : table(columns, tenantRows(snapshot)),
    "",
    `VRAM ${vramGBs.toFixed(1)} GB/s over ${snapshot.channels.length} channels  ` +
      `${snapshot.events} events  ${snapshot.decisions} decisions`,
  ].join("\n");
}
