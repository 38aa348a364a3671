/** Tenants come, go, and come again as something else. */
import { MissileError } from "../core/error.ts";
import type { Farewell } from "../core/event.ts";
import { PRECISIONS, type Precision } from "../core/program.ts";
import type { TenantSnapshot } from "../core/snapshot.ts";
import { describeLoad } from "../presets/index.ts";
import type { TenantConfig } from "../presets/mix.ts";
import { type ControlAction, runAction, tenantAction } from "./action.ts";
import type { ValuesOf } from "./argument.ts";
import type { Deed } from "./deed.ts";
import { expected } from "./estimate.ts";
import { count } from "./format.ts";
import { sayLoad } from "./load-words.ts";
import { configOf, tenantArguments } from "./tenant-arguments.ts";
import { checkFit } from "./tenant-fit.ts";
import type { World } from "./world.ts";

const described = [
  tenantArguments.model,
  tenantArguments.class,
  tenantArguments.name,
  tenantArguments.batch,
  tenantArguments.precision,
  tenantArguments.load,
  tenantArguments.nice,
  tenantArguments.slo,
  tenantArguments.smRequest,
  tenantArguments.smLimit,
  tenantArguments.vram,
] as const;

type Described = ValuesOf<typeof described>;

const describe = (config: TenantConfig): Described => ({
  model: config.model,
  class: config.class,
  name: config.name,
  batch: config.batch,
  precision: config.precision,
  load: config.load,
  nice: config.nice,
  slo: config.sloMs,
  smRequest: config.smRequestPercent,
  smLimit: config.smLimitPercent,
  vram: config.vramKiB,
});

const DEFAULT_PRECISION = "tf32" satisfies Precision;

/** What a new tenant is until the operator says otherwise. */
const NEW_TENANT: Omit<Described, "model"> = {
  class: "LS",
  name: "",
  batch: 1,
  precision: DEFAULT_PRECISION,
  load: { kind: "poisson", ratePerS: 10 },
  nice: 100_000,
  slo: null,
  smRequest: 0,
  smLimit: 100,
  vram: null,
};

/** The name asked for; without one the model's, numbered where that is in use. Throws MissileError "nameTaken". */
function freeName({ name, model }: Described, { view }: World): string {
  const { tenants } = view.snapshot;
  // One that leaves has its name no longer than its last block.
  if (tenants.some((tenant) => tenant.name === name && !tenant.leaving)) {
    throw new MissileError(`there is a tenant "${name}" already; choose another name`, "nameTaken");
  }
  if (name !== "") return name;
  const taken = new Set(tenants.map((tenant) => tenant.name));
  let free = model;
  for (let number = 2; taken.has(free); number++) free = `${model}-${number}`;
  return free;
}

/** A form has it as text, one of the choices. */
const precisionOf = ({ precision }: Described): Precision =>
  PRECISIONS.find((one) => one === precision) ?? DEFAULT_PRECISION;

/** What it runs, the usual precision unsaid. */
const sayNetwork = ({ model, batch, precision }: TenantConfig): string =>
  `${model} x${batch}${precision === DEFAULT_PRECISION ? "" : ` in ${precision}`}`;

const configFrom = (
  said: Described,
  name: string,
  kept: Pick<TenantConfig, "startS" | "stopS">,
): TenantConfig => ({
  name,
  class: said.class === "BE" ? "BE" : "LS",
  model: said.model,
  batch: said.batch,
  precision: precisionOf(said),
  nice: said.nice,
  vramKiB: said.vram,
  smRequestPercent: said.smRequest,
  smLimitPercent: said.smLimit,
  sloMs: said.slo,
  load: said.load,
  startS: kept.startS,
  stopS: kept.stopS,
});

const NEW = { startS: 0, stopS: null } as const;

function planAdd(world: World, said: Described) {
  const config = configFrom(said, freeName(said, world), NEW);
  checkFit(config, world.mix?.tenants ?? [], world);
  const add: Deed = { kind: "addTenant", config };
  const remove: Deed = { kind: "removeTenant", tenant: config.name, how: "abort" };
  return {
    deeds: [add],
    inverse: [remove],
    effects: expected(world, (tenants) => [...tenants, config]),
    says: `added ${config.name} (${config.class}, ${sayNetwork(config)}, ${describeLoad(config.load)})`,
  };
}

/** What is in flight, in words for "drops ..." and "finishes ..."; null: nothing is. */
function inFlight({ requests }: TenantSnapshot): string | null {
  if (requests.inFlight === 0) return null;
  return requests.inFlight === 1
    ? "the request in flight"
    : `the ${count(requests.inFlight)} requests in flight`;
}

/** The tenant as it is, its load paused where it is. */
function comesBack(tenant: TenantSnapshot, config: TenantConfig): Deed[] {
  const pause: Deed = { kind: "changeTenant", tenant: config.name, change: { loadOn: false } };
  return [{ kind: "addTenant", config }, ...(tenant.loadOn ? [] : [pause])];
}

function planRemove(world: World, tenant: TenantSnapshot, how: Farewell) {
  const drains = how === "drain";
  // One that drains may still be aborted; what brings it back is to undo the draining.
  const inverse = tenant.leaving ? null : comesBack(tenant, configOf(world, tenant));
  const pending = inFlight(tenant);
  const finishes = drains ? `finishes ${pending}, then leaves` : `leaves now and drops ${pending}`;
  const then = pending === null ? "has nothing in flight and leaves" : finishes;
  return {
    deeds: [{ kind: "removeTenant", tenant: tenant.name, how } as const],
    inverse,
    says: drains ? `${tenant.name} leaves once its requests are done` : `${tenant.name} was removed`,
    warnings: [`${tenant.name} ${then}; its statistics go with it`],
  };
}

/** What of a tenant can only be another tenant. */
const isAnother = (a: TenantConfig, b: TenantConfig): boolean =>
  a.name !== b.name ||
  a.class !== b.class ||
  a.model !== b.model ||
  a.batch !== b.batch ||
  a.precision !== b.precision;

function changeOf(tenant: TenantSnapshot, from: TenantConfig, to: TenantConfig): Deed[] {
  const change = {
    ...(from.nice === to.nice ? {} : { nice: to.nice }),
    ...(from.sloMs === to.sloMs ? {} : { sloMs: to.sloMs }),
    ...(from.smRequestPercent === to.smRequestPercent ? {} : { smRequestPercent: to.smRequestPercent }),
    ...(from.smLimitPercent === to.smLimitPercent ? {} : { smLimitPercent: to.smLimitPercent }),
    ...(from.vramKiB === to.vramKiB ? {} : { vramKiB: to.vramKiB ?? tenant.weightKiB }),
  };
  const deeds: Deed[] = [];
  if (Object.keys(change).length > 0) deeds.push({ kind: "changeTenant", tenant: tenant.name, change });
  if (sayLoad(from.load) !== sayLoad(to.load))
    deeds.push({ kind: "changeLoad", tenant: tenant.name, load: to.load });
  return deeds;
}

function planEdit(world: World, tenant: TenantSnapshot, said: Described) {
  const before = configOf(world, tenant);
  const isRenamed = said.name !== "" && said.name !== before.name;
  const after = configFrom(said, isRenamed ? freeName(said, world) : before.name, before);
  const others = (world.mix?.tenants ?? []).filter((one) => one !== before);
  checkFit(after, others, world);
  const effects = expected(world, (tenants) => tenants.map((one) => (one === before ? after : one)));
  if (!isAnother(before, after)) {
    return {
      effects,
      deeds: changeOf(tenant, before, after),
      inverse: changeOf(tenant, after, before),
      says: `changed ${tenant.name}`,
    };
  }
  const replace = (from: TenantConfig, to: TenantConfig): Deed[] => [
    { kind: "removeTenant", tenant: from.name, how: "abort" },
    ...comesBack(tenant, to),
  ];
  const pending = inFlight(tenant);
  const drops = pending === null ? "" : `it drops ${pending}, and `;
  return {
    effects,
    deeds: replace(before, after),
    inverse: replace(after, before),
    says: `${before.name} is ${after.name} now: ${after.class}, ${sayNetwork(after)}`,
    warnings: [
      `${tenant.name} starts anew: ${drops}its statistics begin at 0`,
      "its parameters are copied to the GPU again",
    ],
  };
}

export const tenantLife: readonly ControlAction[] = [
  runAction({
    id: "add",
    title: "add a tenant",
    keys: ["a"],
    hint: "add",
    group: "tenants",
    needsMix: true,
    arguments: described,
    initial: ({ offers }) => ({ ...NEW_TENANT, model: offers.models[0]?.value ?? "" }),
    plan: planAdd,
  }),
  tenantAction({
    id: "duplicate",
    title: "duplicate the tenant",
    keys: ["c"],
    group: "tenants",
    single: true,
    needsMix: true,
    arguments: described,
    initial: (world, tenant) => ({ ...describe(configOf(world, tenant)), name: "" }),
    plan: (world, _, said) => planAdd(world, said),
  }),
  tenantAction({
    id: "edit",
    title: "edit the tenant",
    keys: ["E"],
    hint: "edit",
    group: "tenants",
    single: true,
    needsMix: true,
    disturbs: "another name, class, model, batch or precision starts the tenant anew",
    arguments: described,
    initial: (world, tenant) => describe(configOf(world, tenant)),
    plan: planEdit,
  }),
  tenantAction({
    id: "remove",
    title: "remove the tenant",
    keys: ["x", "delete"],
    hint: "remove",
    group: "tenants",
    needsMix: true,
    disturbs: "the tenant leaves, and its statistics with it",
    arguments: [
      {
        name: "how",
        title: "its requests",
        kind: "choice",
        options: [
          { value: "drain", detail: "finish what is in flight first" },
          { value: "abort", detail: "drop what is in flight" },
        ],
      },
    ],
    plan: (world, tenant, { how }) => planRemove(world, tenant, how === "abort" ? "abort" : "drain"),
  }),
];
