/**
 * What a tenant may be, checked where operators and files come in: behind this line the scheduler takes a wrong value
 * for a bug. Presets check their files too, to name line and column; this holds for every way in.
 */
import { MissileError } from "../core/error.ts";
import type { LoadSpec, LoadWindow, TenantSpec } from "../core/spec.ts";
import { MAX_SECONDS, nameComplaint } from "../presets/mix.ts";

/** A tenant before its network is loaded: nobody loads, and perhaps measures, what cannot be. */
export type TenantTerms = Omit<TenantSpec, "network">;

/** More requests of one tenant in flight than this only wait. */
const MAX_IN_FLIGHT = 1024;
/** A rate beyond this is a slip of the unit: no GPU here ends a million inferences a second. */
const MAX_RATE_PER_S = 1e6;

const MAX_NS = MAX_SECONDS * 1e9;

const isWhole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/** Why the load cannot be, or null. */
function loadComplaint(load: LoadSpec): string | null {
  switch (load.kind) {
    case "trace": {
      const { offsetsNs, periodNs } = load;
      if (offsetsNs.length === 0) return "a trace needs at least one arrival";
      const isRising = offsetsNs.every((ns, index) => ns >= (offsetsNs[index - 1] ?? 0) && ns < periodNs);
      return isRising ? null : "a trace's arrivals must rise and lie within its period";
    }
    case "closed":
      if (!isWhole(load.inFlight, 1) || load.inFlight > MAX_IN_FLIGHT) {
        return `a closed loop keeps 1 to ${MAX_IN_FLIGHT} requests in flight, not ${load.inFlight}`;
      }
      return isWithin(load.thinkNs, 0, MAX_NS)
        ? null
        : `a closed loop's think time must be 0 to ${MAX_SECONDS} s, not ${load.thinkNs / 1e9} s`;
    case "poisson":
    case "uniform":
      if (load.ratePerS > 0 && load.ratePerS <= MAX_RATE_PER_S) return null;
      return `the rate must be above 0 and at most ${MAX_RATE_PER_S} a second, not ${load.ratePerS}`;
    case "clients":
      return null;
  }
}

function windowComplaint({ load, startNs, stopNs }: LoadWindow): string | null {
  if (!isWithin(startNs, 0, MAX_NS)) {
    return `the load must start at 0 to ${MAX_SECONDS} s, not at ${startNs / 1e9} s`;
  }
  if (stopNs !== null && !(stopNs > startNs && stopNs <= MAX_NS)) {
    const range = `after its start (${startNs / 1e9} s) and by ${MAX_SECONDS} s`;
    return `the load must stop ${range}, not at ${stopNs / 1e9} s`;
  }
  return loadComplaint(load);
}

function complaint(spec: TenantTerms): string | null {
  const { nice, batch, vramKiB, smRequestPercent, smLimitPercent, sloMs } = spec;
  if (!isWhole(nice, 1)) return `nice must be a whole number of at least 1, not ${nice}`;
  if (!isWhole(batch, 1)) return `batch must be a whole number of at least 1, not ${batch}`;
  if (!isWhole(vramKiB, 0)) return `vramKiB must be a whole number of at least 0, not ${vramKiB}`;
  if (!isWithin(smRequestPercent, 0, 100))
    return `smRequest must be within 0 and 100 %, not ${smRequestPercent}`;
  if (!isWithin(smLimitPercent, 1, 100)) return `smLimit must be within 1 and 100 %, not ${smLimitPercent}`;
  if (smRequestPercent > smLimitPercent) {
    return `smRequest (${smRequestPercent} %) must not be above smLimit (${smLimitPercent} %)`;
  }
  if (sloMs !== null && !(sloMs > 0 && Number.isFinite(sloMs))) return `sloMs must be above 0, not ${sloMs}`;
  return windowComplaint(spec.arrivals);
}

/** Throws MissileError "badTenant". */
export function checkTenant(spec: TenantTerms): void {
  const badName = nameComplaint(spec.name);
  if (badName !== null) throw new MissileError(badName, "badTenant");
  const what = complaint(spec);
  if (what !== null) throw new MissileError(`tenant "${spec.name}": ${what}`, "badTenant");
}
