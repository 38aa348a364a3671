/** Plans of one action for several tenants, as one. */

import { MissileError } from "../core/error.ts";
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { ControlAction, Effect, Plan } from "./action.ts";
import type { Values } from "./argument.ts";
import { foresee } from "./foresee.ts";
import type { World } from "./world.ts";

/**
 * What the action does with these values: a plan for the run, or one for each of the tenants of these names, each made from what the plans before
 * it leave behind. Throws MissileError where one of them cannot be.
 */
export function plansFor(
  action: ControlAction,
  world: World,
  tenants: readonly string[],
  values: Values,
): Plan[] {
  if (action.scope === "run") return [action.plan(world, null, values)];
  const plans: Plan[] = [];
  for (const name of tenants) {
    const view = foresee(
      world.view,
      plans.flatMap((plan) => plan.deeds),
    );
    plans.push(action.plan({ ...world, view }, tenantIn({ ...world, view }, name), values));
  }
  return plans;
}

function tenantIn({ view }: World, name: string): TenantSnapshot {
  const tenant = view.snapshot.tenants.find((one) => one.name === name);
  if (tenant !== undefined) return tenant;
  throw new MissileError(`there is no tenant "${name}"`, "noSuchTenant");
}

/** What several plans do, as one: effects on the same thing go from before the first to after the last. */
export function together(plans: readonly Plan[]): Plan {
  const rows = new Map<string, Effect>();
  for (const effect of plans.flatMap((plan) => plan.effects.rows)) {
    const before = rows.get(effect.what)?.before ?? effect.before;
    rows.set(effect.what, { ...effect, before });
  }
  const undoable = plans.every((plan) => plan.inverse !== null);
  return {
    deeds: plans.flatMap((plan) => plan.deeds),
    says: plans.map((plan) => plan.says).join("; "),
    warnings: [...new Set(plans.flatMap((plan) => plan.warnings))],
    effects: { title: plans[0]?.effects.title ?? "", rows: [...rows.values()] },
    // Undone in the reverse order.
    inverse: undoable ? plans.toReversed().flatMap((plan) => plan.inverse ?? []) : null,
  };
}
