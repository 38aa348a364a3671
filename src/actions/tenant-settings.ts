/** Actions on what a tenant is set to while it runs: none of them stops anybody. */
import type { TenantSnapshot } from "../core/snapshot.ts";
import { describeLoad } from "../presets/index.ts";
import type { LoadConfig } from "../presets/mix.ts";
import { type ControlAction, type Effect, tenantAction } from "./action.ts";
import type { Deed } from "./deed.ts";
import { expected } from "./estimate.ts";
import { grouped, percent } from "./format.ts";
import { sharesOf, stepNice } from "./nice.ts";
import { configOf, loadArgument, rateArgument, tenantArguments } from "./tenant-arguments.ts";
import type { World } from "./world.ts";

type Change = Extract<Deed, { kind: "changeTenant" }>["change"];

/** A change and its inverse, said as `what of NAME: before → after`. */
function changed(
  tenant: TenantSnapshot,
  what: string,
  change: Change,
  former: Change,
  values: readonly [string, string],
) {
  const deed = (to: Change): Deed => ({ kind: "changeTenant", tenant: tenant.name, change: to });
  return {
    deeds: [deed(change)],
    inverse: [deed(former)],
    says: `${what} of ${tenant.name}: ${values[0]} → ${values[1]}`,
  };
}

const share = (value: number): string => `${percent(value)} %`;

/** What another nice of one tenant makes of everybody's share of the bus. */
function niceEffects({ view }: World, changing: TenantSnapshot, nice: number): Effect[] {
  const { tenants } = view.snapshot;
  const before = sharesOf(tenants.map((tenant) => tenant.nice));
  const after = sharesOf(tenants.map((tenant) => (tenant.id === changing.id ? nice : tenant.nice)));
  return tenants.map((tenant, index) => ({
    what: tenant.name,
    before: share(before[index]!),
    after: share(after[index]!),
  }));
}

function planNice(world: World, tenant: TenantSnapshot, nice: number) {
  const rows = niceEffects(world, tenant, nice);
  const own = rows[world.view.snapshot.tenants.indexOf(tenant)];
  const plan = changed(tenant, "nice", { nice }, { nice: tenant.nice }, [
    grouped(tenant.nice),
    grouped(nice),
  ]);
  const shares = own === undefined ? "" : ` (share of all nice ${own.before} → ${own.after})`;
  const effects = { title: "share of PCIe while everybody waits for it", rows };
  return { ...plan, says: plan.says + shares, effects };
}

const niceStep = (id: string, title: string, keys: readonly string[], direction: 1 | -1): ControlAction =>
  tenantAction({
    id,
    title,
    keys,
    hint: "nice",
    group: "tenants",
    arguments: [],
    plan: (world, tenant) => planNice(world, tenant, stepNice(tenant.nice, direction)),
  });

function planLoad(world: World, tenant: TenantSnapshot, load: LoadConfig) {
  const config = configOf(world, tenant);
  const [before, after] = [describeLoad(config.load), describeLoad(load)];
  const kinds: Effect = { what: "load", before, after };
  const effects = expected(world, (tenants) =>
    tenants.map((one) => (one === config ? { ...one, load } : one)),
  );
  const deed = (to: LoadConfig): Deed => ({ kind: "changeLoad", tenant: tenant.name, load: to });
  return {
    deeds: [deed(load)],
    inverse: [deed(config.load)],
    says: `load of ${tenant.name}: ${before} → ${after}`,
    effects: { ...effects, rows: config.load.kind === load.kind ? effects.rows : [kinds, ...effects.rows] },
  };
}

export const tenantSettings: readonly ControlAction[] = [
  niceStep("nice-down", "less nice", ["[", "f7"], -1),
  niceStep("nice-up", "more nice", ["]", "f8"], 1),
  tenantAction({
    id: "nice",
    title: "set nice to a number",
    keys: ["n"],
    group: "tenants",
    arguments: [tenantArguments.nice],
    initial: (_, { nice }) => ({ nice }),
    plan: (world, tenant, { nice }) => planNice(world, tenant, nice),
  }),
  tenantAction({
    id: "rate",
    title: "change the rate of requests",
    keys: ["r"],
    hint: "rate",
    group: "tenants",
    needsMix: true,
    arguments: [rateArgument],
    initial: (world, tenant) => {
      const { load } = configOf(world, tenant);
      if ("ratePerS" in load) return { rate: load.ratePerS };
      // A closed loop or a trace has none of its own: what it came to lately.
      const { throughputPerS } = tenant;
      return throughputPerS > 0 ? { rate: Number(throughputPerS.toPrecision(3)) } : {};
    },
    plan: (world, tenant, { rate }) => {
      const { load } = configOf(world, tenant);
      // A closed loop or a trace has no rate of its own: a stream of requests takes its place.
      const next = { kind: load.kind === "uniform" ? "uniform" : "poisson", ratePerS: rate } as const;
      return planLoad(world, tenant, next);
    },
  }),
  tenantAction({
    id: "load",
    title: "change the load: its kind and its rate",
    group: "tenants",
    needsMix: true,
    arguments: [loadArgument],
    initial: (world, tenant) => ({ load: configOf(world, tenant).load }),
    plan: (world, tenant, { load }) => planLoad(world, tenant, load),
  }),
  tenantAction({
    id: "load-toggle",
    title: "pause or resume the load",
    keys: ["o"],
    hint: "load",
    group: "tenants",
    arguments: [],
    plan: (_, tenant) => {
      const { loadOn } = tenant;
      const words = (on: boolean): string => (on ? "on" : "off");
      return changed(tenant, "load", { loadOn: !loadOn }, { loadOn }, [words(loadOn), words(!loadOn)]);
    },
  }),
];
