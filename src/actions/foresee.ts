/**
 * The view with what was asked for and is not in it yet. A held key asks faster than views come: without this, the
 * second press would start from the value before the first.
 */
import type { TenantSnapshot } from "../core/snapshot.ts";
import type { View } from "../engine/session.ts";
import { type Deed, isAct, type TenantDeed } from "./deed.ts";

function changed(
  tenant: TenantSnapshot,
  deed: Extract<TenantDeed, { kind: "changeTenant" }>,
): TenantSnapshot {
  const { loadOn, nice, vramKiB, smRequestPercent, smLimitPercent, sloMs } = deed.change;
  return {
    ...tenant,
    loadOn: loadOn ?? tenant.loadOn,
    nice: nice ?? tenant.nice,
    vramKiB: vramKiB ?? tenant.vramKiB,
    smRequestPercent: smRequestPercent ?? tenant.smRequestPercent,
    smLimitPercent: smLimitPercent ?? tenant.smLimitPercent,
    sloMs: sloMs === undefined ? tenant.sloMs : sloMs,
  };
}

function after(view: View, deed: TenantDeed): View {
  const { snapshot, pace } = view;
  switch (deed.kind) {
    case "changeTenant": {
      const tenants = snapshot.tenants.map((tenant) =>
        tenant.name === deed.tenant ? changed(tenant, deed) : tenant,
      );
      return { ...view, snapshot: { ...snapshot, tenants } };
    }
    case "setTunable":
      return { ...view, snapshot: { ...snapshot, [deed.tunable]: deed.value } };
    case "choosePolicy":
      return { ...view, snapshot: { ...snapshot, policy: deed.policy } };
    case "setSpeed":
      return { ...view, pace: { ...pace, speed: deed.factor } };
    case "setPaused":
      return { ...view, pace: { ...pace, paused: deed.paused } };
    default:
      return view;
  }
}

/** The settings that the deeds will have made, in a view from before them. */
export const foresee = (view: View, deeds: readonly Deed[]): View => deeds.filter(isAct).reduce(after, view);
