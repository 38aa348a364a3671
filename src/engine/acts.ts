/** The one place where what an operator asks for becomes an event, or is refused. */

import { MissileError } from "../core/error.ts";
import type { Event, Tunable } from "../core/event.ts";
import { policyNames } from "../core/policies/index.ts";
import { suggestion } from "../presets/nearest.ts";
import type { Act } from "./session.ts";
import type { Tenants } from "./tenants.ts";

/** Acts on how fast the run goes: they concern the driver, not the scheduler, and are no events. */
export type PaceAct = Extract<Act, { kind: "setPaused" | "step" | "setSpeed" }>;
export type SchedulerAct = Exclude<Act, PaceAct>;

/** Packets of 1 KiB: at most 1 GiB a period. */
const MAX_CFS_PERIOD_PACKETS = 1 << 20;

/** Throws MissileError "noSuchPolicy". */
export function checkPolicy(name: string): void {
  if (policyNames.includes(name)) return;
  throw new MissileError(`there is no policy "${name}"${suggestion(name, policyNames)}`, "noSuchPolicy");
}

/** Throws MissileError "badTunable". */
export function checkTunable(tunable: Tunable, value: number): void {
  const refuse = (range: string): never => {
    const name = tunable === "cfsPeriodPackets" ? "cfsPeriod" : tunable;
    throw new MissileError(`${name} must be ${range}, not ${value}`, "badTunable");
  };
  switch (tunable) {
    case "cfsPeriodPackets":
      if (!Number.isSafeInteger(value) || value < 1 || value > MAX_CFS_PERIOD_PACKETS) {
        refuse(`a whole number of 1 to ${MAX_CFS_PERIOD_PACKETS} packets`);
      }
      return;
    case "beChannelShare":
      if (!(value > 0 && value < 1)) refuse("above 0 and below 1");
  }
}

/** The event that `act` causes now. Throws MissileError when it is refused; nothing has changed then. */
export function eventOf(act: SchedulerAct, tenants: Tenants, nowNs: () => number): Event {
  if (act.kind === "addTenant") {
    // Loading takes a real GPU a while: the tenant joins after it.
    const admitted = tenants.admit(act.config);
    return { kind: "tenantJoined", atNs: nowNs(), ...admitted };
  }
  const atNs = nowNs();
  switch (act.kind) {
    case "changeTenant":
      return {
        kind: "tenantChanged",
        atNs,
        tenant: tenants.change(act.tenant, act.change),
        change: act.change,
      };
    case "removeTenant":
      return { kind: "tenantLeft", atNs, tenant: tenants.leave(act.tenant, act.how), how: act.how };
    case "choosePolicy":
      checkPolicy(act.policy);
      return { kind: "policyChosen", atNs, policy: act.policy };
    case "setTunable":
      checkTunable(act.tunable, act.value);
      return { kind: "tunableSet", atNs, tunable: act.tunable, value: act.value };
    case "resetStatistics":
      return { kind: "statisticsReset", atNs };
    case "restoreDevice":
      return { kind: "deviceRestored", atNs };
  }
}
