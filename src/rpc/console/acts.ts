/** The table of actions for callers: words become values by the table's own parsers, a plan says what it would do, and a confirmed one is done. */
import type { ControlAction, Plan } from "../../actions/action.ts";
import { type Argument, parse, type Value, type Values } from "../../actions/argument.ts";
import { controlActions } from "../../actions/index.ts";
import { type MixStore, Performer } from "../../actions/performer.ts";
import { plansFor, together } from "../../actions/plans.ts";
import type { World } from "../../actions/world.ts";
import { MissileError } from "../../core/error.ts";
import type { ReopenableSession } from "../../engine/session.ts";
import { suggestion } from "../../presets/nearest.ts";
import type { Action as ActionMessage } from "../generated/missile/console/v1/Action.ts";
import type { ActReply } from "../generated/missile/console/v1/ActReply.ts";
import type { ActRequest__Output as ActRequest } from "../generated/missile/console/v1/ActRequest.ts";
import { checkTraces } from "./trace-guard.ts";

export type Shelf = Pick<World, "offers" | "networkOf"> & { readonly mixes: Pick<MixStore, "load"> };

/** Those that a caller has another way for: a file would be written where the server runs. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "save-mix":
    "would write a file where the server runs: take the mix with GetMix (`ctl mix`) and save it yourself",
};

const offered = controlActions.filter(({ id }) => !(id in ELSEWHERE));

/** One argument alone is what the action is about; of several, those that are not said stay as they are. */
const isRequired = ({ arguments: all }: ControlAction, argument: Argument): boolean =>
  all.length === 1 && !("blank" in argument);

export const listActions = (): ActionMessage[] =>
  offered.map((action) => ({
    id: action.id,
    title: action.title,
    scope: action.scope,
    arguments: action.arguments.map((argument) => ({
      id: argument.name,
      title: argument.title,
      required: isRequired(action, argument),
    })),
    disturbs: action.disturbs ?? "",
    undoable: action.undoable,
  }));

function actionOf(id: string): ControlAction {
  const why = ELSEWHERE[id];
  if (why !== undefined) throw new MissileError(`${id} ${why}`, "notHere");
  const action = offered.find((one) => one.id === id);
  if (action !== undefined) return action;
  const names = offered.map((one) => one.id);
  throw new MissileError(`there is no action "${id}"${suggestion(id, names)}`, "noSuchAction");
}

function checkTenants({ id, scope, single }: ControlAction, tenants: readonly string[]): void {
  if (scope === "run" && tenants.length > 0)
    throw new MissileError(`${id} acts on the run: name no tenant`, "badArgument");
  if (scope === "tenant" && tenants.length === 0)
    throw new MissileError(`${id} acts on tenants: name one`, "badArgument");
  if (single === true && tenants.length > 1)
    throw new MissileError(`${id} acts on one tenant at a time`, "badArgument");
}

function valuesOf(
  action: ControlAction,
  said: Readonly<Record<string, string>>,
  initial: Partial<Values>,
  { offers }: World,
): Values {
  const names = action.arguments.map(({ name }) => name);
  const unknown = Object.keys(said).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const has = names.length === 0 ? "takes no argument" : `takes ${names.join(", ")}`;
    throw new MissileError(`${action.id} has no argument "${unknown}"; it ${has}`, "badArgument");
  }
  const valueFor = (argument: Argument): Value => {
    const words = Object.hasOwn(said, argument.name) ? said[argument.name] : undefined;
    const before = isRequired(action, argument) ? undefined : initial[argument.name];
    return words === undefined && before !== undefined ? before : parse(argument, words ?? "", offers);
  };
  return Object.fromEntries(action.arguments.map((argument) => [argument.name, valueFor(argument)]));
}

async function planOf(
  action: ControlAction,
  { tenants, arguments: said }: ActRequest,
  session: ReopenableSession,
  shelf: Shelf,
): Promise<Plan> {
  const mix = action.needsMix === true ? await session.mix() : null;
  const world: World = {
    view: session.view(),
    offers: shelf.offers,
    networkOf: shelf.networkOf,
    replaces: () => false,
    mix,
  };
  const first = world.view.snapshot.tenants.find(({ name }) => name === tenants[0]) ?? null;
  if (action.scope === "tenant" && first === null)
    throw new MissileError(`there is no tenant "${tenants[0]}"`, "noSuchTenant");
  const values = valuesOf(action, said, action.initial(world, first), world);
  return together(plansFor(action, world, tenants, values));
}

/** What of the plan reads files of this machine must be allowed. Rejects with MissileError. */
async function checkDeeds(plan: Plan, session: ReopenableSession): Promise<void> {
  for (const deed of plan.deeds) {
    if (deed.kind === "addTenant") await checkTraces(deed, session);
    if (deed.kind === "changeLoad") await checkTraces({ ...deed, tenant: 0 }, session);
  }
}

/** Says what the action would do and, where it is not a preview and nothing is left to confirm, does it. Rejects with MissileError. */
export async function act(request: ActRequest, session: ReopenableSession, shelf: Shelf): Promise<ActReply> {
  const action = actionOf(request.action);
  checkTenants(action, request.tenants);
  const plan = await planOf(action, request, session, shelf);
  await checkDeeds(plan, session);
  const mayDo = !request.preview && (request.confirmed || plan.warnings.length === 0);
  if (mayDo) {
    const save = (): never => {
      throw new Error("bug: a caller saves no mix here");
    };
    await new Performer(session, { ...shelf.mixes, save }).perform(plan.deeds);
  }
  const { says, warnings, effects } = plan;
  return { done: mayDo, says, warnings: [...warnings], effects: [...effects.rows] };
}
