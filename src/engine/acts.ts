/** The one place where what an operator asks for becomes an event, or is refused. */

import { MissileError } from "../core/error.ts";
import type { Event, Tunable } from "../core/event.ts";
import { policyNames } from "../core/policies/index.ts";
import { suggestion } from "../presets/nearest.ts";
import { type Act, MOST_MARK_CHARACTERS } from "./session.ts";
import type { Tenants } from "./tenants.ts";

/** What the log says of an act that is none of the scheduler's; null: nothing, a view says it all. */
export function sayPace(act: PaceAct): string | null {
  switch (act.kind) {
    case "setPaused":
      return act.paused ? "paused" : "goes on";
    case "setSpeed":
      return `speed -> ${act.factor}`;
    case "step":
      return null;
  }
}

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

/** Throws MissileError "badMark". */
function checkedMark(text: string): string {
  const what = text.trim();
  if (what === "") throw new MissileError("say in a few words what is to be marked", "badMark");
  if (what.length > MOST_MARK_CHARACTERS || /\p{C}/u.test(what)) {
    const message = `a mark has at most ${MOST_MARK_CHARACTERS} characters and no control characters; shorten it`;
    throw new MissileError(message, "badMark");
  }
  return what;
}

/**
 * The event that `act` causes now, done by `who` ("": there is but one operator). Throws MissileError when it is refused; nothing has changed
 * then.
 */
export function eventOf(act: SchedulerAct, who: string, tenants: Tenants, nowNs: () => number): Event {
  const event = namelessEventOf(act, tenants, nowNs);
  return who === "" ? event : ({ ...event, who } as Event);
}

function namelessEventOf(act: SchedulerAct, tenants: Tenants, nowNs: () => number): Event {
  if (act.kind === "addTenant") {
    // Loading takes a real GPU a while: the tenant joins after it.
    const tenant = tenants.admit(act.config);
    return { kind: "tenantJoined", atNs: nowNs(), tenant, spec: tenants.specOf(tenant) };
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
    case "changeLoad": {
      const { tenant, arrivals } = tenants.changeLoad(act.tenant, act.load);
      return { kind: "tenantChanged", atNs, tenant, change: { arrivals } };
    }
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
    case "mark":
      return { kind: "marked", atNs, text: checkedMark(act.text) };
    case "restoreDevice":
      return { kind: "deviceRestored", atNs };
  }
}
