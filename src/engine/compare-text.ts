/** A comparison as tables for people: one row a policy, policies of one tenant below one another. */
import type { BeComparison, Comparison, LsComparison, PolicyComparison } from "./compare.ts";
import type { Report } from "./report.ts";
import { type Column, table } from "./table.ts";

type Share = Report["pcie"]["share"][number];
type Of<Item> = Item & { readonly policy: string };

const percent = (share: number | null): number | null => (share === null ? null : share * 100);

const summaryColumns: readonly Column<PolicyComparison>[] = [
  { title: "policy", of: (p) => p.policy },
  { title: "p99/LS-only", of: (p) => p.worst.p99OverLsOnly, digits: 3 },
  { title: "p99/alone", of: (p) => p.worst.p99OverAlone, digits: 3 },
  { title: "SLO %", of: (p) => percent(p.worst.sloAttainment), digits: 1 },
  { title: "BE/alone", of: (p) => p.beOverAloneSum, digits: 3 },
  { title: "h2d GB/s", of: (p) => p.pcie.h2dGBs, digits: 2 },
  { title: "d2h GB/s", of: (p) => p.pcie.d2hGBs, digits: 2 },
];

const lsColumns: readonly Column<Of<LsComparison>>[] = [
  { title: "LS tenant", of: (row) => row.tenant, width: 20 },
  { title: "policy", of: (row) => row.policy },
  { title: "p99 ms", of: (row) => row.p99Ms, digits: 3 },
  { title: "/LS-only", of: (row) => row.p99OverLsOnly, digits: 3 },
  { title: "/alone", of: (row) => row.p99OverAlone, digits: 3 },
  { title: "SLO %", of: (row) => percent(row.sloAttainment), digits: 1 },
];

const beColumns: readonly Column<Of<BeComparison>>[] = [
  { title: "BE tenant", of: (row) => row.tenant, width: 20 },
  { title: "policy", of: (row) => row.policy },
  { title: "req/s", of: (row) => row.throughputPerS, digits: 2 },
  { title: "/alone", of: (row) => row.overAlone, digits: 3 },
];

const pcieColumns: readonly Column<Of<Share>>[] = [
  { title: "PCIe tenant", of: (row) => row.tenant, width: 20 },
  { title: "dir", of: (row) => row.direction },
  { title: "policy", of: (row) => row.policy },
  { title: "asked %", of: (row) => percent(row.asked), digits: 1 },
  { title: "got %", of: (row) => percent(row.got), digits: 1 },
];

/** The items of all policies, those of one tenant together. */
function grouped<Item extends { readonly tenant: string }>(
  comparison: Comparison,
  itemsOf: (policy: PolicyComparison) => readonly Item[],
): Of<Item>[] {
  const rows = comparison.policies.flatMap((policy) =>
    itemsOf(policy).map((item) => ({ ...item, policy: policy.policy })),
  );
  const order = [...new Set(rows.map((row) => row.tenant))];
  return rows.sort((a, b) => order.indexOf(a.tenant) - order.indexOf(b.tenant));
}

export function compareText(comparison: Comparison): string {
  const { mix, gpu, seed, seconds, alonePolicy } = comparison;
  const ls = grouped(comparison, (policy) => policy.ls);
  const be = grouped(comparison, (policy) => policy.be);
  const shares = grouped(comparison, (policy) => policy.pcie.share);
  const sections = [
    `${mix} on ${gpu}  seed ${seed}  ${seconds} s simulated a run  alone: under ${alonePolicy}`,
    `The worst LS tenant, and the sum over BE tenants:\n${table(summaryColumns, comparison.policies)}`,
  ];
  if (ls.length > 0) sections.push(table(lsColumns, ls));
  if (be.length > 0) sections.push(table(beColumns, be));
  if (shares.length > 0) sections.push(table(pcieColumns, shares));
  return sections.join("\n\n");
}
