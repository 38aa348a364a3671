/** Actions on what a tenant is promised and what it may take: one number each, shown with what it comes to. */
import type { TenantSnapshot } from "../core/snapshot.ts";
import { type ControlAction, tenantAction } from "./action.ts";
import type { NumberArgument } from "./argument.ts";
import type { Deed } from "./deed.ts";
import { bytesLong, digits3 } from "./format.ts";
import { tenantArguments } from "./tenant-arguments.ts";
import type { World } from "./world.ts";

type Change = Extract<Deed, { kind: "changeTenant" }>["change"];

interface Bound<A extends NumberArgument> extends Pick<ControlAction, "id" | "title" | "keys"> {
  readonly argument: A;
  /** null: as the argument's word for no number has it. */
  readonly of: (tenant: TenantSnapshot) => number | null;
  readonly change: (value: number | null, tenant: TenantSnapshot) => Change;
  readonly say: (value: number | null) => string;
  /** What it comes to, and the words for that. */
  readonly comesTo: string;
  readonly amount: (value: number | null, tenant: TenantSnapshot, world: World) => string;
}

const bound = <A extends NumberArgument>(row: Bound<A>): ControlAction =>
  tenantAction({
    id: row.id,
    title: row.title,
    keys: row.keys,
    group: "tenants",
    arguments: [row.argument as NumberArgument],
    initial: (_, tenant) => ({ [row.argument.name]: row.of(tenant) }),
    plan: (world, tenant, values) => {
      const [before, after] = [row.of(tenant), values[row.argument.name] ?? null];
      const deed = (value: number | null): Deed => ({
        kind: "changeTenant",
        tenant: tenant.name,
        change: row.change(value, tenant),
      });
      const amounts = [before, after].map((value) => row.amount(value, tenant, world));
      return {
        deeds: [deed(after)],
        inverse: [deed(before)],
        says: `${row.argument.title} of ${tenant.name}: ${row.say(before)} → ${row.say(after)}`,
        effects: {
          title: row.comesTo,
          rows: [{ what: tenant.name, before: amounts[0]!, after: amounts[1]! }],
        },
      };
    },
  });

const inPercent = (value: number | null): string => `${value} %`;
const kibLong = (kib: number): string => bytesLong(kib * 1024);

/** Whole TPCs, rounded down but one at least, as the scheduler counts them. */
const wholeTpcs = (percent: number, { view }: World): string => {
  const { tpcs } = view.snapshot;
  return `${percent === 0 ? 0 : Math.max(1, Math.floor((tpcs * percent) / 100))} of ${tpcs}`;
};

export const tenantBounds: readonly ControlAction[] = [
  bound({
    id: "sm-request",
    title: "set smRequest, the floor",
    keys: ["("],
    argument: tenantArguments.smRequest,
    of: (tenant) => tenant.smRequestPercent,
    change: (value) => ({ smRequestPercent: value ?? 0 }),
    say: inPercent,
    comesTo: "TPCs that it is guaranteed while it runs",
    amount: (value, _, world) => wholeTpcs(value ?? 0, world),
  }),
  bound({
    id: "sm-limit",
    title: "set smLimit, the ceiling",
    keys: [")"],
    argument: tenantArguments.smLimit,
    of: (tenant) => tenant.smLimitPercent,
    change: (value) => ({ smLimitPercent: value ?? 100 }),
    say: inPercent,
    comesTo: "TPCs that it may hold",
    amount: (value, _, world) => wholeTpcs(value ?? 100, world),
  }),
  bound({
    id: "slo",
    title: "set the SLO",
    keys: ["t"],
    argument: tenantArguments.slo,
    of: (tenant) => tenant.sloMs,
    change: (value) => ({ sloMs: value }),
    say: (value) => (value === null ? "none" : `${value} ms`),
    comesTo: "times what a request takes alone",
    amount: (value, { aloneMs }) => (value === null ? "–" : `×${digits3(value / aloneMs)}`),
  }),
  bound({
    id: "vram",
    title: "set the VRAM reservation",
    keys: ["v"],
    argument: tenantArguments.vram,
    of: (tenant) => tenant.vramKiB,
    change: (value, { weightKiB }) => ({ vramKiB: value ?? weightKiB }),
    say: (value) => (value === null ? "all" : kibLong(value)),
    comesTo: "parameters streamed over PCIe at every request",
    amount: (value, { weightKiB }) => kibLong(Math.max(0, weightKiB - (value ?? weightKiB))),
  }),
];
