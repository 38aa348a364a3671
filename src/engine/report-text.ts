/** A report as tables for people, at most 100 columns wide. */
import type { Report, TenantReport } from "./report.ts";
import { type Column, table } from "./table.ts";

const percent = (share: number | null): number | null => (share === null ? null : share * 100);

const NAME_WIDTH = 16;

const tenantColumns: readonly Column<TenantReport>[] = [
  { title: "tenant", of: (t) => t.name, width: NAME_WIDTH },
  { title: "cls", of: (t) => t.class },
  { title: "model", of: (t) => t.model, width: 18 },
  { title: "done", of: (t) => t.requests.completed },
  { title: "rej", of: (t) => t.requests.rejected },
  { title: "req/s", of: (t) => t.throughputPerS, digits: 1 },
  { title: "p50 ms", of: (t) => t.latencyMs.p50, digits: 2 },
  { title: "p99 ms", of: (t) => t.latencyMs.p99, digits: 2 },
  { title: "SLO %", of: (t) => percent(t.sloAttainment), digits: 1 },
  { title: "SM %", of: (t) => percent(t.smShare), digits: 1 },
  { title: "ran %", of: (t) => percent(t.smRan), digits: 1 },
  { title: "evict", of: (t) => t.preemptions },
];

const blameColumns: readonly Column<TenantReport>[] = [
  { title: "tenant", of: (t) => t.name, width: NAME_WIDTH },
  { title: "mean ms", of: (t) => t.latencyMs.mean, digits: 3 },
  { title: "= queue", of: (t) => t.blameMs.queue, digits: 3 },
  { title: "+ SM wait", of: (t) => t.blameMs.smWait, digits: 3 },
  { title: "+ copy wait", of: (t) => t.blameMs.copyWait, digits: 3 },
  { title: "+ copy", of: (t) => t.blameMs.copy, digits: 3 },
  { title: "+ execution", of: (t) => t.blameMs.execution, digits: 3 },
  { title: "+ sharing", of: (t) => t.blameMs.sharing, digits: 3 },
];

const pcieColumns: readonly Column<Report["pcie"]["share"][number]>[] = [
  { title: "dir", of: (s) => s.direction },
  { title: "tenant", of: (s) => s.tenant, width: NAME_WIDTH },
  { title: "asked %", of: (s) => percent(s.asked), digits: 1 },
  { title: "got %", of: (s) => percent(s.got), digits: 1 },
];

function channelLine({ channels }: Report): string {
  const shares = channels.map((channel) => channel.share * 100);
  const totalGBs = channels.reduce((sum, channel) => sum + channel.gBs, 0);
  const [least, most] = [Math.min(...shares).toFixed(0), Math.max(...shares).toFixed(0)];
  const range = least === most ? most : `${least} to ${most}`;
  return `VRAM  ${channels.length} channels  ${totalGBs.toFixed(1)} GB/s  each busy ${range} % of the time`;
}

export function reportText(report: Report): string {
  const { pcie, warmupSeconds, simSeconds, wallSeconds } = report;
  const speed = wallSeconds > 0 ? (warmupSeconds + simSeconds) / wallSeconds : 0;
  const how =
    report.backend === "sim"
      ? `simulated in ${wallSeconds.toFixed(2)} s (${speed.toFixed(1)}x)`
      : `${wallSeconds.toFixed(2)} s with loading`;
  return [
    `${report.mix} on ${report.gpu} (${report.backend})`,
    `policy ${report.policy}  cfsPeriod ${report.cfsPeriod} packets of 1 KiB  seed ${report.seed}`,
    `${simSeconds} s after ${warmupSeconds} s of warm-up, ${how}  ` +
      `${report.events} events  ${report.decisions} decisions`,
    "",
    table(tenantColumns, report.tenants),
    "",
    table(blameColumns, report.tenants),
    "",
    `PCIe  h2d ${pcie.h2dGBs.toFixed(2)} GB/s  d2h ${pcie.d2hGBs.toFixed(2)} GB/s`,
    ...(pcie.share.length > 0
      ? ["Shares of PCIe while a tenant has copies waiting:", table(pcieColumns, pcie.share)]
      : []),
    channelLine(report),
  ].join("\n");
}
