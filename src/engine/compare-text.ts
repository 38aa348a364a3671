/** A comparison as tables for people: policies below one another, tenants side by side. */
import type { Comparison, PolicyComparison } from "./compare.ts";
import { type Cell, type Column, table } from "./table.ts";

const percent = (share: number | null): number | null => (share === null ? null : share * 100);

const policyColumn: Column<PolicyComparison> = { title: "policy", of: ({ policy }) => policy };

const summaryColumns: readonly Column<PolicyComparison>[] = [
  policyColumn,
  { title: "p99/LS-only", of: ({ worst }) => worst.p99OverLsOnly, digits: 3 },
  { title: "p99/alone", of: ({ worst }) => worst.p99OverAlone, digits: 3 },
  { title: "SLO %", of: ({ worst }) => percent(worst.sloAttainment), digits: 1 },
  { title: "BE/alone", of: ({ be, beOverAloneSum }) => (be.length > 0 ? beOverAloneSum : null), digits: 3 },
  { title: "h2d GB/s", of: ({ pcie }) => pcie.h2dGBs, digits: 2 },
  { title: "d2h GB/s", of: ({ pcie }) => pcie.d2hGBs, digits: 2 },
];

/** Room for a tenant's name above its figures: eight of them fit 120 columns. */
const NAME_WIDTH = 11;

/** One row a policy, one column a tenant. */
function crossed(
  title: string,
  { policies }: Comparison,
  tenants: readonly string[],
  digits: number,
  of: (policy: PolicyComparison, tenant: string) => Cell,
): string {
  const short = (name: string): string =>
    name.length <= NAME_WIDTH ? name : `${name.slice(0, NAME_WIDTH - 1)}…`;
  const columns = tenants.map(
    (tenant): Column<PolicyComparison> => ({
      title: short(tenant),
      of: (policy) => of(policy, tenant),
      digits,
    }),
  );
  return `${title}:\n${table([policyColumn, ...columns], policies)}`;
}

export function compareText(comparison: Comparison): string {
  const { mix, gpu, backend, seed, seconds, alonePolicy, policies } = comparison;
  const ls = policies[0]?.ls.map(({ tenant }) => tenant) ?? [];
  const be = policies[0]?.be.map(({ tenant }) => tenant) ?? [];
  const lsOf = ({ ls: rows }: PolicyComparison, name: string) => rows.find(({ tenant }) => tenant === name);
  const beOf = ({ be: rows }: PolicyComparison, name: string) => rows.find(({ tenant }) => tenant === name);
  const sections = [
    `${mix} on ${gpu} (${backend})  seed ${seed}  ${seconds} s a run  alone: under ${alonePolicy}`,
    `The worst LS tenant, and the sum over BE tenants:\n${table(summaryColumns, policies)}`,
  ];
  if (ls.length > 0) {
    const title = "LS p99 over LS-only: what BE costs";
    sections.push(
      crossed("LS p99, ms", comparison, ls, 3, (policy, name) => lsOf(policy, name)?.p99Ms ?? null),
      crossed(title, comparison, ls, 3, (policy, name) => lsOf(policy, name)?.p99OverLsOnly ?? null),
    );
  }
  if (be.length > 0) {
    const title = "BE throughput over alone";
    sections.push(crossed(title, comparison, be, 3, (policy, name) => beOf(policy, name)?.overAlone ?? null));
  }
  const shareOf = ({ pcie }: PolicyComparison, name: string): Cell => {
    const share = pcie.share.find(({ tenant, direction }) => tenant === name && direction === "h2d");
    return share?.asked && share.got !== null ? share.got / share.asked : null;
  };
  const title = "H2D share got over the share that nice asks for";
  sections.push(crossed(title, comparison, [...ls, ...be], 3, shareOf));
  return sections.join("\n\n");
}
