/**
 * What can be said of a run that is worth hearing when it changes, each under a name of its own. Figures that move all the time are no
 * such thing: of those only the states are said that an operator would act on.
 */
import { sayFailure, type TenantSnapshot } from "../../core/snapshot.ts";
import type { View } from "../../engine/session.ts";
import { digits3, grouped, ms, percent, speed } from "../format.ts";

export type Statements = ReadonlyMap<string, string>;

/** Said only while it is lost: most runs are of this machine. */
const CONNECTION = "connection";

/** From and to which attainment an SLO counts as kept; between them it stays what it was, so that nothing flaps. */
const KEPT = { from: 0.99, to: 0.98 };

/** Whether each tenant's SLO is kept; remembers, since what counts as kept depends on what was. */
export class SloStates {
  readonly #kept = new Map<number, boolean>();

  update(tenants: readonly TenantSnapshot[]): ReadonlyMap<number, boolean> {
    for (const id of this.#kept.keys())
      if (!tenants.some((tenant) => tenant.id === id)) this.#kept.delete(id);
    for (const { id, sloAttainment } of tenants) {
      if (sloAttainment === null) this.#kept.delete(id);
      else {
        const least = this.#kept.get(id) === true ? KEPT.to : KEPT.from;
        this.#kept.set(id, sloAttainment >= least);
      }
    }
    return this.#kept;
  }
}

function tenantStatements(tenant: TenantSnapshot, isSloKept: boolean | undefined): [string, string][] {
  const { id, name, model, nice, sloMs, loadOn, load, leaving } = tenant;
  return [
    [`tenant ${id}`, `${name} is here, ${tenant.class}, ${model}`],
    [`nice ${id}`, `nice of ${name} is ${grouped(nice)}`],
    [`load ${id}`, `load of ${name} is ${loadOn ? load : "off"}`],
    [
      `smRequest ${id}`,
      `${name} has ${tenant.smRequestPercent} % of the SMs guaranteed, at most ${tenant.smLimitPercent} %`,
    ],
    ...(sloMs === null || isSloKept === undefined
      ? []
      : [
          [`slo ${id}`, `${name} ${isSloKept ? "keeps" : "misses"} its SLO of ${ms(sloMs)} ms`] as [
            string,
            string,
          ],
        ]),
    ...(leaving ? [[`leaving ${id}`, `${name} is leaving`] as [string, string]] : []),
  ];
}

/** How far the rebuilding is moves all the time: that it goes on is said. */
function sayDevice({ snapshot: { failure }, preparing }: View): string {
  if (failure === null) return "the GPU works";
  return preparing === undefined ? sayFailure(failure) : "the GPU is being rebuilt";
}

export function statementsOf(view: View, sloStates: SloStates): Statements {
  const { snapshot, pace, lost } = view;
  const { tenants, policy, cfsPeriodPackets, beChannelShare, gpu } = snapshot;
  const kept = sloStates.update(tenants);
  return new Map([
    ["gpu", `the GPU is ${gpu}`],
    ["policy", `policy ${policy}`],
    ["cfsPeriod", `cfsPeriod ${grouped(cfsPeriodPackets)} packets`],
    ["beChannelShare", `BE has ${percent(beChannelShare)} % of the VRAM channels`],
    ["pace", pace.paused ? "paused" : `running at ${speed(pace.speed)}`],
    ["device", sayDevice(view)],
    ...(lost === undefined ? [] : ([[CONNECTION, "the connection to the run is lost"]] as const)),
    ...tenants.flatMap((tenant) => tenantStatements(tenant, kept.get(tenant.id))),
  ]);
}

/** A tenant in one sentence, with its figures as they are now: said when it is chosen, or asked for. */
export function figuresOf(tenant: TenantSnapshot): string {
  const { name, recentLatencyMs, sloAttainment, throughputPerS, recentSmRan, requests } = tenant;
  const slo = sloAttainment === null ? "" : `, SLO kept by ${percent(sloAttainment)} %`;
  return (
    `${name}, ${tenant.class}: p50 ${ms(recentLatencyMs.p50)}, p99 ${ms(recentLatencyMs.p99)} ms${slo}, ` +
    `${digits3(throughputPerS)} requests a second, ${requests.inFlight} in flight, ${percent(recentSmRan)} % of the SMs`
  );
}

/** What is new or different in the second, in its order; then what is gone. */
export function changesBetween(before: Statements, after: Statements): string[] {
  const said = [...after]
    .filter(([name, sentence]) => before.get(name) !== sentence)
    .map(([, sentence]) => sentence);
  const gone = [...before]
    .filter(([name]) => name.startsWith("tenant ") && !after.has(name))
    .map(([, sentence]) => sentence.replace(/ is here, .*/, " has left"));
  const isBack = before.has(CONNECTION) && !after.has(CONNECTION);
  return [...(isBack ? ["the connection to the run is back"] : []), ...said, ...gone];
}
