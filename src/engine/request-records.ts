/** Requests that have ended, as columns: what a latency was, and what became of it. Plain data that crosses threads. */
import type { TenantClass } from "../core/spec.ts";

/** A tenant from its joining to its leaving: ids are given out again, places in this list are not. */
export interface Tenancy {
  readonly id: number;
  readonly name: string;
  readonly class: TenantClass;
  readonly joinedNs: number;
}

/** Row i: a request of tenancies[tenancy[i]] that arrived at arrivedNs[i] and ended latencyNs[i] later as OUTCOMES[outcome[i]] (core/request.ts). Ends rise. */
export interface RequestRecords {
  readonly tenancies: readonly Tenancy[];
  /** From then on no record is missing; later than was asked for where that is more than is kept. */
  readonly completeFromNs: number;
  readonly untilNs: number;
  readonly count: number;
  readonly tenancy: Uint32Array;
  readonly outcome: Uint8Array;
  readonly arrivedNs: Float64Array;
  readonly latencyNs: Float64Array;
}
